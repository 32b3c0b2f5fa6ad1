//! The exit status of this process. It also applies after a panic or when memory runs out.

use std::ffi::OsStr;
use std::io::{self, Error, ErrorKind, Write};
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use crate::platform::escape::escape_for_terminal;

use super::system::{error::reason, process};

/// The exit statuses of `env`, `nice` and `nohup` for their own failure, for a command that cannot
/// run, and for one that is not found.
pub const FAILED: i32 = 125;
const NOT_RUN: i32 = 126;
const NOT_FOUND: i32 = 127;

static STATUS: AtomicI32 = AtomicI32::new(0);

/// Sets the exit status. The default is 0, because telemetry must not fail a build.
pub fn set_status(status: i32) {
    STATUS.store(status, Relaxed);
}

pub(super) fn status() -> i32 {
    STATUS.load(Relaxed)
}

/// Ends the process with this exit status.
pub fn end_with(status: i32) -> ! {
    set_status(status);
    process::end()
}

/// Ends the process as `env` does if a program cannot be executed: prints the reason, and exits
/// with 126 or 127.
pub fn end_without(program: &OsStr, error: &Error) -> ! {
    let program = program.to_string_lossy();
    let (program, reason) = (escape_for_terminal(&program), reason(error));
    let _ = writeln!(io::stderr(), "docglow-telemetry: '{program}': {reason}");
    end_with(if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { NOT_RUN })
}
