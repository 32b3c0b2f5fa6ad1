//! Asking a person at the terminal.

use std::io::{self, IsTerminal, Write};

use rustix::io::ioctl_fionread;
use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};

/// No answer is longer.
const MAX_ANSWER_BYTES: usize = 1024;

/// Whether somebody can be asked: standard input and output are a terminal, and this process may use it. In the background
/// (`docglow generate &`), touching it would stop the whole job.
pub fn can_ask() -> bool {
    let at_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    at_terminal && tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp())
}

/// Shows `question` and reads one line. Ctrl-D ends it, and so does Ctrl-C, which must not end this process before the
/// answer is recorded: it would be asked again, and the exit status would not be 0. `None` where it could not be asked, which
/// is also where something was typed or pasted ahead: that was meant for the shell, and is left to it.
pub fn ask(question: &str) -> Option<String> {
    const CTRL_C: u8 = 3;
    let terminal = io::stdin();
    let before = tcgetattr(&terminal).ok()?;
    if was_typed_ahead(&before) {
        return None;
    }
    let mut asking = before.clone();
    asking.local_modes.remove(LocalModes::ISIG);
    asking.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
    tcsetattr(&terminal, OptionalActions::Now, &asking).ok()?;
    let answer = show_and_read(question);
    let _ = tcsetattr(&terminal, OptionalActions::Now, &before);
    answer
}

/// Whether the terminal has input that nobody has read. The beginning of a line only shows while lines are not awaited.
fn was_typed_ahead(before: &Termios) -> bool {
    let terminal = io::stdin();
    let mut seeing = before.clone();
    seeing.local_modes.remove(LocalModes::ICANON);
    let changed = tcsetattr(&terminal, OptionalActions::Now, &seeing);
    let nothing = changed.is_ok() && ioctl_fionread(&terminal) == Ok(0);
    let _ = tcsetattr(&terminal, OptionalActions::Now, before);
    !nothing
}

fn show_and_read(question: &str) -> Option<String> {
    write!(io::stdout(), "{question}").and_then(|()| io::stdout().flush()).ok()?;
    let mut line = [0; MAX_ANSWER_BYTES];
    let length = rustix::io::read(io::stdin(), &mut line).unwrap_or(0);
    Some(String::from_utf8_lossy(&line[..length]).into_owned())
}
