//! A standard input that is closed, and one that is a terminal.

use crate::common::platform::pseudo_terminal;
use crate::common::{Receiver, Sandbox, trials};
use crate::stdin::assert_no_event;
use std::fs::File;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_closed_stdin_is_no_event,
        with_a_terminal_on_stdin_the_help_is_printed,
        with_a_terminal_on_stdin_preview_shows_a_sample_event,
    ]
}

fn a_closed_stdin_is_no_event() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let hook = sandbox.hook().on().to(&receiver);
    for (hook, said) in [(hook.clone(), ""), (hook.debug(), "telemetry: not sent (")] {
        let shell = hook.under("sh", ["-c", "exec \"$0\" <&-"]);
        assert_no_event(shell.as_command().output().unwrap(), said);
    }
    assert_eq!(receiver.connections(), 0);
}

fn with_a_terminal_on_stdin_the_help_is_printed() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let help = sandbox.command(["--help"]).run();
    assert!(help.assert_success().stdout().contains("docglow-telemetry"));
    let (_controller, terminal) = terminal();
    let mut command = sandbox.hook().on().to(&receiver).as_command();
    let output = command.stdin(terminal).output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), help.stdout());
}

fn with_a_terminal_on_stdin_preview_shows_a_sample_event() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let (_controller, terminal) = terminal();
    let mut command = sandbox.command(["preview"]).on().to(&receiver).as_command();
    let output = command.stdin(terminal).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.starts_with("# A sample event. "), "{shown}");
    let body = shown.lines().find(|line| line.starts_with('{')).expect("a body");
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    // The sample must have everything that can be sent.
    let fields = body.as_object().expect("an object");
    assert!(fields.values().all(|value| !value.is_null()), "{body}");
    assert_ne!(body["features_used"], serde_json::json!([]));
    assert_eq!((receiver.connections(), sandbox.state_dir().exists()), (0, false));
}

/// A pseudo-terminal: the end to keep open, and the end for the hook.
fn terminal() -> (File, File) {
    use rustix::fs::{Mode, OFlags};
    let (controller, name) = pseudo_terminal();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let terminal = rustix::fs::open(name, flags, Mode::empty()).expect("its other end");
    (controller, terminal.into())
}
