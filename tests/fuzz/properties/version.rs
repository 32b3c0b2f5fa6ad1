//! A version is read as the `pep440_rs` crate reads it, but for the bounds that are the hook's own.

use std::str::FromStr;

use docglow_telemetry::payload::version::{Pep440, PythonVersion};

/// More numbers in a release, or larger ones, are no version of docglow's.
const MAX_NUMBERS: usize = 16;

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert_eq!(Pep440::parse(text).map(|version| version.to_string()), pep_440(text), "{text:?}");
    assert_eq!(PythonVersion::parse(text).map(|version| version.to_string()), python(text), "{text:?}");
}

/// The normal form without its local part; `None` where the text is no version, or out of bounds.
pub fn pep_440(text: &str) -> Option<String> {
    let version = pep440_rs::Version::from_str(text.trim()).ok()?;
    let pre = version.pre().map(|pre| pre.number);
    let numbers = version.release().iter().copied().chain([version.epoch()]);
    let mut numbers = numbers.chain([pre, version.post(), version.dev()].into_iter().flatten());
    let bounded = version.release().len() <= MAX_NUMBERS && numbers.all(|number| u32::try_from(number).is_ok());
    bounded.then(|| version.to_string().split('+').next().unwrap_or_default().to_owned())
}

pub fn python(text: &str) -> Option<String> {
    let mut parts = text.splitn(3, '.');
    let whole = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<u32>().ok()).flatten();
    let (major, minor, rest) = (whole(parts.next()?)?, whole(parts.next()?)?, parts.next()?);
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let micro = whole(&rest[..rest.len() - digits.len()])?;
    Some(format!("{major}.{minor}.{micro}"))
}
