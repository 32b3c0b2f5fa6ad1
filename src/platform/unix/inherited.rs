//! What this process was given by its caller: to be handed on as it was, or let go. A command that takes this process's place,
//! or is started by it, must not notice that it was not there first.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::{process, signals};

/// The signals that are ignored here: nobody at the other end of a stream, and writing beyond the limit of `ulimit -f`, are
/// errors, where they would end the process.
const IGNORED: [c_int; 2] = [libc::SIGPIPE, libc::SIGXFSZ];

/// Which of them the caller ignores.
static BY_CALLER: [AtomicBool; IGNORED.len()] = [const { AtomicBool::new(false) }; IGNORED.len()];

/// Ignores what would end the process.
pub fn ignore_signals() {
    for (signal, by_caller) in IGNORED.into_iter().zip(&BY_CALLER) {
        by_caller.store(signals::ignore(signal), Relaxed);
    }
}

/// Leaves this process as the caller made it, to be somebody else's. What stands in for a standard stream that is closed is
/// closed on `exec`.
pub fn restore_signals() {
    for (signal, by_caller) in IGNORED.into_iter().zip(&BY_CALLER) {
        if !by_caller.load(Relaxed) {
            signals::set_default(signal);
        }
    }
}

/// Lets go of every file that the caller handed on, but for standard error, if that is to be kept.
pub fn let_go(keep_stderr: bool) {
    if let Ok(null) = process::null_device() {
        let _ = rustix::stdio::dup2_stdin(&null);
        let _ = rustix::stdio::dup2_stdout(&null);
        if !keep_stderr {
            let _ = rustix::stdio::dup2_stderr(&null);
        }
    }
    process::close_inherited();
}
