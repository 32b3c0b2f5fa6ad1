//! The token that lets a request through Vercel's deployment protection.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// The value of the header that Vercel asks for. It is visible ASCII, so it cannot end the header
/// early.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct BypassToken(String);

impl BypassToken {
    /// The header's name.
    pub const HEADER: &str = "x-vercel-protection-bypass";

    /// Accepts a text that is not empty and is visible ASCII.
    pub fn parse(text: &str) -> Option<BypassToken> {
        let visible = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        visible.then(|| BypassToken(text.to_owned()))
    }

    /// The header's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for BypassToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BypassToken::parse(&text).ok_or_else(|| D::Error::custom("not a token"))
    }
}

/// Hides the token, which is a secret.
impl fmt::Debug for BypassToken {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("BypassToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_visible_ascii() {
        assert_eq!(BypassToken::parse("a-B_9~!").unwrap().as_str(), "a-B_9~!");
        assert_eq!(format!("{:?}", BypassToken::parse("secret").unwrap()), "BypassToken(…)");
        for text in ["", "a b", "a\r\nX: y", "ü", "a\0"] {
            assert_eq!(BypassToken::parse(text), None, "{text:?}");
        }
    }
}
