//! Helpers for unit tests.

use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;
use std::time::Duration;

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::Threading::{GetCurrentThread, GetThreadTimes};

/// A value that is not UTF-8.
pub fn not_text() -> OsString {
    OsString::from_wide(&[0xd800])
}

/// The CPU time used by this thread. Unlike wall time, it does not depend on other processes.
#[allow(unsafe_code)]
pub fn cpu_time_of_thread() -> Duration {
    let mut times = [FILETIME::default(); 4];
    let [created, exited, kernel, user] = &mut times;
    // SAFETY: it writes to local variables.
    let done = unsafe { GetThreadTimes(GetCurrentThread(), created, exited, kernel, user) };
    assert_ne!(done, 0);
    // In units of 100 ns.
    let units =
        |time: FILETIME| u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
    Duration::from_nanos(100 * (units(times[2]) + units(times[3])))
}
