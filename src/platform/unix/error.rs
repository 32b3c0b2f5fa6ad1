//! The system's text for an error.

use std::io::Error;

/// The text of an error without its number, such as `Connection refused`.
pub fn reason(error: &Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
