//! Waiting for a command, whatever happens to it or to this process, and ending as it did.

#![allow(unsafe_code)]

use std::ffi::c_int;

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::platform::exit;

use super::process;
use super::signals::{self, Sender, SignalSet};

/// The signals that somebody may send to this process alone and mean the command.
const PASSED_ON: [c_int; 2] = [libc::SIGTERM, libc::SIGHUP];

/// The exit status where the command's can't be had.
const UNKNOWN: i32 = 125;

/// A command that runs as a child.
#[derive(Clone)]
pub struct Running {
    child: libc::pid_t,
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
    pub(super) fn new(child: libc::pid_t) -> Running {
        Running { child }
    }

    /// Waits for the command's end. Signals for the command that reach this process alone are passed on; when the command is
    /// stopped, so is this process, which the shell is waiting for, and they go on together.
    pub fn wait(&self) -> End {
        // What is ignored, as nohup has it, is to be ignored.
        let passed_on = PASSED_ON.into_iter().filter(|signal| !signals::is_ignored(*signal));
        let awaited = SignalSet::of(passed_on.chain([libc::SIGCHLD]));
        let mut is_stopped = false;
        loop {
            // A command that is being stopped again at this moment may be neither continued nor stopped in the first answer.
            match self.change().or_else(|| if is_stopped { self.change() } else { None }) {
                Some(Change::Ended(end)) => return end,
                Some(Change::Stopped(signal)) => {
                    // Returns when somebody has continued this process.
                    signals::have_effect(signal);
                    is_stopped = true;
                }
                Some(Change::Continued) => is_stopped = false,
                // It was continued alone: what is sent to the group reaches the command first.
                None if is_stopped => {
                    self.send(libc::SIGCONT);
                    is_stopped = false;
                }
                None => self.pass_on(&awaited),
            }
        }
    }

    /// What has happened to the command since it was last asked.
    fn change(&self) -> Option<Change> {
        let mut status = 0;
        let options = libc::WNOHANG | libc::WUNTRACED | libc::WCONTINUED;
        // SAFETY: writes the status to an integer of ours.
        match unsafe { libc::waitpid(self.child, &raw mut status, options) } {
            0 => None,
            -1 => Some(Change::Ended(End::Exited(UNKNOWN))),
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

    fn pass_on(&self, awaited: &SignalSet) {
        let Some((signal, sender)) = awaited.next() else { return };
        // The command, and the kernel when a terminal is gone, tell the whole process group; but the kernel first tells the
        // process alone that leads the session.
        // SAFETY: takes an integer, and changes nothing. It is 0 for a leader outside of a container, where rustix gives up.
        let leads_session = || unsafe { libc::getsid(0) == libc::getpid() };
        let meant_the_group = sender == Some(Sender::Process(self.child))
            || (sender == Some(Sender::Kernel) && !leads_session());
        if signal != libc::SIGCHLD && !meant_the_group {
            self.send(signal);
        }
    }

    fn send(&self, signal: c_int) {
        // SAFETY: takes two integers. The child was not waited for yet, so nobody else has its number.
        unsafe { libc::kill(self.child, signal) };
    }
}

impl End {
    /// The exit status as a shell gives it: 128 and its number for a signal.
    pub fn status(self) -> i32 {
        match self {
            End::Exited(status) => status,
            End::Signalled(signal) => 128 + signal,
        }
    }

    /// Ends this process in the same way.
    pub fn imitate(self) -> ! {
        if let End::Signalled(signal) = self {
            // The command's core, if it left one, is the one to look at.
            let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
            #[cfg(target_os = "linux")]
            let _ = rustix::process::set_dumpable_behavior(
                rustix::process::DumpableBehavior::NotDumpable,
            );
            signals::have_effect(signal);
        }
        exit::set_status(self.status());
        process::end()
    }
}
