//! The function `docglow` copied out of its shell, as in a snapshot of a shell.

use crate::script::{Hook, Stage};
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;

pub fn trials(shell: Shell) -> Vec<Trial> {
    match shell {
        Shell::Bash => {
            promises![shell => an_exported_function_works, a_function_printed_and_read_again_works]
        }
        Shell::Zsh => promises![shell => a_function_printed_and_read_again_works],
        Shell::Fish => promises![shell => a_saved_function_works],
        // These shells cannot print a function.
        Shell::Dash | Shell::Busybox => Vec::new(),
    }
}

/// The function works with and without the tool, even in a strict shell.
#[track_caller]
fn assert_works(shell: Shell, function: &str) {
    for strict in ["", shell.strict()] {
        let stage = Stage::new(shell);
        let lines = format!("{function}\n{strict}\ndocglow generate a\nSTUB_STATUS=3 docglow init");
        for times in [1, 2] {
            let out = stage.script(&lines).on().run();
            assert_eq!(out.stdout(), "docglow: <generate> <a>\ndocglow: <init>\n");
            assert_eq!(out.stderr(), "docglow's stderr\ndocglow's stderr\n");
            assert_eq!((out.status.code(), stage.events().len()), (Some(3), 1), "{times}");
            let _ = std::fs::remove_file(stage.bin().join("docglow-telemetry"));
        }
    }
}

fn a_function_printed_and_read_again_works(shell: Shell) {
    let stage = Stage::new(shell);
    let printed = stage.script_with(Hook::With, "typeset -f docglow").run();
    assert!(printed.stdout().starts_with("docglow ()"), "{printed:?}");
    assert_works(shell, printed.stdout());
}

fn an_exported_function_works(shell: Shell) {
    let stage = Stage::new(shell);
    let inner = "set -eu; docglow generate --static; docglow health || echo failed";
    let out = stage.run(&format!("export -f docglow\nbash -c '{inner}'\n"));
    assert_eq!(out.stdout(), "docglow: <generate> <--static>\ndocglow: <health>\n");
    assert_eq!(stage.events(), ["generate success", "health success"]);
}

fn a_saved_function_works(shell: Shell) {
    let stage = Stage::new(shell);
    stage.run("funcsave --quiet docglow").assert_silent();
    let saved = stage.sandbox.config_home().join("fish/functions/docglow.fish");
    let saved = std::fs::read_to_string(saved).expect("the function");
    assert_works(shell, &saved);
}
