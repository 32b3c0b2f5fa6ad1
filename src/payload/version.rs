//! Version numbers. They are rebuilt from their parsed digits, so no text of the caller's is sent.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A PEP 440 version without epoch and local part, in the normal form that PEP 440 defines.
///
/// docglow's own versions have neither part. Digits can carry a message too, such as an address or
/// a telephone number. So the limits below allow no more digits than a version needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pep440 {
    release: Vec<u32>,
    /// `a`, `b` or `rc`, and its number.
    pre: Option<(&'static str, u32)>,
    post: Option<u32>,
    dev: Option<u32>,
}

/// Major, minor and micro. An IPv4 address has four numbers.
const MAX_RELEASE_NUMBERS: usize = 3;

/// The largest number of a release. A year fits.
const MAX_RELEASE_NUMBER: u32 = 9_999;

/// The largest number of a pre-, post- or development release. The date of a nightly build fits.
const MAX_SUFFIX_NUMBER: u32 = 99_999_999;

/// The largest number of a Python version. No Python version has had a number of three digits so
/// far.
const MAX_PYTHON_NUMBER: u32 = 999;

/// PEP 440's spellings of a pre-release, and their normal form. The first match wins, so `pre`
/// comes after `preview`.
const PRE_RELEASES: [(&str, &str); 8] = [
    ("alpha", "a"),
    ("beta", "b"),
    ("preview", "rc"),
    ("pre", "rc"),
    ("rc", "rc"),
    ("a", "a"),
    ("b", "b"),
    ("c", "rc"),
];

impl Pep440 {
    /// Parses any spelling that PEP 440 accepts, in upper or lower case, with white space around
    /// it. The local part (`+…`) must be well-formed and is dropped.
    ///
    /// Rejects an epoch, and a number above its limit.
    pub fn parse(text: &str) -> Option<Pep440> {
        let text = text.trim().to_ascii_lowercase();
        let mut rest = Rest(&text);
        rest.eat("v");
        let mut release = vec![rest.number(MAX_RELEASE_NUMBER)?];
        let next = || {
            rest.attempt(|rest| rest.eat(".").then(|| rest.number(MAX_RELEASE_NUMBER)).flatten())
        };
        release.extend(std::iter::from_fn(next).take(MAX_RELEASE_NUMBERS - 1));
        let pre = rest.attempt(|rest| {
            rest.skip_separator();
            let kind = PRE_RELEASES.iter().find(|(word, _)| rest.eat(word))?.1;
            Some((kind, rest.implicit_number()?))
        });
        let post = rest
            .attempt(|rest| rest.eat("-").then(|| rest.number(MAX_SUFFIX_NUMBER)).flatten())
            .or_else(|| {
                rest.attempt(|rest| {
                    rest.skip_separator();
                    ["post", "rev", "r"].iter().find(|word| rest.eat(word))?;
                    rest.implicit_number()
                })
            });
        let dev = rest.attempt(|rest| {
            rest.skip_separator();
            rest.eat("dev").then(|| rest.implicit_number()).flatten()
        });
        let is_complete = rest.0.is_empty() || rest.eat("+") && rest.is_local_part();
        is_complete.then_some(Pep440 { release, pre, post, dev })
    }
}

/// The unparsed rest of a version, in lower case.
#[derive(Clone, Copy)]
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn eat(&mut self, word: &str) -> bool {
        let rest = self.0.strip_prefix(word);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn skip_separator(&mut self) {
        self.0 = self.0.strip_prefix(['.', '-', '_']).unwrap_or(self.0);
    }

    /// Parses all digits that come next. There must be at least one digit, and the number must not
    /// exceed `max`.
    fn number(&mut self, max: u32) -> Option<u32> {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        digits.parse().ok().filter(|number| *number <= max)
    }

    /// The number after `rc`, `post` or `dev`. PEP 440 allows it to be missing, which means 0.
    fn implicit_number(&mut self) -> Option<u32> {
        self.skip_separator();
        if self.0.starts_with(|c: char| c.is_ascii_digit()) {
            self.number(MAX_SUFFIX_NUMBER)
        } else {
            Some(0)
        }
    }

    /// Runs `parse`. If it finds no match, the rest stays unchanged.
    fn attempt<T>(&mut self, parse: impl FnOnce(&mut Rest<'a>) -> Option<T>) -> Option<T> {
        let before = *self;
        let found = parse(self);
        if found.is_none() {
            *self = before;
        }
        found
    }

    fn is_local_part(&self) -> bool {
        self.0
            .split(['.', '-', '_'])
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
    }
}

impl fmt::Display for Pep440 {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (i, number) in self.release.iter().enumerate() {
            let dot = if i > 0 { "." } else { "" };
            write!(f, "{dot}{number}")?;
        }
        if let Some((kind, number)) = self.pre {
            write!(f, "{kind}{number}")?;
        }
        if let Some(number) = self.post {
            write!(f, ".post{number}")?;
        }
        if let Some(number) = self.dev {
            write!(f, ".dev{number}")?;
        }
        Ok(())
    }
}

