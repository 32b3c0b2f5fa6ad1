//! The hook's own question, on a real terminal, asked by the real binary through the shell hook.

use crate::common::sandbox::binary;
use crate::common::trials::trials;
use crate::common::{Invocation, Receiver};
use crate::pty::{CTRL_C, CTRL_D, Terminal};
use crate::script::Stage;
use crate::shell::Shell;
use libtest_mimic::Trial;
use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

pub fn trials() -> Vec<Trial> {
    trials![
        a_yes_is_recorded_and_the_very_command_is_reported needs ["bash", "setsid"],
        anything_but_a_yes_is_a_no_and_docglow_runs needs ["bash", "setsid"],
        it_is_asked_once_in_all_sessions needs ["bash", "setsid"],
        where_something_else_decides_nothing_is_asked_or_recorded needs ["bash", "setsid"],
        in_the_background_nothing_is_asked_and_docglow_runs needs ["bash", "setsid"],
    ]
}

const QUESTION: &str = "[y/N]";

/// A stage with the real binary, and bash on its terminal to be.
fn stage() -> (Stage, Receiver, Invocation) {
    let stage = Stage::empty(Shell::Bash);
    stage.install("docglow");
    symlink(binary(), stage.bin().join("docglow-telemetry")).expect("a link to the hook");
    let receiver = Receiver::answering();
    let shell = stage.invocation().args(["--noediting", "-i"]).env("PS1", "> ").to(&receiver);
    (stage, receiver, shell)
}

/// A session in which the hook is set up and generate was called.
fn generate(shell: &Invocation) -> Terminal {
    let mut terminal = Terminal::open(shell);
    terminal.type_in(&format!("{}\ndocglow generate\n", Shell::Bash.set_up()));
    terminal
}

/// Waits until docglow ran and the shell is back; returns what was shown before docglow began.
#[track_caller]
fn shown_before_docglow(terminal: &mut Terminal) -> String {
    let shown = terminal.wait_for("docglow: <generate>");
    terminal.type_in("echo 'do''ne'\n");
    terminal.wait_for("done");
    shown
}

fn a_yes_is_recorded_and_the_very_command_is_reported() {
    for answer in ["y\n", "YES\n", " yes \n"] {
        let (stage, receiver, shell) = stage();
        let mut terminal = generate(&shell);
        terminal.wait_for(QUESTION);
        terminal.type_in(answer);
        shown_before_docglow(&mut terminal);
        let state = stage.sandbox.state().expect("a state file");
        assert_eq!(state["consent"], "yes", "{answer:?}");
        let payload = receiver.wait_for(1, Duration::from_secs(10))[0].json();
        assert_eq!(payload["instance_id"], state["instance_id"], "{answer:?}");
        assert_eq!(payload["command"], "generate");
    }
}

fn anything_but_a_yes_is_a_no_and_docglow_runs() {
    for answer in ["\n", "n\n", "yess\n", "yes please\n", CTRL_C, CTRL_D, &format!("y{CTRL_C}")] {
        let (stage, receiver, shell) = stage();
        let mut terminal = generate(&shell);
        terminal.wait_for(QUESTION);
        terminal.type_in(answer);
        shown_before_docglow(&mut terminal);
        assert_eq!(stage.sandbox.state().expect("a state file")["consent"], "no", "{answer:?}");
        assert_eq!(receiver.connections(), 0, "{answer:?}");
    }
}

fn it_is_asked_once_in_all_sessions() {
    let (stage, _receiver, shell) = stage();
    let mut terminal = generate(&shell);
    terminal.wait_for(QUESTION);
    terminal.type_in("\n");
    shown_before_docglow(&mut terminal);
    terminal.type_in("docglow generate\n");
    assert!(!shown_before_docglow(&mut terminal).contains(QUESTION));
    drop(terminal);
    let recorded = fs::read(stage.sandbox.state_file()).expect("a state file");
    assert!(!shown_before_docglow(&mut generate(&shell)).contains(QUESTION));
    assert_eq!(fs::read(stage.sandbox.state_file()).expect("a state file"), recorded);
}

fn where_something_else_decides_nothing_is_asked_or_recorded() {
    for (name, value) in [
        ("CI", "true"),
        ("DOCGLOW_NO_TELEMETRY", "1"),
        ("DOCGLOW_TELEMETRY", "0"),
        ("docglow.yml", "telemetry: {enabled: false}"),
        ("docglow.yml", "telemetry: {enabled: ["),
    ] {
        let (stage, receiver, mut shell) = stage();
        if name == "docglow.yml" {
            stage.sandbox.write_config(value);
        } else {
            shell = shell.env(name, value);
        }
        let shown = shown_before_docglow(&mut generate(&shell));
        assert!(!shown.contains(QUESTION), "{name}={value}: {shown}");
        assert!(stage.sandbox.state().is_none(), "{name}={value}");
        assert_eq!(receiver.connections(), 0, "{name}={value}");
    }
}

/// Asking from there would stop the job before docglow has run.
fn in_the_background_nothing_is_asked_and_docglow_runs() {
    let (stage, _receiver, shell) = stage();
    let mut terminal = Terminal::open(&shell);
    terminal.type_in(&format!("{}\ndocglow generate & wait\n", Shell::Bash.set_up()));
    let shown = shown_before_docglow(&mut terminal);
    assert!(!shown.contains(QUESTION) && !shown.contains("Stopped"), "{shown}");
    assert!(stage.sandbox.state().is_none());
}
