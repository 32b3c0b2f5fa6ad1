//! Waits for a command, passes signals on to it, and ends as it did.

#![allow(unsafe_code)]

use std::ffi::c_int;
use std::fs::File;
use std::mem::MaybeUninit;

use crate::platform::exit;

use super::group_probe::GroupProbe;
use super::process;
use super::signals::{self, SignalSet};

/// A command that runs as a child. All signals are blocked in this process.
#[derive(Clone)]
pub struct Running {
    child: libc::pid_t,
    probe: GroupProbe,
}

enum Change {
    Stopped(c_int),
    Continued,
    Ended(End),
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Exited(i32),
    Signalled(i32),
}

impl Running {
    pub(super) fn new(child: libc::pid_t, probe: GroupProbe) -> Running {
        Running { child, probe }
    }

    /// Waits for the command's end. Passes on each signal that reaches only this process.
    ///
    /// If a shell suspends the job (Ctrl-Z), this process stops with the command, because the shell
    /// waits for this process. If only the command is stopped, as by `cpulimit`, this process does
    /// not stop, because it would not be continued.
    pub fn wait(&self) -> End {
        let mut stopped_by = None;
        let mut suspend_requested = false;
        loop {
            match (self.change(), stopped_by) {
                (Some(Change::Ended(end)), _) => {
                    self.probe.end();
                    return end;
                }
                (Some(Change::Stopped(signal)), _) => stopped_by = Some(signal),
                (Some(Change::Continued), _) => stopped_by = None,
                (None, Some(signal)) if suspend_requested => {
                    suspend_requested = false;
                    self.stop_with_command(signal);
                }
                (None, _) => match SignalSet::all().wait() {
                    Some(libc::SIGCHLD) | None => {}
                    Some(signal) => {
                        suspend_requested = match signal {
                            libc::SIGCONT => false,
                            _ if signals::is_stop(signal) => has_terminal(),
                            _ => suspend_requested,
                        };
                        if !self.probe.has_received(signal) {
                            signals::send(self.child, signal);
                        }
                    }
                },
            }
        }
    }

    /// The next change of the command's state.
    fn change(&self) -> Option<Change> {
        let mut status = 0;
        let options = libc::WNOHANG | libc::WUNTRACED | libc::WCONTINUED;
        // SAFETY: writes the status to a local variable.
        match unsafe { libc::waitpid(self.child, &raw mut status, options) } {
            0 => None,
            -1 => Some(Change::Ended(End::Exited(exit::FAILED))),
            _ if libc::WIFEXITED(status) => {
                Some(Change::Ended(End::Exited(libc::WEXITSTATUS(status))))
            }
            _ if libc::WIFSIGNALED(status) => {
                Some(Change::Ended(End::Signalled(libc::WTERMSIG(status))))
            }
            _ if libc::WIFSTOPPED(status) => Some(Change::Stopped(libc::WSTOPSIG(status))),
            _ => Some(Change::Continued),
        }
    }

    /// Stops this process by the signal that has stopped the command, and returns when it
    /// continues. If the command has been continued meanwhile, this process does not stop.
    ///
    /// Just after this process continues, the signal is not blocked yet. If it comes again then, it
    /// stops this process at once, perhaps before the command. A person cannot type that fast.
    fn stop_with_command(&self, signal: c_int) {
        // The signal is blocked, so it becomes pending. A later SIGCONT removes it.
        signals::raise_with_default_action(signal);
        if self.has_changed() {
            signals::remove_pending(signal);
        } else {
            signals::deliver(signal);
        }
    }

    /// Whether [`Running::change`] would find a change.
    fn has_changed(&self) -> bool {
        let options = libc::WEXITED | libc::WCONTINUED | libc::WNOHANG | libc::WNOWAIT;
        let mut about = MaybeUninit::<libc::siginfo_t>::zeroed();
        let child = self.child.cast_unsigned();
        // SAFETY: writes to a local structure, which is valid as zeros.
        unsafe {
            libc::waitid(libc::P_PID, child, about.as_mut_ptr(), options) == -1
                || about.assume_init().si_pid() != 0
        }
    }
}

/// Whether this process has a controlling terminal. Without one, no shell can suspend it.
fn has_terminal() -> bool {
    File::open("/dev/tty").is_ok()
}

impl End {
    /// The exit status as a shell shows it: 128 plus the number of the signal.
    pub fn status(self) -> i32 {
        match self {
            End::Exited(status) => status,
            End::Signalled(signal) => 128 + signal,
        }
    }

    /// Ends this process in the same way.
    pub fn exit_the_same_way(self) -> ! {
        if let End::Signalled(signal) = self {
            // If there is to be a core file, it must be the command's.
            process::hide_memory();
            signals::raise_with_default_action(signal);
            signals::deliver(signal);
        }
        exit::end_with(self.status())
    }
}
