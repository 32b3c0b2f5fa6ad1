//! The user's own docglow, a function or an alias, stays as it is.

use crate::script::Stage;
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;
use std::fs;

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell =>
        a_function_stays,
        an_alias_stays,
        run_in_a_function_or_an_alias_is_reported,
        setting_it_up_twice_changes_nothing,
    ];
    if shell == Shell::Zsh {
        trials.extend(promises![shell => an_autoloaded_function_stays]);
    }
    trials
}

fn function(shell: Shell, body: &str) -> String {
    match shell {
        Shell::Fish => format!("function docglow; {body} $argv; end"),
        _ => format!("docglow() {{ {body} \"$@\"; }}"),
    }
}

fn alias(shell: Shell, text: &str) -> String {
    format!("{}\nalias docglow='{text}'", shell.with_aliases())
}

/// The set-up line, as a file and by `eval`.
fn set_ups(stage: &Stage) -> [String; 2] {
    [stage.source_line(), stage.shell.set_up().to_owned()]
}

/// `own` does the same as without the set-up, whether the set-up comes before or after it.
#[track_caller]
fn assert_stays(stage: &Stage, own: &str, printed: &str) {
    for set_up in set_ups(stage).into_iter().chain([String::new()]) {
        assert_prints(stage, &[own, &set_up], printed);
        assert_prints(stage, &[&set_up, own], printed);
    }
}

#[track_caller]
fn assert_prints(stage: &Stage, start_up: &[&str], printed: &str) {
    let lines = format!("{}\ndocglow generate 'a  b'\necho @status", start_up.join("\n"));
    let out = stage.script(&lines).on().run();
    assert_eq!((out.stdout(), out.stderr()), (printed, ""), "{lines}");
    assert_eq!(stage.events(), [""; 0], "{lines}");
}

fn a_function_stays(shell: Shell) {
    let stage = Stage::new(shell);
    assert_stays(&stage, &function(shell, "echo own"), "own generate a  b\n0\n");
}

fn an_alias_stays(shell: Shell) {
    let stage = Stage::new(shell);
    assert_stays(&stage, &alias(shell, "echo own"), "own generate a  b\n0\n");
    if !shell.is_posix() {
        return;
    }
    // Contains the characters of a function definition.
    let text = "env printf \"%s|\" docglow { \\) \";;\"";
    let printed = "docglow|{|)|;;|generate|a  b|0\n";
    assert_stays(&stage, &alias(shell, text), printed);
}

fn run_in_a_function_or_an_alias_is_reported(shell: Shell) {
    let run = "docglow-telemetry run docglow generate";
    for own in [function(shell, run), alias(shell, run)] {
        let stage = Stage::new(shell);
        for set_up in set_ups(&stage) {
            stage.script(&format!("{own}\n{set_up}\ndocglow --slim")).on().run();
        }
        assert_eq!(stage.events(), ["generate success"; 2], "{own}");
    }
}

fn setting_it_up_twice_changes_nothing(shell: Shell) {
    let stage = Stage::new(shell);
    let set_ups = set_ups(&stage).join("\n");
    let out = stage.script(&format!("{set_ups}\n{set_ups}\ndocglow generate")).on().run();
    assert_eq!((out.stdout(), out.stderr()), ("docglow: <generate>\n", "docglow's stderr\n"));
    assert_eq!(stage.events(), ["generate success"]);
}

fn an_autoloaded_function_stays(shell: Shell) {
    let stage = Stage::new(shell);
    let functions = stage.sandbox.root().join("functions");
    fs::create_dir(&functions).expect("a folder");
    fs::write(functions.join("docglow"), "echo loaded \"$@\"\n").expect("a function");
    let own = format!("fpath=('{}')\nautoload -Uz docglow", functions.display());
    for set_up in set_ups(&stage) {
        assert_prints(&stage, &[&own, &set_up], "loaded generate a  b\n0\n");
    }
}
