//! Asking a person at the console.

#![allow(unsafe_code)]

use std::io::{self, IsTerminal, Write};

use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;

/// Whether somebody can be asked: standard input and output are a console.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Shows `question` and reads one line. Ctrl-C ends it, and must not end this process before the answer is recorded: it would
/// be asked again. `None` where it could not be asked.
pub fn ask(question: &str) -> Option<String> {
    // SAFETY: no handler is given, so no code of ours runs in it: Ctrl-C is ignored.
    unsafe { SetConsoleCtrlHandler(None, 1) };
    write!(io::stdout(), "{question}").and_then(|()| io::stdout().flush()).ok()?;
    let mut line = String::new();
    let _ = io::stdin().read_line(&mut line);
    Some(line)
}
