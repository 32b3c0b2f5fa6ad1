//! The function `docglow` without the rest of the hook, as a snapshot of a shell takes it: docglow runs.

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
        Shell::Dash | Shell::Busybox => Vec::new(),
    }
}

/// The same as docglow on its own, in strict shells too.
#[track_caller]
fn runs_docglow(stage: &Stage, function: &str) {
    for strict in ["", stage.shell.strict()] {
        for subcommand in ["generate --static", "serve --dir /", "init", ""] {
            for status in [0, 3] {
                let lines = format!("{strict}\ndocglow {subcommand}\necho @status");
                let [with, without] = [function, ""].map(|function| {
                    stage
                        .script(&format!("{function}\n{lines}"))
                        .env("STUB_STATUS", status.to_string())
                        .run()
                });
                assert!(with.stdout().starts_with("docglow:"), "{strict} {subcommand}: {with:?}");
                assert_eq!(
                    (with.stdout(), with.stderr()),
                    (without.stdout(), without.stderr()),
                    "{strict} {subcommand}"
                );
                assert_eq!(with.status, without.status, "{strict} {subcommand}");
            }
        }
    }
}

fn a_function_printed_and_read_again_works(shell: Shell) {
    let stage = Stage::new(shell);
    for own in ["", "docglow() { command docglow \"$@\"; }"] {
        let printed = stage.script(&format!("{own}\n{}\ntypeset -f docglow", shell.set_up())).run();
        assert!(printed.stdout().starts_with("docglow ()"), "{printed:?}");
        runs_docglow(&stage, printed.stdout());
    }
}

fn an_exported_function_works(shell: Shell) {
    let stage = Stage::new(shell);
    let inner = "set -eu; docglow generate --static; docglow health || echo failed";
    let out =
        stage.script_with(Hook::With, &format!("export -f docglow\nbash -c '{inner}'\n")).run();
    assert_eq!(out.stdout(), "docglow: <generate> <--static>\ndocglow: <health>\n");
    assert_eq!(out.stderr(), "docglow's stderr\ndocglow's stderr\n");
}

fn a_saved_function_works(shell: Shell) {
    let stage = Stage::new(shell);
    stage.run("funcsave --quiet docglow").assert_silent();
    runs_docglow(
        &stage,
        "set fish_function_path $XDG_CONFIG_HOME/fish/functions $fish_function_path",
    );
    // Set up where it was saved, the hook knows it for its own.
    stage.forget_calls();
    let lines = format!(
        "set fish_function_path $XDG_CONFIG_HOME/fish/functions $fish_function_path\n{}\ndocglow health",
        shell.set_up()
    );
    assert_eq!(stage.script(&lines).run().stdout(), "docglow: <health>\n");
    assert_eq!(stage.reports().len(), 1);
}
