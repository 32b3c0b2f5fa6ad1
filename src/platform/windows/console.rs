//! The console's interrupts.

#![allow(unsafe_code)]

use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};

use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::core::BOOL;

/// Who wants to hear of an interrupt.
static LISTENER: Mutex<Option<Sender<Option<String>>>> = Mutex::new(None);

/// While it lives, Ctrl-C and Ctrl-Break do not end this process. Unlike the system's own switch for that, it leaves alone what
/// children inherit.
pub struct Uninterrupted;

impl Uninterrupted {
    /// Of an interrupt, `listener` hears an empty line.
    pub fn begin(listener: Option<Sender<Option<String>>>) -> Uninterrupted {
        listen(listener);
        // SAFETY: the handler runs in a thread of its own, and touches nothing but what the lock guards.
        unsafe { SetConsoleCtrlHandler(Some(handle), 1) };
        Uninterrupted
    }
}

impl Drop for Uninterrupted {
    fn drop(&mut self) {
        // SAFETY: takes the handler away again.
        unsafe { SetConsoleCtrlHandler(Some(handle), 0) };
        listen(None);
    }
}

fn listen(listener: Option<Sender<Option<String>>>) {
    *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = listener;
}

/// Returns whether an event is dealt with hereby.
extern "system" fn handle(event: u32) -> BOOL {
    let is_interrupt = matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT);
    if is_interrupt && let Ok(Some(listener)) = LISTENER.lock().as_deref() {
        let _ = listener.send(Some(String::new()));
    }
    is_interrupt.into()
}
