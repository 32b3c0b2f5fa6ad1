//! The examples of post-command hooks in hooks/README.md, in the real shells.

use crate::pty::Terminal;
use crate::script::{Stage, Telemetry};
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;
use std::fs;

pub fn trials(shell: Shell) -> Vec<Trial> {
    match shell {
        Shell::Bash | Shell::Zsh | Shell::Fish => promises![shell =>
            a_line_of_plain_words_is_reported_once needs ["setsid"],
            other_lines_are_left_to_docglow needs ["setsid"],
            while_telemetry_is_off_docglow_is_left_alone needs ["setsid"],
        ],
        Shell::Dash | Shell::Busybox => Vec::new(),
    }
}

/// The example for the shell, extracted from the Markdown.
fn example(shell: Shell) -> String {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/hooks/README.md");
    let readme = fs::read_to_string(readme).expect("hooks/README.md");
    let (_, from_example) = readme.split_once(&format!("\n```{}\n", shell.name())).expect("it");
    let (example, _) = from_example.split_once("```\n").expect("its end");
    assert!(example.contains("docglow-telemetry report"), "{example}");
    example.to_owned()
}

/// An interactive shell that has read the example.
fn open(stage: &Stage, telemetry: Telemetry) -> Terminal {
    let file = stage.sandbox.root().join("example");
    fs::write(&file, example(stage.shell)).expect("a file");
    let arguments: &[&str] = match stage.shell {
        Shell::Bash => &["--noediting", "-i"],
        Shell::Zsh => &["-i", "+Z"],
        _ => &["-i"],
    };
    let shell = telemetry.of(stage.invocation().args(arguments).env("PS1", "> "));
    let mut terminal = Terminal::open(&shell);
    enter(&mut terminal, &format!(". '{}'", file.display()));
    terminal
}

/// Types a line and waits until it has ended.
#[track_caller]
fn enter(terminal: &mut Terminal, line: &str) {
    terminal.type_in(&format!("{line}\n"));
    terminal.type_in("echo 'do''ne'\n");
    terminal.wait_for("done");
}

fn export(shell: Shell, name: &str, value: &str) -> String {
    if shell.is_posix() {
        format!("export {name}={value}")
    } else {
        format!("set -gx {name} {value}")
    }
}

fn a_line_of_plain_words_is_reported_once(shell: Shell) {
    let stage = Stage::new(shell);
    let mut terminal = open(&stage, Telemetry::On);
    for (line, status, events) in [
        ("docglow generate --title 'a --static' --slim", "0", 1),
        ("docglow health", "1", 2),
        ("docglow generate", "2", 2),
        ("docglow health --format=json", "0", 3),
    ] {
        enter(&mut terminal, &export(shell, "STUB_STATUS", status));
        enter(&mut terminal, line);
        assert_eq!(stage.events().len(), events, "{line}");
        assert_eq!(stage.calls().last().expect("a call").kill_switch(), Some("1"), "{line}");
    }
    assert_eq!(stage.events(), ["generate success", "health error", "health success"]);
    let requests = stage.receiver.requests();
    let events: Vec<_> = requests.iter().map(|request| request.json()).collect();
    assert_eq!(events[0]["features_used"], serde_json::json!(["column_lineage", "slim"]));
    let milliseconds = events[0]["duration_ms"].as_u64().expect("a number");
    assert!((1..60_000).contains(&milliseconds), "{milliseconds}");
    // Later commands are unchanged.
    enter(&mut terminal, "echo \"[$DOCGLOW_NO_TELEMETRY]\"; docglow init");
    assert_eq!(stage.calls().last().expect("a call").kill_switch(), None);
}

fn other_lines_are_left_to_docglow(shell: Shell) {
    let stage = Stage::new(shell);
    let mut terminal = open(&stage, Telemetry::On);
    for line in [
        "docglow init",
        "docglow generate | cat",
        "docglow generate & wait",
        "docglow generate; true",
        "docglow generate --title $HOME",
        "true && docglow health",
        "DOCGLOW_TELEMETRY=0 docglow generate",
    ] {
        enter(&mut terminal, line);
        assert_eq!(stage.calls().last().expect("a call").kill_switch(), None, "{line}");
    }
    enter(&mut terminal, &export(shell, "DOCGLOW_NO_TELEMETRY", "1"));
    enter(&mut terminal, "docglow generate");
    enter(&mut terminal, "docglow init");
    assert_eq!(stage.calls().last().expect("a call").kill_switch(), Some("1"));
    assert_eq!(stage.events(), [""; 0]);
}

fn while_telemetry_is_off_docglow_is_left_alone(shell: Shell) {
    let stage = Stage::new(shell);
    let mut terminal = open(&stage, Telemetry::Off);
    enter(&mut terminal, "docglow generate");
    assert_eq!(stage.calls()[0].kill_switch(), None);
    assert_eq!(stage.events(), [""; 0]);
    assert_eq!(stage.sandbox.state(), None);
}
