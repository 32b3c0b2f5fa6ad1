//! Escaping of text from outside, which may hold control sequences, before a terminal shows it.

/// Replaces invisible characters with escapes such as `\n` and `\u{1b}`. Backslashes and quotes
/// stay as they are, because paths contain them.
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

/// The most characters that are shown of a text from outside. A certificate may have hundreds of
/// names.
const MAX_OUTSIDE_CHARS: usize = 200;

/// Escapes and shortens a text from outside for debug and the log, such as a certificate's name or
/// a reason phrase. The result is one line of at most [`MAX_OUTSIDE_CHARS`].
pub fn escape_outside_text(text: &str) -> String {
    let escaped = escape_for_terminal(text);
    match escaped.char_indices().nth(MAX_OUTSIDE_CHARS) {
        None => escaped,
        Some(_) => escaped.chars().take(MAX_OUTSIDE_CHARS - 1).chain(['\u{2026}']).collect(),
    }
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

    #[test]
    fn a_text_from_outside_is_one_short_line() {
        assert_eq!(
            escape_outside_text("evil\ntelemetry: \u{1b}[2J"),
            r"evil\ntelemetry: \u{1b}[2J"
        );
        let exact = "\u{eb}".repeat(MAX_OUTSIDE_CHARS);
        assert_eq!(escape_outside_text(&exact), exact);
        for long in [exact + "x", "\n".repeat(1000)] {
            let shown = escape_outside_text(&long);
            assert_eq!(shown.chars().count(), MAX_OUTSIDE_CHARS);
            assert!(shown.ends_with('\u{2026}') && !shown.contains('\n'));
        }
    }
}
