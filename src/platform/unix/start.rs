//! The start of the program, by the C runtime alone. What Rust's does before `main` takes fourteen system calls, and ends the
//! process with another status than 0 where a standard stream is closed and there is no null device to put in its place.

#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::os::fd::IntoRawFd;
use std::os::unix::ffi::OsStrExt;

use rustix::io::fcntl_getfd;
use rustix::stdio::{stderr, stdin, stdout};

use super::{inherited, process};

/// Makes a function of the arguments behind the program's name what this program does. The exit status is 0.
#[macro_export]
macro_rules! program {
    ($run:path) => {
        // SAFETY: the name and the signature are those that the C runtime calls, once, with the arguments of the process.
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

/// Ignores the signals that would end the process, and fills up the standard streams.
pub fn prepare() {
    inherited::ignore_signals();
    // The first file that is opened takes the place of the first stream that is closed, and what is meant to be printed would
    // be written into it.
    for stream in [stdin(), stdout(), stderr()] {
        if fcntl_getfd(stream).is_err()
            && let Ok(nothing) = process::null_device()
        {
            let _ = nothing.into_raw_fd();
        }
    }
}

/// The arguments behind the program's name.
///
/// # Safety
/// These are the two that the C runtime calls `main` with.
pub unsafe fn arguments(count: c_int, words: *const *const c_char) -> Vec<OsString> {
    // SAFETY: there are `count` words, each a C string that lives as long as the process.
    let word =
        |i| OsStr::from_bytes(unsafe { CStr::from_ptr(*words.add(i)) }.to_bytes()).to_owned();
    (1..usize::try_from(count).unwrap_or(0)).map(word).collect()
}
