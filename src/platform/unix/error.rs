//! What the system says of an error.

use std::io::Error;

/// The reason of an error, without its number.
pub fn reason(error: &Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
