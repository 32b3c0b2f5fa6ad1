//! A process that shows whether a signal was sent to the whole process group.
//!
//! A signal that reaches `run` alone must be passed on to the command. One that was sent to the
//! group has reached the command already. The kernel tells a process who sent a signal, but not to
//! whom. So `run` starts one more process in the group, which blocks all signals: a signal that is
//! pending there, too, was sent to the group. The same goes for a service manager that sends a
//! signal to each process of a service.

#![allow(unsafe_code)]

use std::ffi::c_int;
use std::io::{self, Error};
use std::os::unix::net::UnixStream;
use std::ptr;
use std::time::Duration;

use rustix::io::{Errno, read, retry_on_intr, write};
use rustix::stdio::stdin;

use super::signals::{self, SignalSet};
use super::{inherited, process, start};

/// How long to wait for an answer before checking whether the probe is stopped.
const PATIENCE: Duration = Duration::from_millis(200);

/// The probe of this process. The stream to it is standard input, in both processes.
#[derive(Clone, Copy)]
pub struct GroupProbe {
    process: libc::pid_t,
}

impl GroupProbe {
    /// Starts the probe. All signals must be blocked. The stream must become standard input before
    /// the first call of [`GroupProbe::has_received`].
    ///
    /// # Errors
    /// Those of `socketpair(2)` and `fork(2)`.
    pub fn start() -> io::Result<(GroupProbe, UnixStream)> {
        let (stream, stream_of_probe) = UnixStream::pair()?;
        stream.set_read_timeout(Some(PATIENCE))?;
        // SAFETY: this process has a single thread, so its copy may do whatever it may itself.
        match unsafe { libc::fork() } {
            -1 => Err(Error::last_os_error()),
            0 => {
                drop(stream);
                // `pkill -f 'docglow-telemetry run'` and `killall docglow-telemetry` must not look
                // like a signal to the group.
                start::rename_to_probe();
                inherited::close_descriptors(stream_of_probe, false);
                answer()
            }
            process => Ok((GroupProbe { process }, stream)),
        }
    }

    /// Whether a signal that has just arrived was sent to the whole group.
    pub fn has_received(self, signal: c_int) -> bool {
        // A SIGCONT to the group would have continued the probe.
        let is_for_this_process = self.continue_if_stopped() && signal == libc::SIGCONT;
        !is_for_this_process && self.ask(signal)
    }

    /// Whether the signal is pending in the probe. This removes it there.
    fn ask(self, signal: c_int) -> bool {
        let Ok(request) = u8::try_from(signal) else { return false };
        if write(stdin(), &[request]).is_err() {
            return false;
        }
        loop {
            match receive() {
                Ok(reply) => return reply == Some(1),
                Err(Errno::AGAIN) => self.continue_if_stopped(),
                Err(_) => return false,
            };
        }
    }

    /// Continues the probe if SIGSTOP has stopped it, which cannot be blocked.
    fn continue_if_stopped(self) -> bool {
        let mut status = 0;
        let options = libc::WNOHANG | libc::WUNTRACED;
        // SAFETY: writes the status to a local variable.
        let process = unsafe { libc::waitpid(self.process, &raw mut status, options) };
        let is_stopped = process == self.process && libc::WIFSTOPPED(status);
        if is_stopped {
            signals::send(self.process, libc::SIGCONT);
            // This SIGCONT must not count as one that was sent to the group.
            self.ask(libc::SIGCONT);
        }
        is_stopped
    }

    /// Ends the probe.
    pub fn end(self) {
        signals::send(self.process, libc::SIGKILL);
        // SAFETY: a null pointer means that the status is not requested.
        unsafe { libc::waitpid(self.process, ptr::null_mut(), 0) };
    }
}

/// Answers the questions of `run` until `run` ends.
fn answer() -> ! {
    while let Ok(Some(signal)) = receive() {
        let is_pending = SignalSet::of([signal.into()]).pending().is_some();
        if is_pending {
            // The signal must not count for the next question, too.
            signals::remove_pending(signal.into());
        }
        // A stop signal removes a pending SIGCONT, and SIGCONT a pending stop signal.
        let successors = match signal.into() {
            libc::SIGCONT => SignalSet::of(signals::STOP),
            signal if signals::is_stop(signal) => SignalSet::of([libc::SIGCONT]),
            _ => SignalSet::of([]),
        };
        let was_sent = is_pending || successors.pending().is_some();
        let _ = write(stdin(), &[u8::from(was_sent)]);
    }
    process::end()
}

/// Receives a byte from the other process, unless that has ended.
fn receive() -> Result<Option<u8>, Errno> {
    let mut byte = [0];
    let length = retry_on_intr(|| read(stdin(), &mut byte))?;
    Ok((length == 1).then_some(byte[0]))
}
