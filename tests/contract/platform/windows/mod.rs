//! Windows.

mod installations;
mod run;
mod sender;

use crate::unwritable::Place;

/// Empty files that writers lock.
pub const LOCK_FILES: &[&str] = &["telemetry.json.lock"];

/// The rounds of the test with fifty first runs. Under wine, starting a process is slow.
pub const ROUNDS: usize = 2;

/// The trials for this system only.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    [installations::trials(), run::trials(), sender::trials()].into_iter().flatten().collect()
}

/// There are no such sandboxes beyond those of every system.
pub fn unwritable() -> Vec<Place> {
    Vec::new()
}
