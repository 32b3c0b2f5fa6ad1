//! Asking a person at the console.

#![allow(unsafe_code)]

use std::io::{self, Write};
use std::os::windows::io::AsRawHandle;
use std::ptr::null;
use std::time::Duration;

use windows_sys::Win32::Foundation::STATUS_CONTROL_C_EXIT;
use windows_sys::Win32::System::Console::{
    GetConsoleMode, INPUT_RECORD, KEY_EVENT, PeekConsoleInputW, ReadConsoleW,
};

use crate::platform::answer::{Answer, PATIENCE, TYPED_AHEAD};
use crate::platform::exit;
use crate::platform::wait::wait_until;

/// How a user turns telemetry off in a shell, whatever else is set.
pub const KILL_SWITCH: &str = "$env:DOCGLOW_NO_TELEMETRY = 1";

/// A longer line is not an answer.
const MAX_ANSWER_UNITS: usize = 1024;

/// How often to check the console for input.
const INPUT_POLL: Duration = Duration::from_millis(50);

/// Whether a person can be asked: standard input and output are a console.
pub fn can_ask() -> bool {
    is_console(&io::stdin()) && is_console(&io::stdout())
}

/// Whether the stream is a console. std also counts the pipe of Git Bash's window as a terminal.
fn is_console(stream: &impl AsRawHandle) -> bool {
    let mut mode = 0;
    // SAFETY: only writes the mode. It fails if the handle is not that of a console.
    unsafe { GetConsoleMode(stream.as_raw_handle(), &raw mut mode) != 0 }
}

/// Shows `question` and reads a line. Ctrl-C ends this process, and nothing is recorded.
pub fn ask(question: &str) -> Answer {
    if has_input() {
        return Answer::NotShown;
    }
    if write!(io::stdout(), "{question}").and_then(|()| io::stdout().flush()).is_err() {
        return Answer::None;
    }
    if has_input_within(TYPED_AHEAD) || !has_input_within(PATIENCE) {
        return Answer::None;
    }
    read_line().map_or(Answer::None, Answer::Line)
}

/// Waits for input, until the limit. Returns whether there is input.
fn has_input_within(limit: Duration) -> bool {
    wait_until(limit, INPUT_POLL, has_input)
}

/// The line that was typed, if Enter ended it.
fn read_line() -> Option<String> {
    let mut line = [0; MAX_ANSWER_UNITS];
    let mut length = 0;
    // SAFETY: writes at most `MAX_ANSWER_UNITS` units, and their number.
    let is_read = unsafe {
        let line = line.as_mut_ptr().cast();
        ReadConsoleW(
            io::stdin().as_raw_handle(),
            line,
            MAX_ANSWER_UNITS as u32,
            &raw mut length,
            null(),
        )
    };
    // Ctrl-C aborts the call, perhaps before it ends this process.
    if is_read == 0 || length == 0 {
        exit::end_with(STATUS_CONTROL_C_EXIT)
    }
    let line = String::from_utf16_lossy(&line[..length as usize]);
    line.strip_suffix("\r\n").map(str::to_owned)
}

/// Whether a key has been pressed but not read.
fn has_input() -> bool {
    const MAX_EVENTS: usize = 256;
    let mut events = [INPUT_RECORD::default(); MAX_EVENTS];
    let mut count = 0;
    // SAFETY: writes at most `MAX_EVENTS` events, and their number, which stays 0 if it fails.
    unsafe {
        PeekConsoleInputW(
            io::stdin().as_raw_handle(),
            events.as_mut_ptr(),
            MAX_EVENTS as u32,
            &raw mut count,
        );
    }
    // Releasing a key, moving the mouse and resizing the window cause events, too.
    events[..count as usize].iter().any(|event| {
        // SAFETY: the event type says which member of the union is valid, and any number is a valid
        // character.
        u32::from(event.EventType) == KEY_EVENT
            && unsafe {
                event.Event.KeyEvent.bKeyDown != 0 && event.Event.KeyEvent.uChar.UnicodeChar != 0
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::IsTerminal;
    use std::os::windows::io::{FromRawHandle, OwnedHandle};
    use windows_sys::Win32::Storage::FileSystem::PIPE_ACCESS_DUPLEX;
    use windows_sys::Win32::System::Pipes::CreateNamedPipeW;

    #[test]
    fn a_pipe_of_git_bash_is_a_terminal_to_std_and_no_console() {
        let name = format!(r"\\.\pipe\msys-1888ae32e00d56aa-pty{}-from-master", std::process::id());
        let wide: Vec<u16> = name.encode_utf16().chain([0]).collect();
        // SAFETY: the name ends with a zero, and this process owns the handle once.
        let _window = unsafe {
            let pipe =
                CreateNamedPipeW(wide.as_ptr(), PIPE_ACCESS_DUPLEX, 0, 1, 4096, 4096, 0, null());
            OwnedHandle::from_raw_handle(pipe)
        };
        let terminal = File::options().read(true).write(true).open(name).unwrap();
        assert!(terminal.is_terminal());
        assert!(!is_console(&terminal));
    }
}
