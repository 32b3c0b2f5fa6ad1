//! Asking a person at the console.

#![allow(unsafe_code)]

use std::io::{self, Write};
use std::os::windows::io::AsRawHandle;
use std::ptr::null;
use std::sync::mpsc::channel;
use std::thread;

use windows_sys::Win32::System::Console::{
    GetConsoleMode, INPUT_RECORD, KEY_EVENT, PeekConsoleInputW, ReadConsoleW,
};

use super::console::Uninterrupted;

/// No answer is longer.
const MAX_ANSWER_UNITS: usize = 1024;

/// Whether somebody can be asked: standard input and output are a console.
pub fn can_ask() -> bool {
    is_console(&io::stdin()) && is_console(&io::stdout())
}

/// Whether it is a console. What std takes for a terminal may be a pipe: that of Git Bash's window, where nothing can be asked.
fn is_console(stream: &impl AsRawHandle) -> bool {
    let mut mode = 0;
    // SAFETY: only writes the mode, and fails where the handle is none of a console.
    unsafe { GetConsoleMode(stream.as_raw_handle(), &raw mut mode) != 0 }
}

/// Shows `question` and reads one line. Ctrl-C ends it, and must not end this process before the answer is recorded: it would
/// be asked again. `None` where it could not be asked or read, which is also where something was typed or pasted ahead: that was
/// meant for the shell, and is left to it.
pub fn ask(question: &str) -> Option<String> {
    if was_typed_ahead() {
        return None;
    }
    let (typed, answer) = channel();
    let _uninterrupted = Uninterrupted::begin(Some(typed.clone()));
    write!(io::stdout(), "{question}").and_then(|()| io::stdout().flush()).ok()?;
    // A thread reads, for not every console ends the reading when it is interrupted.
    thread::Builder::new().spawn(move || typed.send(read_line())).ok()?;
    answer.recv().ok().flatten()
}

/// One line, which is empty where the reading was interrupted: std would go on. `None` where it could not be read.
fn read_line() -> Option<String> {
    let mut line = [0; MAX_ANSWER_UNITS];
    let mut length = 0;
    // SAFETY: writes at most as many units as there is room for, and tells how many.
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
    (is_read != 0).then(|| String::from_utf16_lossy(&line[..length as usize]))
}

/// Whether the console has input that nobody has read.
fn was_typed_ahead() -> bool {
    const MAX_EVENTS: usize = 256;
    let mut events = [INPUT_RECORD::default(); MAX_EVENTS];
    let mut count = 0;
    // SAFETY: writes at most as many events as there is room for, and tells how many. Where it fails, that stays 0.
    unsafe {
        PeekConsoleInputW(
            io::stdin().as_raw_handle(),
            events.as_mut_ptr(),
            MAX_EVENTS as u32,
            &raw mut count,
        );
    }
    // A key that is let go, the mouse and the window are events, too.
    events[..count as usize].iter().any(|event| {
        // SAFETY: the type says which of the structures it is, and any number is a character.
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
        // SAFETY: the name ends in a zero, and the handle is this process's own, owned once.
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
