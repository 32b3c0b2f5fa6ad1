//! What the caller handed on: signal dispositions and open files. The command gets both as they
//! were; `run` itself keeps neither.

use std::ffi::c_int;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::{process, signals};

/// The signals that are ignored here: a write to a closed pipe, or beyond the limit of `ulimit -f`,
/// must be an error, and not end the process.
const IGNORED: [c_int; 2] = [libc::SIGPIPE, libc::SIGXFSZ];

/// Which of them the caller ignores.
static BY_CALLER: [AtomicBool; IGNORED.len()] = [const { AtomicBool::new(false) }; IGNORED.len()];

/// Ignores the signals that would end the process.
pub fn ignore_signals() {
    for (signal, by_caller) in IGNORED.into_iter().zip(&BY_CALLER) {
        by_caller.store(signals::ignore(signal), Relaxed);
    }
}

/// Restores the caller's signal dispositions before `exec`.
pub fn restore_signals() {
    for (signal, by_caller) in IGNORED.into_iter().zip(&BY_CALLER) {
        if !by_caller.load(Relaxed) {
            signals::set_default(signal);
        }
    }
}

/// Closes every file that the caller handed on, except standard error if it is to be kept. `stdin`
/// becomes standard input.
pub fn close_descriptors(stdin: UnixStream, keep_stderr: bool) {
    let _ = rustix::stdio::dup2_stdin(&stdin);
    drop(stdin);
    if let Ok(null) = process::null_device() {
        let _ = rustix::stdio::dup2_stdout(&null);
        if !keep_stderr {
            let _ = rustix::stdio::dup2_stderr(&null);
        }
    }
    process::close_inherited();
}
