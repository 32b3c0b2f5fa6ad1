//! The signal dispositions and descriptors that the caller handed on. The command gets both
//! unchanged; `run` itself uses neither.

use std::ffi::c_int;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::{process, signals};

/// The signals that this program ignores. Writing to a closed pipe, or beyond the limit of `ulimit
/// -f`, must return an error and not end the process.
const IGNORED: [c_int; 2] = [libc::SIGPIPE, libc::SIGXFSZ];

/// Which of them the caller ignores, too.
static BY_CALLER: [AtomicBool; IGNORED.len()] = [const { AtomicBool::new(false) }; IGNORED.len()];

/// Ignores these signals, and remembers which of them the caller ignores.
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

/// Closes every descriptor that the caller handed on, except standard error if `keep_stderr` is
/// set. `stdin` becomes standard input.
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
