//! Asking a person at the terminal.

use std::ffi::c_int;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios, tcgetattr,
    tcgetpgrp, tcsetattr,
};

use crate::platform::answer::{Answer, PATIENCE, TYPED_AHEAD};

use super::running::End;
use super::signals::{self, SignalSet};

/// How a user turns telemetry off in a shell, whatever else is set.
pub const KILL_SWITCH: &str = "export DOCGLOW_NO_TELEMETRY=1";

/// The kernel's limit for a line.
const MAX_LINE_BYTES: usize = 4096;

/// The longest delay until a signal is noticed. Signals are blocked, so they do not interrupt
/// `poll(2)`.
const SIGNAL_DELAY: Duration = Duration::from_millis(50);

/// Why waiting for input has ended.
enum Event {
    /// There is input, or an error that reading will return.
    Input,
    Signal(c_int),
    TimedOut,
}

/// Whether a person can be asked: standard input and output are a terminal, and this process is in
/// the foreground. In the background (`docglow generate &`), using the terminal would stop the job.
pub fn can_ask() -> bool {
    let at_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    at_terminal && tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp())
}

/// Shows `question` and reads a line.
///
/// A signal that ends this process ends it here, after the terminal's modes are restored. After a
/// stop (Ctrl-Z), the question is asked again.
pub fn ask(question: &str) -> Answer {
    let fatal = SignalSet::fatal();
    let mask = fatal.block();
    let answer = loop {
        let Ok(modes) = tcgetattr(io::stdin()) else { break Answer::None };
        let asked = ask_in_modes(question, &modes, &fatal);
        // Not `Flush`, which would discard input.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
        match asked {
            Ok(answer) => break answer,
            Err(signal) if signals::is_stop(signal) => signals::deliver(signal),
            Err(signal) => End::Signalled(signal).exit_the_same_way(),
        }
        if !can_ask() {
            break Answer::None;
        }
    };
    mask.restore();
    answer
}

/// Asks once. Returns the signal as the error if one came instead of an answer.
fn ask_in_modes(question: &str, before: &Termios, fatal: &SignalSet) -> Result<Answer, c_int> {
    // Without this, input would be visible only after a whole line.
    let mut watching = before.clone();
    watching.local_modes.remove(LocalModes::ICANON);
    watching.special_codes[SpecialCodeIndex::VMIN] = 1;
    watching.special_codes[SpecialCodeIndex::VTIME] = 0;
    match wait_in(&watching, Duration::ZERO, fatal) {
        Event::TimedOut => {}
        Event::Input => return Ok(Answer::NotShown),
        Event::Signal(signal) => return Err(signal),
    }
    if write!(io::stdout(), "{question}").and_then(|()| io::stdout().flush()).is_err() {
        return Ok(Answer::None);
    }
    // A program that was killed may have left its modes: Enter does not end a line, there is no
    // echo, or Ctrl-C sends no signal.
    let mut asking = before.clone();
    asking.input_modes.remove(InputModes::IGNCR | InputModes::INLCR);
    asking.input_modes.insert(InputModes::ICRNL);
    asking.output_modes.insert(OutputModes::OPOST | OutputModes::ONLCR);
    asking.local_modes.insert(LocalModes::ICANON | LocalModes::ISIG | LocalModes::ECHO);
    let mut line = None;
    for (modes, limit, is_answer) in [
        (&watching, TYPED_AHEAD, false),
        // Input may have come just before the modes changed.
        (&asking, Duration::ZERO, false),
        (&asking, PATIENCE, true),
    ] {
        match wait_in(modes, limit, fatal) {
            Event::TimedOut => {}
            Event::Input if is_answer => line = read_line(),
            Event::Input => break,
            Event::Signal(signal) => return Err(signal),
        }
    }
    Ok(line.map_or_else(
        || {
            let _ = io::stdout().write_all(b"\n");
            Answer::None
        },
        Answer::Line,
    ))
}

/// Waits for input in these modes, until the limit.
fn wait_in(modes: &Termios, limit: Duration, fatal: &SignalSet) -> Event {
    let deadline = Instant::now() + limit;
    if tcsetattr(io::stdin(), OptionalActions::Now, modes).is_err() {
        return Event::Input;
    }
    loop {
        if let Some(signal) = fatal.pending() {
            return Event::Signal(signal);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left.min(SIGNAL_DELAY)).ok();
        match poll(&mut [PollFd::new(&io::stdin(), PollFlags::IN)], timeout.as_ref()) {
            Ok(0) if left.is_zero() => return Event::TimedOut,
            Ok(0) | Err(Errno::INTR) => {}
            _ => return Event::Input,
        }
    }
}

/// The line that was typed. Ctrl-D also ends a line, but does not count as Enter.
fn read_line() -> Option<String> {
    let mut line = [0; MAX_LINE_BYTES];
    let length = rustix::io::read(io::stdin(), &mut line).ok()?;
    let line = line[..length].strip_suffix(b"\n")?;
    Some(String::from_utf8_lossy(line).into_owned())
}
