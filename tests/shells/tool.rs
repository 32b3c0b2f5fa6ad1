//! docglow-telemetry is looked up when docglow is called, not when the shell starts.

use crate::common::Outcome;
use crate::script::Stage;
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell =>
        without_the_tool_docglow_runs_alone,
        a_tool_that_is_installed_while_the_shell_is_open_is_used,
        a_tool_that_is_moved_while_the_shell_is_open_is_used,
        if_the_tool_is_removed_while_the_shell_is_open_docglow_runs_alone,
    ];
    if shell.is_posix() {
        trials.extend(promises![shell => an_alias_of_the_tool_is_used]);
    }
    trials
}

/// Runs the lines after the hook file, which does not need the tool. `elsewhere` comes after `bin`
/// on PATH.
fn run(stage: &Stage, lines: &str) -> Outcome {
    let elsewhere = stage.sandbox.root().join("elsewhere");
    std::fs::create_dir(&elsewhere).expect("a folder");
    let bin = stage.bin();
    let path = format!("{}:{}:/usr/bin:/bin", bin.display(), elsewhere.display());
    let script = stage.script(&format!("{}\n{lines}", stage.source_line()));
    script.env("PATH", path).env("BIN", bin).env("ELSEWHERE", elsewhere).on().run()
}

/// Checks that docglow ran this often and nothing else was printed. Returns whether each call saw
/// the kill switch.
#[track_caller]
fn kill_switches(stage: &Stage, outcome: &Outcome, times: usize) -> Vec<bool> {
    assert_eq!(outcome.stdout(), "docglow: <health>\n".repeat(times), "{outcome:?}");
    assert_eq!(outcome.stderr(), "docglow's stderr\n".repeat(times));
    stage.calls().iter().map(|call| call.kill_switch() == Some("1")).collect()
}

fn without_the_tool_docglow_runs_alone(shell: Shell) {
    let stage = Stage::empty(shell);
    stage.install("docglow");
    let out = run(&stage, "docglow health\nSTUB_STATUS=3 docglow health");
    assert_eq!(kill_switches(&stage, &out, 2), [false, false]);
    assert_eq!(out.status.code(), Some(3));
}

fn a_tool_that_is_installed_while_the_shell_is_open_is_used(shell: Shell) {
    let stage = Stage::new(shell);
    let lines = "mv \"$BIN/docglow-telemetry\" \"$BIN/later\"\ndocglow health\n\
                 mv \"$BIN/later\" \"$BIN/docglow-telemetry\"\ndocglow health";
    let out = run(&stage, lines);
    assert_eq!(kill_switches(&stage, &out, 2), [false, true]);
    assert_eq!(stage.events(), ["health success"]);
}

fn a_tool_that_is_moved_while_the_shell_is_open_is_used(shell: Shell) {
    let stage = Stage::new(shell);
    let lines = "docglow health\nmv \"$BIN/docglow-telemetry\" \"$ELSEWHERE\"\ndocglow health\n\
                 mv \"$ELSEWHERE/docglow-telemetry\" \"$BIN\"\ndocglow health";
    let out = run(&stage, lines);
    assert_eq!(kill_switches(&stage, &out, 3), [true; 3]);
    assert_eq!(stage.events().len(), 3);
}

fn if_the_tool_is_removed_while_the_shell_is_open_docglow_runs_alone(shell: Shell) {
    let stage = Stage::new(shell);
    let out = run(
        &stage,
        "docglow health\nrm \"$BIN/docglow-telemetry\"\ndocglow health\ndocglow health",
    );
    assert_eq!(kill_switches(&stage, &out, 3), [true, false, false]);
    assert_eq!(stage.events(), ["health success"]);
}

fn an_alias_of_the_tool_is_used(shell: Shell) {
    let stage = Stage::new(shell);
    let tool = stage.sandbox.root().join("tool");
    std::fs::rename(stage.bin().join("docglow-telemetry"), &tool).expect("the tool");
    let alias = format!("alias docglow-telemetry='\"{}\"'", tool.display());
    let lines = [shell.with_aliases(), &alias, &stage.source_line(), "docglow health"];
    let out = stage.script(&lines.join("\n")).on().run();
    assert_eq!(kill_switches(&stage, &out, 1), [true]);
    assert_eq!(stage.events(), ["health success"]);
}
