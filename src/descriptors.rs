//! Keeping the caller's open files from the sender.
//!
//! A program such as bats waits for the end of a pipe that it left open on descriptor 3. The sender outlives its caller, so
//! it must not hold that pipe. This is the crate's only `unsafe` code.

#![allow(unsafe_code)]

/// The first descriptor behind standard input, output and error.
const FIRST_INHERITED: libc::c_uint = 3;

/// Marks every open descriptor but the standard three as closed on `exec`.
///
/// Where neither way of doing that works, nothing is marked, and the sender holds what its caller left open for 3 s.
pub fn close_on_exec() {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: takes three integers, and only sets a flag on descriptors of this process. Since Linux 5.11.
        let done = unsafe {
            libc::syscall(libc::SYS_close_range, FIRST_INHERITED, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC)
        };
        if done == 0 {
            return;
        }
    }
    let open = std::fs::read_dir("/dev/fd").into_iter().flatten().flatten();
    let numbers = open.filter_map(|entry| entry.file_name().to_str()?.parse::<libc::c_int>().ok());
    for descriptor in numbers.filter(|number| number.cast_unsigned() >= FIRST_INHERITED) {
        // SAFETY: takes three integers, and only sets a flag; a descriptor that is closed by now is an error of no interest.
        unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}
