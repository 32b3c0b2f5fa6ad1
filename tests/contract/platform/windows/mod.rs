//! Windows.

use crate::unwritable::Place;

/// What the payload calls this system.
pub const PLATFORM: &str = "windows";

/// What is promised here only.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    Vec::new()
}

/// None but those that every system has: a folder of one's own can be written.
pub fn unwritable() -> Vec<Place> {
    Vec::new()
}
