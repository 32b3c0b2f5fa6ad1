//! The system's text for an error.

use std::io::{Error, ErrorKind};

/// The text of an error without its number. The common errors have the same text as on Unix,
/// because Windows's own text is in the user's language.
pub fn reason(error: &Error) -> String {
    let words = match error.kind() {
        ErrorKind::ConnectionRefused => "Connection refused",
        ErrorKind::ConnectionReset => "Connection reset by peer",
        ErrorKind::HostUnreachable => "No route to host",
        ErrorKind::NetworkUnreachable => "Network is unreachable",
        ErrorKind::NotFound => "No such file or directory",
        ErrorKind::PermissionDenied => "Permission denied",
        ErrorKind::TimedOut => "Connection timed out",
        _ => {
            let text = error.to_string();
            return text
                .split(" (os error")
                .next()
                .unwrap_or_default()
                .trim_end_matches('.')
                .to_owned();
        }
    };
    words.to_owned()
}
