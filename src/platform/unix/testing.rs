//! Helpers for unit tests.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::time::Duration;

/// A value that is not UTF-8.
pub fn not_text() -> OsString {
    OsString::from_vec(vec![0xff])
}

/// The CPU time used by this thread. Unlike wall time, it does not depend on other processes.
#[allow(unsafe_code)]
pub fn cpu_time_of_thread() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it writes to a local variable.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) }, 0);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}
