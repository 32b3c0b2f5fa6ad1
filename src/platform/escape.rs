//! Escaping of text from outside, which may hold control sequences, before a terminal shows it.

/// Replaces invisible characters by escapes such as `\n` and `\u{1b}`. Backslashes and quotes stay
/// as they are, because paths contain them.
pub fn escape_for_terminal(text: &str) -> String {
    text.split_inclusive(['\\', '\'', '"'])
        .map(|part| match part.char_indices().next_back() {
            Some((at, last @ ('\\' | '\'' | '"'))) => {
                format!("{}{last}", part[..at].escape_debug())
            }
            _ => part.escape_debug().to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_only_visible_characters() {
        for (text, shown) in [
            (r"C:\Users\Zo\u{eb}\docglow.yml", r"C:\Users\Zo\u{eb}\docglow.yml"),
            ("/srv/zo\u{eb}/it's \"it\"/", "/srv/zo\u{eb}/it's \"it\"/"),
            ("a\u{1b}[2J\n\u{9b}\u{202e}", r"a\u{1b}[2J\n\u{9b}\u{202e}"),
            ("", ""),
        ] {
            assert_eq!(escape_for_terminal(text), shown);
        }
    }
}
