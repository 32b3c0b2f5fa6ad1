//! Versions are parsed as in the `pep440_rs` crate, except for the hook's own limits.

use std::str::FromStr;

use docglow_telemetry::payload::version::{Pep440, PythonVersion};

// The hook's limits for versions of docglow and Python.
const MAX_RELEASE_NUMBERS: usize = 3;
const MAX_RELEASE_NUMBER: u64 = 9_999;
const MAX_SUFFIX_NUMBER: u64 = 99_999_999;
const MAX_PYTHON_NUMBER: u32 = 999;

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert_eq!(Pep440::parse(text).map(|version| version.to_string()), pep_440(text), "{text:?}");
    assert_eq!(
        PythonVersion::parse(text).map(|version| version.to_string()),
        python(text),
        "{text:?}"
    );
}

/// The normal form without its local part, if the text is a version within the limits.
pub fn pep_440(text: &str) -> Option<String> {
    let version = pep440_rs::Version::from_str(text.trim()).ok()?;
    let pre = version.pre().map(|pre| pre.number);
    let mut suffixes = [pre, version.post(), version.dev()].into_iter().flatten();
    let bounded = !text.contains('!')
        && version.release().len() <= MAX_RELEASE_NUMBERS
        && version.release().iter().all(|number| *number <= MAX_RELEASE_NUMBER)
        && suffixes.all(|number| number <= MAX_SUFFIX_NUMBER);
    bounded.then(|| version.to_string().split('+').next().unwrap_or_default().to_owned())
}

pub fn python(text: &str) -> Option<String> {
    let mut parts = text.splitn(3, '.');
    let number =
        |part: &str| part.parse::<u32>().ok().filter(|number| *number <= MAX_PYTHON_NUMBER);
    let whole =
        |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| number(part)).flatten();
    let (major, minor, rest) = (whole(parts.next()?)?, whole(parts.next()?)?, parts.next()?);
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let micro = whole(&rest[..rest.len() - digits.len()])?;
    Some(format!("{major}.{minor}.{micro}"))
}
