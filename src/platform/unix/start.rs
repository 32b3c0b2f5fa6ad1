//! The start of the program, by the C runtime alone. What Rust's does before `main` takes fourteen system calls, and ends the
//! process with another status than 0 where a standard stream is closed and there is no null device to put in its place.

#![allow(unsafe_code)]

use std::ffi::{CStr, CString, OsStr, OsString, c_char, c_int};
use std::os::fd::IntoRawFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};
use std::{iter, ptr, slice};

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

/// The memory of the arguments, which `ps` shows: its start and its length in bytes.
static ARGUMENTS: (AtomicPtr<u8>, AtomicUsize) =
    (AtomicPtr::new(ptr::null_mut()), AtomicUsize::new(0));

/// The arguments behind the program's name.
///
/// # Safety
/// These are the two that the C runtime calls `main` with.
pub unsafe fn arguments(count: c_int, words: *const *const c_char) -> Vec<OsString> {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: there are `count` words, each a C string that lives as long as the process.
    let word = |i| unsafe { CStr::from_ptr(*words.add(i)) }.to_bytes_with_nul();
    if let Some(last) = count.checked_sub(1).map(word) {
        let start = word(0).as_ptr();
        ARGUMENTS.0.store(start.cast_mut(), Relaxed);
        ARGUMENTS.1.store(last.as_ptr_range().end.addr() - start.addr(), Relaxed);
    }
    let text = |i| OsStr::from_bytes(word(i).strip_suffix(b"\0").unwrap_or_default()).to_owned();
    (1..count).map(text).collect()
}

/// Shows this process under other names: to `ps` with these words, and on Linux to `pkill` and
/// `killall` as `docglow-probe`. Whoever ends `docglow-telemetry` by name must not mean this process.
pub fn rename(words: &[CString]) {
    let (start, length) = (ARGUMENTS.0.load(Relaxed), ARGUMENTS.1.load(Relaxed));
    if start.is_null() {
        return;
    }
    // SAFETY: the kernel puts the arguments one behind the other, into memory that this process may
    // write. All of them have been copied.
    let memory = unsafe { slice::from_raw_parts_mut(start, length) };
    let words = words.iter().flat_map(|word| word.as_bytes_with_nul()).copied();
    memory.iter_mut().zip(words.chain(iter::repeat(0))).for_each(|(byte, new)| *byte = new);
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_name(c"docglow-probe");
}
