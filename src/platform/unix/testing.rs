//! What the unit tests ask of the system.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::time::Duration;

/// An executable file.
pub const A_PROGRAM: &str = "/bin/sh";

/// A value that is not text.
pub fn not_text() -> OsString {
    OsString::from_vec(vec![0xff])
}

/// The CPU time that this thread has used. Unlike wall time, it does not depend on other processes.
#[allow(unsafe_code)]
pub fn cpu_time_of_thread() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to a structure of ours.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) }, 0);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}
