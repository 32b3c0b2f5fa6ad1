//! A redirect leads to the URL that RFC 3986 defines, and the rule applies to that URL. The first
//! line is the URL of the answer, and the rest is the `Location`.

use docglow_telemetry::endpoint::Endpoint;
use url::Url;

use super::endpoint::{assert_safe, assert_same};

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some((from, location)) = text.split_once('\n') else { return };
    let Some(from) = Endpoint::parse(from) else { return };
    let Some(target) = from.redirect(location) else { return };
    assert_safe(&target);
    assert!(target.is_https() || !from.is_https(), "{from} to {target}");
    assert!(from.is_loopback() || !target.is_loopback(), "{from} to {target}");
    // The second parser differs from RFC 3986 in three ways: in dot segments, it accepts `%2e` as a
    // dot; `..` does not remove a segment that looks like a drive letter; and it removes dot
    // segments from the base before it resolves the reference.
    let is_drive_letter = |segment: &str| segment.len() == 2 && segment.ends_with([':', '|']);
    if location.to_ascii_lowercase().contains("%2e")
        || text.split(['/', '?', '#', '\n']).any(is_drive_letter)
    {
        return;
    }
    let base = Url::parse(&from.url()).ok().filter(|base| base.as_str() == from.url());
    if let Some(resolved) = base.and_then(|base| base.join(location).ok()) {
        assert_same(&target, &resolved);
    }
}
