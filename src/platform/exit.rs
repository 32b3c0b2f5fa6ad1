//! The status that this process ends with, whatever ends it.

use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

static STATUS: AtomicI32 = AtomicI32::new(0);

/// Sets it. Without, it is 0: telemetry is no reason for a build to fail.
pub fn set_status(status: i32) {
    STATUS.store(status, Relaxed);
}

pub(super) fn status() -> i32 {
    STATUS.load(Relaxed)
}