/// The first three numbers of a Python version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PythonVersion([u32; 3]);

impl PythonVersion {
    /// Parses `N.N.N` and ignores any text after it. Each number must be within its limit.
    pub fn parse(text: &str) -> Option<PythonVersion> {
        let mut rest = Rest(text);
        let mut numbers = [0; 3];
        for (i, number) in numbers.iter_mut().enumerate() {
            if i > 0 && !rest.eat(".") {
                return None;
            }
            *number = rest.number(MAX_PYTHON_NUMBER)?;
        }
        Some(PythonVersion(numbers))
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let [major, minor, micro] = self.0;
        write!(f, "{major}.{minor}.{micro}")
    }
}

impl Serialize for Pep440 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for PythonVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pep440 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Pep440::parse(&text).ok_or_else(|| serde::de::Error::custom("not a PEP 440 version"))
    }
}

impl<'de> Deserialize<'de> for PythonVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        PythonVersion::parse(&text).ok_or_else(|| serde::de::Error::custom("not a Python version"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pep_440_version_is_rebuilt_in_its_normal_form() {
        for (text, normal) in [
            ("0.9.2", "0.9.2"),
            ("1", "1"),
            ("01.002", "1.2"),
            (" v1.0 \n", "1.0"),
            (
                "9999.9999.9999a99999999.post99999999.dev99999999",
                "9999.9999.9999a99999999.post99999999.dev99999999",
            ),
            ("0000000000001.0", "1.0"),
            ("2026.11.25.dev20261125", "2026.11.25.dev20261125"),
            ("1.0a1", "1.0a1"),
            ("1.0-ALPHA.1", "1.0a1"),
            ("1.0_beta2", "1.0b2"),
            ("1.0c3", "1.0rc3"),
            ("1.0.preview-4", "1.0rc4"),
            ("1.0rc", "1.0rc0"),
            ("1.0.post2", "1.0.post2"),
            ("1.0-3", "1.0.post3"),
            ("1.0rev", "1.0.post0"),
            ("1.0-r4", "1.0.post4"),
            ("1.0.dev5", "1.0.dev5"),
            ("1.0dev", "1.0.dev0"),
            ("1.0dev.", "1.0.dev0"),
            ("1.0a-.post_", "1.0a0.post0"),
            ("1.0a1.post2.dev3+local.7", "1.0a1.post2.dev3"),
            ("0.9.3.dev4+g1a2b3c4", "0.9.3.dev4"),
        ] {
            assert_eq!(
                Pep440::parse(text).map(|v| v.to_string()).as_deref(),
                Some(normal),
                "{text:?}"
            );
        }
    }

    #[test]
    fn any_other_text_is_not_a_version() {
        for text in [
            "",
            "v",
            "latest",
            "1.",
            ".1",
            "1..2",
            "1.0+",
            "1.0+a b",
            "1.0+a..b",
            "1.0 2.0",
            "1.0-secret",
            "1.0alph",
            "1.0+ü",
            "１.0",
            "-1",
            "1.0.dev1.post2",
            "1!2.0",
            "0!2.0",
            "10.20.30.40",
            "1.0.0.0",
            "10000",
            "1.10000",
            "1.0.10000",
            "4294967297",
            "1.0a100000000",
            "1.0.post100000000",
            "1.0-100000000",
            "1.0.dev100000000",
            "1.0.dev4294967297",
            "1.0/../x",
            "1.0-",
            "1.0_",
        ] {
            assert_eq!(Pep440::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_python_version_is_its_first_three_numbers() {
        for (text, version) in [
            ("3.11.7", Some("3.11.7")),
            ("3.13.0rc1", Some("3.13.0")),
            ("3.12.1+local /opt/acme", Some("3.12.1")),
            ("3.9.18.final.0", Some("3.9.18")),
            ("3.11", None),
            ("3.11.", None),
            ("3.x.1", None),
            ("python 3.11.7", None),
            ("999.999.999", Some("999.999.999")),
            ("1000.11.7", None),
            ("3.1000.7", None),
            ("3.11.1000", None),
            ("3.11.99999999999", None),
        ] {
            assert_eq!(
                PythonVersion::parse(text).map(|v| v.to_string()).as_deref(),
                version,
                "{text:?}"
            );
        }
    }
}
