//! Standard streams that are a console, or missing.

use crate::common::platform::pseudo_terminal;
use crate::common::trials::tool_path;
use crate::common::{Invocation, Receiver, Sandbox, trials};
use crate::machine::{bare_hook, hook, own_folder};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_question_is_asked_at_a_console_and_answered needs ["wine", "setsid"],
        ctrl_c_at_the_question_is_a_no needs ["wine", "setsid"],
        at_a_console_without_an_event_the_help_is_printed needs ["wine", "setsid"],
        missing_streams_are_no_event needs ["wine"],
    ]
}

/// Runs a hook at a console, and types `answer` once it shows `cue`. Returns what was shown.
fn at_a_console(mut session: Invocation, cue: &'static str, answer: &'static str) -> String {
    let (mut keyboard, name) = pseudo_terminal();
    let terminal = || File::options().read(true).write(true).open(&name).expect("the terminal");
    session = session.env("TERM", "xterm");
    let wine = session.program.clone().into();
    session.arguments.splice(0..0, ["--ctty".into(), "--wait".into(), wine]);
    session.program = tool_path("setsid").expect("setsid");
    let mut command = session.as_command();
    let mut child = command.stdin(terminal()).stdout(terminal()).stderr(terminal()).spawn().expect("wine");
    drop(command);
    let somebody = thread::spawn(move || {
        let mut shown = String::new();
        let (mut bytes, mut is_answered) = ([0; 1024], false);
        while let Ok(length @ 1..) = keyboard.read(&mut bytes) {
            shown.push_str(&String::from_utf8_lossy(&bytes[..length]));
            if !is_answered && shown.contains(cue) {
                is_answered = true;
                keyboard.write_all(answer.as_bytes()).expect("an answer");
            }
        }
        shown
    });
    child.wait().expect("its end");
    somebody.join().expect("somebody at the console")
}

fn consent_after(answer: &'static str) -> serde_json::Value {
    let sandbox = Sandbox::new();
    let shown = at_a_console(hook(&sandbox, "prompt"), "[y/N]", answer);
    let state = sandbox.state().unwrap_or_else(|| panic!("nothing recorded: {shown}"));
    state["consent"].clone()
}

fn the_question_is_asked_at_a_console_and_answered() {
    assert_eq!(consent_after("y\r"), "yes");
    assert_eq!(consent_after("\r"), "no");
}

fn ctrl_c_at_the_question_is_a_no() {
    // Ctrl-C would end what sets the sandbox's folder first, so this answer is in wine's own.
    let sandbox = Sandbox::new();
    let folder = own_folder().join("docglow");
    fs::remove_dir_all(&folder).ok();
    let shown = at_a_console(bare_hook(&sandbox).arg("prompt"), "[y/N]", "\x03");
    let state = fs::read_to_string(folder.join("telemetry.json")).unwrap_or_else(|error| panic!("{error}: {shown}"));
    assert!(state.contains(r#""consent": "no""#) || state.contains(r#""consent":"no""#), "{state}");
}

fn at_a_console_without_an_event_the_help_is_printed() {
    let sandbox = Sandbox::new();
    let shown = at_a_console(hook(&sandbox, ""), "never shown", "");
    assert!(shown.contains("Usage:"), "{shown}");
}

fn missing_streams_are_no_event() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let mut shell = hook(&sandbox, "").on().to(&receiver);
    let wine = shell.program.clone().into();
    shell.arguments.splice(0..0, ["-c".into(), "exec \"$0\" \"$@\" <&- >&- 2>&-".into(), wine]);
    shell.program = "/bin/sh".into();
    assert!(shell.as_command().status().expect("wine").success());
    thread::sleep(Duration::from_millis(300)); // no condition: nothing may happen
    assert_eq!(receiver.connections(), 0);
}
