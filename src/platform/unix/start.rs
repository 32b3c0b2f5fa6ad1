//! The program's own `main`, which the C runtime calls. Rust's runtime ignores SIGPIPE before its
//! `main`, so `run` could not restore the caller's signal disposition.
//!
//! Rust's runtime also makes fourteen system calls, and it aborts if a standard stream is closed
//! and there is no null device to replace it.

#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::os::fd::IntoRawFd;
use std::os::unix::ffi::OsStrExt;

use rustix::io::fcntl_getfd;
use rustix::stdio::{stderr, stdin, stdout};

use super::{inherited, process};

/// Defines `main`. It calls a function with the program's arguments, and then ends the process with
/// the status of `platform::exit`.
#[macro_export]
macro_rules! program {
    ($run:path) => {
        // SAFETY: the C runtime calls a function of this name and signature once, with the
        // arguments of the process.
        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        extern "C" fn main(
            count: std::ffi::c_int,
            words: *const *const std::ffi::c_char,
        ) -> std::ffi::c_int {
            $crate::platform::start::prepare();
            $run(unsafe { $crate::platform::start::arguments(count, words) });
            $crate::platform::process::end()
        }
    };
}

/// Ignores the signals that would end the process, and opens the null device for each standard
/// stream that is closed.
pub fn prepare() {
    inherited::ignore_signals();
    // Otherwise, the next file that is opened gets the descriptor of the closed stream, and printed
    // text is written into that file.
    for stream in [stdin(), stdout(), stderr()] {
        if fcntl_getfd(stream).is_err()
            && let Ok(null) = process::null_device()
        {
            let _ = null.into_raw_fd();
        }
    }
}

/// The arguments without the program's name.
///
/// # Safety
/// `count` and `words` must be the arguments that the C runtime passes to `main`.
pub unsafe fn arguments(count: c_int, words: *const *const c_char) -> Vec<OsString> {
    // SAFETY: there are `count` C strings, and each one lives as long as the process.
    let word =
        |i| OsStr::from_bytes(unsafe { CStr::from_ptr(*words.add(i)) }.to_bytes()).to_owned();
    (1..usize::try_from(count).unwrap_or(0)).map(word).collect()
}
