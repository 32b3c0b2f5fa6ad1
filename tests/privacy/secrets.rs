//! Marked secrets: texts of which even a piece of eight characters is in no vocabulary.

use crate::common::trials;
use crate::vocabulary::{COMMANDS, FEATURES, adapters};
use std::sync::LazyLock;

/// How many consecutive characters reveal a secret.
const PIECE_CHARS: usize = 8;

/// Alternating letters and digits, without long runs of hexadecimal digits; a number too large for
/// a version; and the first secret in full-width characters, and in similar Cyrillic and Greek
/// ones.
pub const SECRETS: [&str; 5] = [
    "Zq7Xk9Wv2Jp4Ym6",
    "83920174655",
    "Ｚｑ７Ｘｋ９Ｗｖ２Ｊｐ４",
    "Ζq7Хк9Wν2Јр4Үm6",
    "hunter2-Ѕесrеt-Pa55",
];

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![a_piece_of_a_secret_is_found_in_any_case, no_vocabulary_holds_a_piece_of_a_secret]
}

/// The pieces of all secrets, in lower case.
static PIECES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let pieces = |secret: &&str| {
        let characters: Vec<char> = secret.to_lowercase().chars().collect();
        characters.windows(PIECE_CHARS).map(|piece| piece.iter().collect()).collect::<Vec<String>>()
    };
    SECRETS.iter().flat_map(pieces).collect()
});

fn leaked(bytes: &[u8]) -> Option<&'static String> {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    PIECES.iter().find(|piece| text.contains(*piece))
}

/// Panics if the bytes contain a piece of a secret, in any case.
#[track_caller]
pub fn assert_none_in(bytes: &[u8], whose: &str) {
    if let Some(piece) = leaked(bytes) {
        panic!("{whose} holds {piece:?}: {}", String::from_utf8_lossy(bytes));
    }
}

fn a_piece_of_a_secret_is_found_in_any_case() {
    for secret in SECRETS {
        for spelling in
            [secret.to_owned(), secret.to_uppercase(), format!("duckdb_{}", secret.to_lowercase())]
        {
            assert!(leaked(spelling.as_bytes()).is_some(), "{spelling}");
        }
        let begun: String = secret.chars().take(PIECE_CHARS - 1).collect();
        assert_eq!(leaked(begun.as_bytes()), None);
    }
}

fn no_vocabulary_holds_a_piece_of_a_secret() {
    let words = adapters().chain(COMMANDS).chain(FEATURES);
    assert_none_in(words.collect::<Vec<_>>().join(" ").as_bytes(), "the vocabulary");
}
