//! Ctrl-C and Ctrl-Break.

#![allow(unsafe_code)]

use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::core::BOOL;

/// Makes this process ignore Ctrl-C and Ctrl-Break, so that only the command reacts to them.
/// Children do not inherit this, as they would if `SetConsoleCtrlHandler` were called without a
/// handler.
pub fn ignore_interrupts() {
    // SAFETY: the handler runs in its own thread and accesses no data.
    unsafe { SetConsoleCtrlHandler(Some(is_interrupt), 1) };
}

/// Returns whether the event is handled, so that it does not end this process.
extern "system" fn is_interrupt(event: u32) -> BOOL {
    matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT).into()
}
