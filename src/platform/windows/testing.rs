//! What the unit tests ask of the system.

use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;

/// A value that is not text.
pub fn not_text() -> OsString {
    OsString::from_wide(&[0xd800])
}
