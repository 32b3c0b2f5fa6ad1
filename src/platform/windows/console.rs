//! The console's interrupts.

#![allow(unsafe_code)]

use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::core::BOOL;

/// While it lives, Ctrl-C and Ctrl-Break do not end this process. Unlike the system's own switch for that, it leaves alone what
/// children inherit.
pub struct Uninterrupted;

impl Uninterrupted {
    pub fn begin() -> Uninterrupted {
        // SAFETY: the handler touches nothing.
        unsafe { SetConsoleCtrlHandler(Some(take_notice_of_none), 1) };
        Uninterrupted
    }
}

impl Drop for Uninterrupted {
    fn drop(&mut self) {
        // SAFETY: takes the handler away again.
        unsafe { SetConsoleCtrlHandler(Some(take_notice_of_none), 0) };
    }
}

/// Whether an event is dealt with hereby.
extern "system" fn take_notice_of_none(event: u32) -> BOOL {
    matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT).into()
}
