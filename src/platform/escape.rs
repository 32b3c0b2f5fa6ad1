//! Text that others have named, on its way to a terminal. It could hold anything, a terminal's control sequences included.

/// The text, with what can't be seen spelt out. Backslashes and quotes stay single: paths have them.
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
    fn nothing_reaches_a_terminal_but_what_can_be_seen() {
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
