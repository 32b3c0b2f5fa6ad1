//! What the unit tests ask of the system.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// An executable file.
pub const A_PROGRAM: &str = "/bin/sh";

/// A value that is not text.
pub fn not_text() -> OsString {
    OsString::from_vec(vec![0xff])
}
