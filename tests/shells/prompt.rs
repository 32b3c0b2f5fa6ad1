//! The hook's own question on a real terminal, asked by the real binary through the shell hook.

use crate::common::sandbox::binary;
use crate::common::trials::trials;
use crate::common::{Invocation, Receiver};
use crate::pty::Terminal;
use crate::script::Stage;
use crate::shell::Shell;
use libtest_mimic::Trial;
use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

pub fn trials() -> Vec<Trial> {
    trials![
        a_yes_is_recorded_and_the_very_command_is_reported needs ["bash", "setsid"],
        a_no_is_recorded_and_docglow_runs needs ["bash", "setsid"],
        it_is_asked_once_in_all_sessions needs ["bash", "setsid"],
        if_a_setting_decides_there_is_no_question_and_no_record needs ["bash", "setsid"],
        in_the_background_nothing_is_asked_and_docglow_runs needs ["bash", "setsid"],
        the_question_names_the_endpoint_of_the_events needs ["bash", "setsid"],
        early_input_belongs_to_the_shell_and_prevents_the_question needs ["bash", "zsh", "setsid"],
        half_a_line_of_early_input_prevents_the_question needs ["bash", "zsh", "setsid"],
    ]
}

const QUESTION: &str = "[y/N]";

/// A stage with the real binary, and a bash to be run on a terminal.
fn stage() -> (Stage, Receiver, Invocation) {
    stage_of(Shell::Bash, &["--noediting", "-i"])
}

fn stage_of(shell: Shell, arguments: &[&str]) -> (Stage, Receiver, Invocation) {
    let stage = Stage::empty(shell);
    stage.install("docglow");
    symlink(binary(), stage.bin().join("docglow-telemetry")).expect("a link to the hook");
    let receiver = Receiver::answering();
    let shell =
        stage.invocation().args(arguments).env("PS1", "> ").env("TERM", "xterm").to(&receiver);
    (stage, receiver, shell)
}

/// A session in which the hook is set up and generate was called.
fn generate(shell: &Invocation) -> Terminal {
    let mut terminal = Terminal::open(shell);
    terminal.type_in(&format!("{}\ndocglow generate\n", Shell::Bash.set_up()));
    terminal
}

/// Waits until docglow has run and the shell is back. Returns the text that was shown before
/// docglow started.
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
        terminal.answer(answer);
        shown_before_docglow(&mut terminal);
        let state = stage.sandbox.state().expect("a state file");
        assert_eq!(state["consent"], "yes", "{answer:?}");
        let payload = receiver.wait_for(1, Duration::from_secs(10))[0].json();
        assert_eq!(payload["instance_id"], state["instance_id"], "{answer:?}");
        assert_eq!(payload["command"], "generate");
    }
}

fn a_no_is_recorded_and_docglow_runs() {
    for answer in ["\n", "n\n", "NO\n"] {
        let (stage, receiver, shell) = stage();
        let mut terminal = generate(&shell);
        terminal.wait_for(QUESTION);
        terminal.answer(answer);
        shown_before_docglow(&mut terminal);
        assert_eq!(stage.sandbox.state().expect("a state file")["consent"], "no", "{answer:?}");
        assert_eq!(receiver.connections(), 0, "{answer:?}");
    }
}

fn it_is_asked_once_in_all_sessions() {
    let (stage, _receiver, shell) = stage();
    let mut terminal = generate(&shell);
    terminal.wait_for(QUESTION);
    terminal.answer("\n");
    shown_before_docglow(&mut terminal);
    terminal.type_in("docglow generate\n");
    assert!(!shown_before_docglow(&mut terminal).contains(QUESTION));
    drop(terminal);
    let recorded = fs::read(stage.sandbox.state_file()).expect("a state file");
    assert!(!shown_before_docglow(&mut generate(&shell)).contains(QUESTION));
    assert_eq!(fs::read(stage.sandbox.state_file()).expect("a state file"), recorded);
}

fn if_a_setting_decides_there_is_no_question_and_no_record() {
    for (name, value) in [
        ("CI", "true"),
        ("TF_BUILD", "True"),
        ("JENKINS_URL", "http://jenkins/"),
        ("TERM", "dumb"),
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

/// A question from the background would stop the job before docglow runs.
fn in_the_background_nothing_is_asked_and_docglow_runs() {
    let (stage, _receiver, shell) = stage();
    let mut terminal = Terminal::open(&shell);
    terminal.type_in(&format!("{}\ndocglow generate & wait\n", Shell::Bash.set_up()));
    let shown = shown_before_docglow(&mut terminal);
    assert!(!shown.contains(QUESTION) && !shown.contains("Stopped"), "{shown}");
    assert!(stage.sandbox.state().is_none());
}

fn the_question_names_the_endpoint_of_the_events() {
    let (_stage, receiver, shell) = stage();
    let shell = shell.env("DOCGLOW_TELEMETRY_ENDPOINT", format!("{}?token=secret", receiver.url()));
    let asked = generate(&shell).wait_for(QUESTION);
    assert!(asked.contains(&format!("It goes to {}", receiver.url())), "{asked}");
    assert!(!asked.contains("secret"), "{asked}");
}

/// Shells with their line editor on and off.
const EDITORS: [(Shell, &[&str]); 4] = [
    (Shell::Bash, &["--noediting", "-i"]),
    (Shell::Bash, &["-i"]),
    (Shell::Zsh, &["-i", "+Z"]),
    (Shell::Zsh, &["-i"]),
];

/// Types the text before the `|` together with generate, and the rest after docglow has run. The
/// shell must get all of it.
#[track_caller]
fn typed_ahead(line: &str) {
    let (ahead, rest) = line.split_once('|').expect("a part typed ahead");
    for (shell, arguments) in EDITORS {
        let (stage, receiver, invocation) = stage_of(shell, arguments);
        let mut terminal = Terminal::open(&invocation);
        terminal.type_in(&format!("{}\necho 're''ady'\n", shell.set_up()));
        terminal.wait_for("ready");
        terminal.type_in(&format!("docglow generate\n{ahead}"));
        let shown = terminal.wait_for("docglow: <generate>");
        assert!(!shown.contains(QUESTION), "{arguments:?}: {shown}");
        terminal.wait_for("docglow's stderr");
        terminal.type_in(rest);
        terminal.wait_for("typed ahead");
        assert!(stage.sandbox.state().is_none(), "{arguments:?}");
        assert_eq!(receiver.connections(), 0);
        // The line was not recorded as an answer.
        terminal.type_in("docglow generate\n");
        terminal.wait_for(QUESTION);
    }
}

fn early_input_belongs_to_the_shell_and_prevents_the_question() {
    typed_ahead("echo 'typed ''ahead'\n|");
    typed_ahead("y\necho 'typed ''ahead'\n|");
}

fn half_a_line_of_early_input_prevents_the_question() {
    typed_ahead("echo 'typed| ''ahead'\n");
}
