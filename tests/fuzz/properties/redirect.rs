//! A redirect leads where RFC 3986 says, and never past the rule. The first line is where it comes
//! from, the rest the `Location`.

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
    // The second reader does three things that RFC 3986 does not: it takes `%2e` for a dot in dot
    // segments, keeps what looks like a drive letter from `..`, and cleans the base of dot segments
    // before anything is resolved against it.
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
