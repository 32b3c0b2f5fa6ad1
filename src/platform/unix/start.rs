//! The program's own `main`, which the C runtime calls. Rust's runtime ignores SIGPIPE before its
//! `main`, so `run` could not restore the caller's signal disposition.
//!
//! Rust's runtime also makes fourteen system calls, and it aborts if a standard stream is closed
//! and there is no null device to replace it.

#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::os::fd::IntoRawFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};
use std::{ptr, slice};

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

/// Ignores SIGPIPE and SIGXFSZ, and opens the null device for each standard stream that is closed.
pub fn prepare() {
    inherited::ignore_signals();
    // Otherwise, the next file that is opened would get the descriptor of the closed stream, and
    // messages would be written into that file.
    for stream in [stdin(), stdout(), stderr()] {
        if fcntl_getfd(stream).is_err()
            && let Ok(null) = process::null_device()
        {
            let _ = null.into_raw_fd();
        }
    }
}

/// The memory of the arguments, which `ps` shows: its start and its length in bytes.
static ARGUMENTS: (AtomicPtr<u8>, AtomicUsize) =
    (AtomicPtr::new(ptr::null_mut()), AtomicUsize::new(0));

/// The arguments without the program's name.
///
/// # Safety
/// `count` and `words` must be the arguments that the C runtime passes to `main`.
pub unsafe fn arguments(count: c_int, words: *const *const c_char) -> Vec<OsString> {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: there are `count` C strings, and each one lives as long as the process.
    let word = |i| unsafe { CStr::from_ptr(*words.add(i)) };
    if let Some(last) = count.checked_sub(1).map(word) {
        let start = word(0).as_ptr();
        ARGUMENTS.0.store(start.cast_mut().cast(), Relaxed);
        let length = last.as_ptr().addr() - start.addr() + last.count_bytes();
        ARGUMENTS.1.store(length, Relaxed);
    }
    (1..count).map(|i| OsStr::from_bytes(word(i).to_bytes()).to_owned()).collect()
}

/// The name of a process that must not be mistaken for `run`.
const PROBE: &CStr = c"docglow-probe";

/// Shows this process as `docglow-probe`, in `ps` and to `pkill` and `killall`.
pub fn rename_to_probe() {
    let (start, length) = (ARGUMENTS.0.load(Relaxed), ARGUMENTS.1.load(Relaxed));
    if start.is_null() {
        return;
    }
    // SAFETY: the kernel stores the arguments one after the other in memory of this process, which
    // may write there. All of them have been copied.
    let memory = unsafe { slice::from_raw_parts_mut(start, length) };
    memory.fill(0);
    memory.iter_mut().zip(PROBE.to_bytes()).for_each(|(byte, new)| *byte = *new);
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_name(PROBE);
}
