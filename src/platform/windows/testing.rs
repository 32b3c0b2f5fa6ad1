//! What the unit tests ask of the system.

use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;

/// An executable file.
pub const A_PROGRAM: &str = r"C:\windows\system32\cmd.exe";

/// A value that is not text.
pub fn not_text() -> OsString {
    OsString::from_wide(&[0xd800])
}
