//! The words that docglow's telemetry page accepts for on and off.

/// Returns true for `1 true yes on`, false for `0 false no off`, and `None` for any other word.
/// White space around the word and its case are ignored.
pub fn switch(word: &str) -> Option<bool> {
    let word = word.trim();
    let is_one_of = |words: [&str; 4]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
    if is_one_of(["1", "true", "yes", "on"]) {
        Some(true)
    } else if is_one_of(["0", "false", "no", "off"]) {
        Some(false)
    } else {
        None
    }
}
