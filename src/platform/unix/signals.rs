//! Signals without handlers: they are blocked, and then waited for or checked.

#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::{process, ptr};

/// The signals that stop a process by default, if a shell with job control started it.
pub const STOP: [c_int; 3] = [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];

/// The signals that a process ignores by default.
const IGNORED_BY_DEFAULT: [c_int; 4] = [libc::SIGCHLD, libc::SIGCONT, libc::SIGURG, libc::SIGWINCH];

/// The largest signal number of Linux. macOS has 31.
const MAX_SIGNAL: c_int = 64;

/// A set of signals.
#[derive(Clone)]
pub struct SignalSet(libc::sigset_t);

impl SignalSet {
    /// These signals. Numbers that are not signals are left out.
    pub fn of(signals: impl IntoIterator<Item = c_int>) -> SignalSet {
        let mut set = MaybeUninit::uninit();
        // SAFETY: `sigemptyset` initializes the set; `sigaddset` only fails for a bad number.
        unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            for signal in signals {
                libc::sigaddset(set.as_mut_ptr(), signal);
            }
            SignalSet(set.assume_init())
        }
    }

    /// Every signal. The C library reserves two or three, and SIGKILL and SIGSTOP cannot be
    /// blocked.
    pub fn all() -> SignalSet {
        SignalSet::of(1..=MAX_SIGNAL)
    }

    /// The signals that end or stop this process.
    pub fn fatal() -> SignalSet {
        let is_fatal =
            |signal: &c_int| !IGNORED_BY_DEFAULT.contains(signal) && !is_ignored(*signal);
        SignalSet::of((1..=MAX_SIGNAL).filter(is_fatal))
    }

    /// Blocks these signals. Returns the previous mask.
    pub fn block(&self) -> SignalSet {
        self.mask(libc::SIG_BLOCK)
    }

    /// Blocks exactly these signals.
    pub fn restore(&self) {
        self.mask(libc::SIG_SETMASK);
    }

    fn mask(&self, how: c_int) -> SignalSet {
        let mut before = SignalSet::of([]);
        // SAFETY: reads one local set and writes another.
        unsafe { libc::sigprocmask(how, &self.0, &mut before.0) };
        before
    }

    /// Waits for one of these signals, all of which must be blocked. Returns `None` on an error.
    pub fn wait(&self) -> Option<c_int> {
        let mut signal = 0;
        // SAFETY: reads a local set and writes a local integer.
        let error = unsafe { libc::sigwait(&self.0, &mut signal) };
        (error == 0).then_some(signal)
    }

    /// One of these signals that is blocked and pending. It stays pending.
    pub fn pending(&self) -> Option<c_int> {
        let mut pending = SignalSet::of([]);
        // SAFETY: writes to a local set.
        unsafe { libc::sigpending(&mut pending.0) };
        (1..=MAX_SIGNAL).find(|signal| self.contains(*signal) && pending.contains(*signal))
    }

    fn contains(&self, signal: c_int) -> bool {
        // SAFETY: reads a local set. For a bad number, it returns -1.
        unsafe { libc::sigismember(&self.0, signal) == 1 }
    }
}

/// Blocks all signals, and makes the kernel keep the exit status of a child.
///
/// The signals are not ignored, because the command would inherit that.
pub struct Blocked {
    mask: SignalSet,
    child_action: libc::sigaction,
}

impl Blocked {
    pub fn new() -> Blocked {
        extern "C" fn nothing(_: c_int) {}
        let mask = SignalSet::all().block();
        // Some callers ignore SIGCHLD, and then the kernel does not keep the exit status of a
        // child.
        let handler = action(nothing as *const () as libc::sighandler_t);
        Blocked { mask, child_action: set_action(libc::SIGCHLD, &handler) }
    }

    /// Restores the caller's mask until [`Blocked::block`] is called.
    pub fn unblock(&self) {
        self.mask.restore();
    }

    /// Blocks all signals again.
    pub fn block(&self) {
        SignalSet::all().block();
    }

    /// Restores the caller's mask and its disposition of SIGCHLD.
    pub fn restore(&self) {
        set_action(libc::SIGCHLD, &self.child_action);
        self.unblock();
    }
}

/// Whether this signal stops a process by default, and can be blocked.
pub fn is_stop(signal: c_int) -> bool {
    STOP.contains(&signal)
}

/// Ignores a signal. Returns whether it was ignored before.
pub fn ignore(signal: c_int) -> bool {
    set_action(signal, &action(libc::SIG_IGN)).sa_sigaction == libc::SIG_IGN
}

/// Restores a signal's default action.
pub fn set_default(signal: c_int) {
    set_action(signal, &action(libc::SIG_DFL));
}

/// Sends a signal to this process. If the signal is blocked, it stays pending.
pub fn raise_with_default_action(signal: c_int) {
    set_default(signal);
    send(process::id().cast_signed(), signal);
}

/// Sends a signal to this process, or to a child that has not been waited for, so that its id is
/// still valid.
pub fn send(process: libc::pid_t, signal: c_int) {
    // SAFETY: takes two integers.
    unsafe { libc::kill(process, signal) };
}

/// Removes a blocked signal that is pending. A signal that stops or continues may be removed by its
/// opposite at any moment, so waiting for it might never end.
pub fn remove_pending(signal: c_int) {
    if is_stop(signal) || signal == libc::SIGCONT {
        ignore(signal);
        set_default(signal);
    } else {
        SignalSet::of([signal]).wait();
    }
}

/// Unblocks a signal for a moment, so that a pending one takes effect. Returns after a stop, or if
/// there was no effect.
pub fn deliver(signal: c_int) {
    SignalSet::of([signal]).mask(libc::SIG_UNBLOCK).restore();
}

fn is_ignored(signal: c_int) -> bool {
    let mut current = action(libc::SIG_DFL);
    // SAFETY: changes nothing, and writes to a local structure.
    unsafe { libc::sigaction(signal, ptr::null(), &mut current) };
    current.sa_sigaction == libc::SIG_IGN
}

fn action(handler: libc::sighandler_t) -> libc::sigaction {
    // SAFETY: zeros are valid: no flags, and an empty set of signals.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler;
    action
}

fn set_action(signal: c_int, new: &libc::sigaction) -> libc::sigaction {
    let mut old = action(libc::SIG_DFL);
    // SAFETY: reads one local structure and writes another. The only handler that is ever set does
    // nothing.
    unsafe { libc::sigaction(signal, new, &mut old) };
    old
}
