//! Standard streams that are a console, or are missing.

use crate::common::platform::{kill, pseudo_terminal};
use crate::common::{Invocation, Receiver, Sandbox, trials};
use crate::machine::{bare_hook, hook, own_folder};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_question_is_asked_at_a_console_and_answered needs ["wine", "setsid"],
        a_key_right_behind_the_question_is_no_answer needs ["wine", "setsid"],
        ctrl_c_at_the_question_ends_the_process_and_records_nothing needs ["wine", "setsid"],
        at_a_console_without_an_event_the_help_is_printed needs ["wine", "setsid"],
        missing_streams_are_no_event needs ["wine"],
    ]
}

/// How long the console may show no output before a key is pressed again.
const PATIENCE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// Ten times the time of a whole session.
const CONSOLE_LIMIT: Duration = Duration::from_secs(30);

/// Runs a hook at a console, and types `answer` one second after the console shows `cue`. Returns
/// the text that was shown.
fn at_a_console(session: Invocation, cue: &str, answer: &str) -> String {
    typed_at_a_console(session, cue, answer, false)
}

/// The same, but types as soon as the console shows `cue`.
fn at_a_console_at_once(session: Invocation, cue: &str, answer: &str) -> String {
    typed_at_a_console(session, cue, answer, true)
}

fn typed_at_a_console(
    session: Invocation,
    cue: &str,
    mut answer: &str,
    mut is_at_once: bool,
) -> String {
    let (mut keyboard, name) = pseudo_terminal();
    let terminal = || File::options().read(true).write(true).open(&name).expect("the terminal");
    // The modes that wine's console sets, but from the beginning. Otherwise, early input would be
    // changed, for example Enter to Ctrl-J.
    let mut modes = tcgetattr(terminal()).expect("the terminal's modes");
    modes.make_raw();
    tcsetattr(terminal(), OptionalActions::Now, &modes).expect("a raw terminal");
    let session = session.env("TERM", "xterm").under("setsid", ["--ctty", "--wait"]);
    let mut child = session
        .as_command()
        .stdin(terminal())
        .stdout(terminal())
        .stderr(terminal())
        .spawn()
        .expect("wine");
    let mut shown = String::new();
    let give_up = Instant::now() + CONSOLE_LIMIT;
    loop {
        let is_quiet = poll(&mut [PollFd::new(&keyboard, PollFlags::IN)], Some(&PATIENCE)) == Ok(0);
        let mut bytes = [0; 1024];
        match if is_quiet { Ok(0) } else { keyboard.read(&mut bytes) } {
            Ok(length) => shown.push_str(&String::from_utf8_lossy(&bytes[..length])),
            Err(_) => break, // no process has the terminal open any more
        }
        // wine's console may outlive its program.
        if is_quiet && child.try_wait().expect("wine's status").is_some() {
            break;
        }
        if Instant::now() > give_up {
            kill(child.id());
            panic!("nothing ended it: {shown}");
        }
        // Input within half a second after the question is not an answer.
        if shown.contains(cue) && (is_quiet || is_at_once) {
            is_at_once = false;
            keyboard.write_all(answer.as_bytes()).expect("an answer");
            // Presses a key again if wine's console has lost it.
            answer = &answer[answer.len().saturating_sub(1)..];
        }
    }
    child.wait().expect("its end");
    shown
}

fn consent_after(answer: &str) -> serde_json::Value {
    let sandbox = Sandbox::for_wine();
    let shown = at_a_console(hook(&sandbox, "prompt"), "[y/N]", answer);
    let state = sandbox.state().unwrap_or_else(|| panic!("nothing recorded: {shown}"));
    state["consent"].clone()
}

fn the_question_is_asked_at_a_console_and_answered() {
    assert_eq!(consent_after("y\r"), "yes");
    assert_eq!(consent_after("\r"), "no");
}

fn a_key_right_behind_the_question_is_no_answer() {
    let sandbox = Sandbox::for_wine();
    let shown = at_a_console_at_once(hook(&sandbox, "prompt"), "[y/N]", "y\r");
    assert!(shown.contains("There was no answer"), "{shown}");
    assert_eq!(sandbox.state(), None);
}

fn ctrl_c_at_the_question_ends_the_process_and_records_nothing() {
    // Ctrl-C would end the command that sets the sandbox's folder, so this test uses wine's own
    // folder.
    let sandbox = Sandbox::for_wine();
    let folder = own_folder().join("docglow");
    fs::remove_dir_all(&folder).ok();
    // wine's console only delivers Ctrl-C while a line is read, and reading begins with the first
    // key.
    let shown = at_a_console(bare_hook(&sandbox).arg("prompt"), "[y/N]", "y\x03");
    assert!(!folder.join("telemetry.json").exists(), "{shown}");
    assert!(!shown.contains("There was no answer"), "{shown}");
}

fn at_a_console_without_an_event_the_help_is_printed() {
    let sandbox = Sandbox::for_wine();
    let shown = at_a_console(hook(&sandbox, ""), "never shown", "");
    assert!(shown.contains("Usage:"), "{shown}");
}

fn missing_streams_are_no_event() {
    let (sandbox, receiver) = (Sandbox::for_wine(), Receiver::answering());
    let closed = ["-c", "exec \"$0\" \"$@\" <&- >&- 2>&-"];
    let shell = hook(&sandbox, "").on().to(&receiver).under("sh", closed);
    assert!(shell.as_command().status().expect("wine").success());
    sleep(Duration::from_millis(300)); // no condition: nothing may happen
    assert_eq!(receiver.connections(), 0);
}
