//! The exit status of this process. It also applies after a panic or when memory runs out.

use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

static STATUS: AtomicI32 = AtomicI32::new(0);

/// Sets the exit status. The default is 0, because telemetry must not fail a build.
pub fn set_status(status: i32) {
    STATUS.store(status, Relaxed);
}

pub(super) fn status() -> i32 {
    STATUS.load(Relaxed)
}
