//! What the standard library can't say to the kernel: all the `unsafe` code that runs (`lean.rs` is about linking).

#![allow(unsafe_code)]

use std::io::{Error, Result};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The first descriptor behind standard input, output and error.
const FIRST_INHERITED: libc::c_uint = 3;

/// Makes writing beyond the limit of `ulimit -f` an error, where it would end the process with a status that is not 0.
pub fn survive_file_size_limit() {
    // SAFETY: no handler is installed, so no code of ours runs in a signal's context.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Ends the process at once, with status 0, whatever its other threads are doing.
pub fn end() -> ! {
    // SAFETY: nothing of ours runs after it, and it touches no memory of ours.
    unsafe { libc::_exit(0) }
}

/// Starts `command` and does not wait for it to begin. `Command::spawn` waits until the new program is loaded, which is most
/// of what a call costs; so nobody hears of one that can't be.
///
/// # Errors
/// Those of `fork(2)`.
pub fn start_unawaited(mut command: Command) -> Result<()> {
    // SAFETY: this process has a single thread, so its copy may do whatever the process itself may. It does not return.
    match unsafe { libc::fork() } {
        -1 => Err(Error::last_os_error()),
        0 => {
            let _ = command.exec();
            end()
        }
        _ => Ok(()),
    }
}

/// Keeps the caller's open files from the sender: marks every descriptor but the standard three as closed on `exec`.
///
/// A program such as bats waits for the end of a pipe that it left open on descriptor 3, and the sender outlives its caller.
/// Where neither way of marking works, the sender holds that pipe for 3 s.
pub fn close_inherited_on_exec() {
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
