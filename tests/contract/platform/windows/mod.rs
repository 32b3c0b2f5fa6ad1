//! Windows.

mod installations;
mod run;
mod sender;

use crate::unwritable::Place;

/// Empty files whose locks writers hold.
pub const LOCK_FILES: &[&str] = &["telemetry.json.lock"];

/// How often fifty first runs are tried: a process takes its time to start under wine.
pub const ROUNDS: usize = 2;

/// What is promised here only.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    [installations::trials(), run::trials(), sender::trials()].into_iter().flatten().collect()
}

/// None but those that every system has: a folder of one's own can be written.
pub fn unwritable() -> Vec<Place> {
    Vec::new()
}
