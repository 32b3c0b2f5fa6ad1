//! What the system says of an error.

use std::io::{Error, ErrorKind};

/// The reason of an error, without its number. The usual ones in the words of other systems: Windows has its own for them, in the
/// user's language.
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
