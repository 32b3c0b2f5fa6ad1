//! Waiting for a condition that the system does not report.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// Checks `condition` until it is true, with a pause after each check. Returns whether it became
/// true within `patience`.
pub fn wait_until(
    patience: Duration,
    pause: Duration,
    mut condition: impl FnMut() -> bool,
) -> bool {
    let give_up = Instant::now() + patience;
    while !condition() {
        if Instant::now() >= give_up {
            return false;
        }
        sleep(pause);
    }
    true
}
