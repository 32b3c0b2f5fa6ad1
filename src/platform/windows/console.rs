//! Ctrl-C and Ctrl-Break.

#![allow(unsafe_code)]

use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};

use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::core::BOOL;

/// Receives an empty line for each interrupt.
static LISTENER: Mutex<Option<Sender<Option<String>>>> = Mutex::new(None);

/// As long as it exists, Ctrl-C and Ctrl-Break do not end this process. Children do not inherit
/// this, unlike the effect of `SetConsoleCtrlHandler` without a handler.
pub struct Uninterrupted;

impl Uninterrupted {
    /// Sends an empty line to `listener` at each interrupt.
    pub fn begin(listener: Option<Sender<Option<String>>>) -> Uninterrupted {
        listen(listener);
        // SAFETY: the handler runs in its own thread, and only accesses a value behind a lock.
        unsafe { SetConsoleCtrlHandler(Some(handle), 1) };
        Uninterrupted
    }
}

impl Drop for Uninterrupted {
    fn drop(&mut self) {
        // SAFETY: it removes the handler.
        unsafe { SetConsoleCtrlHandler(Some(handle), 0) };
        listen(None);
    }
}

fn listen(listener: Option<Sender<Option<String>>>) {
    *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = listener;
}

/// Returns whether it handles the event.
extern "system" fn handle(event: u32) -> BOOL {
    let is_interrupt = matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT);
    if is_interrupt && let Ok(Some(listener)) = LISTENER.lock().as_deref() {
        let _ = listener.send(Some(String::new()));
    }
    is_interrupt.into()
}
