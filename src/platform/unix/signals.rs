//! Signals, without a handler that does anything: they are held back, and awaited where they matter.

#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr;

/// The signals that are the command's affair while it runs. They are held back, not ignored: what is ignored stays so in the
/// command.
const HELD_BACK: [c_int; 8] = [
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGTERM,
    libc::SIGHUP,
    libc::SIGCHLD,
];

/// A set of signals.
pub struct SignalSet(libc::sigset_t);

impl SignalSet {
    pub fn of(signals: impl IntoIterator<Item = c_int>) -> SignalSet {
        let mut set = MaybeUninit::uninit();
        // SAFETY: `sigemptyset` makes it a set, and a number that is no signal is an error of no interest.
        unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            for signal in signals {
                libc::sigaddset(set.as_mut_ptr(), signal);
            }
            SignalSet(set.assume_init())
        }
    }

    /// Changes which signals are held back: `SIG_BLOCK`, `SIG_UNBLOCK` or `SIG_SETMASK`. Returns which were before.
    fn mask(&self, how: c_int) -> SignalSet {
        let mut before = SignalSet::of([]);
        // SAFETY: reads one set of ours and writes another.
        unsafe { libc::sigprocmask(how, &self.0, &mut before.0) };
        before
    }

    /// Awaits one of these signals, all of them held back: its number, and who sent it, where the system says. `None` where the wait was
    /// interrupted.
    #[cfg(target_os = "linux")]
    pub fn next(&self) -> Option<(c_int, Option<Sender>)> {
        let mut about = MaybeUninit::<libc::siginfo_t>::zeroed();
        // SAFETY: reads a set of ours, and writes to a structure of ours, which is valid as zeros.
        let signal = unsafe { libc::sigwaitinfo(&self.0, about.as_mut_ptr()) };
        let about = unsafe { about.assume_init() };
        // SAFETY: what a process sent has its number in this field.
        let sender = if about.si_code > 0 {
            Sender::Kernel
        } else {
            Sender::Process(unsafe { about.si_pid() })
        };
        (signal > 0).then_some((signal, Some(sender)))
    }

    #[cfg(not(target_os = "linux"))]
    pub fn next(&self) -> Option<(c_int, Option<Sender>)> {
        let mut signal = 0;
        // SAFETY: reads a set of ours, and writes to an integer of ours.
        let error = unsafe { libc::sigwait(&self.0, &mut signal) };
        (error == 0).then_some((signal, None))
    }
}

/// Who sent a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    Kernel,
    /// By its number; 0 where it is out of sight, outside of a container.
    Process(libc::pid_t),
}

/// What a process that waits for a command has changed for it.
pub struct Before {
    mask: SignalSet,
    child_action: libc::sigaction,
}

/// Holds back what is the command's affair, and has the system tell of the command's end.
pub fn hold_back() -> Before {
    extern "C" fn note(_: c_int) {}
    let mask = SignalSet::of(HELD_BACK).mask(libc::SIG_BLOCK);
    // Where it is ignored, as some callers leave it, the system keeps no exit status.
    let child_action = set_action(libc::SIGCHLD, &action(note as *const () as libc::sighandler_t));
    Before { mask, child_action }
}

impl Before {
    /// Undoes it.
    pub fn restore(&self) {
        set_action(libc::SIGCHLD, &self.child_action);
        self.mask.mask(libc::SIG_SETMASK);
    }
}

/// Ignores a signal, and tells whether it was ignored before.
pub fn ignore(signal: c_int) -> bool {
    set_action(signal, &action(libc::SIG_IGN)).sa_sigaction == libc::SIG_IGN
}

/// Whether a signal is ignored.
pub fn is_ignored(signal: c_int) -> bool {
    let mut current = action(libc::SIG_DFL);
    // SAFETY: changes nothing, and writes to a structure of ours.
    unsafe { libc::sigaction(signal, ptr::null(), &mut current) };
    current.sa_sigaction == libc::SIG_IGN
}

/// Sets a signal to what it does by itself.
pub fn set_default(signal: c_int) {
    set_action(signal, &action(libc::SIG_DFL));
}

/// Sends this process a signal and lets it do what it does by itself: returns after a stop, and where it has no effect.
pub fn have_effect(signal: c_int) {
    set_default(signal);
    // Sent before it is let through: one that is held back already and this are one.
    // SAFETY: takes two integers.
    unsafe { libc::kill(libc::getpid(), signal) };
    let before = SignalSet::of([signal]).mask(libc::SIG_UNBLOCK);
    before.mask(libc::SIG_SETMASK);
}

fn action(handler: libc::sighandler_t) -> libc::sigaction {
    // SAFETY: valid as zeros: no flags, and an empty set of signals.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler;
    action
}

fn set_action(signal: c_int, new: &libc::sigaction) -> libc::sigaction {
    let mut old = action(libc::SIG_DFL);
    // SAFETY: reads one structure of ours and writes another. The only handler ever set does nothing.
    unsafe { libc::sigaction(signal, new, &mut old) };
    old
}
