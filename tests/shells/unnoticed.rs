//! The hook takes nothing of the user's: names, options, processes, output.

use crate::common::trials::tool_path;
use crate::script::{Hook, Stage};
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;
use std::collections::BTreeSet;

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell =>
        setting_it_up_prints_nothing_and_needs_no_program,
        setting_it_up_starts_no_process needs ["strace"],
        reporting_needs_no_program_but_docglow_and_the_hook,
        no_name_of_the_users_is_taken,
    ];
    if shell.is_posix() {
        trials.extend(promises![shell => options_are_as_before]);
    }
    if matches!(shell, Shell::Bash | Shell::Zsh) {
        trials.extend(promises![shell => the_last_argument_is_as_before]);
    }
    trials
}

fn setting_it_up_prints_nothing_and_needs_no_program(shell: Shell) {
    let stage = Stage::empty(shell);
    let out = stage
        .script(&format!("{}\n{}", shell.strict(), stage.source_line()))
        .env("PATH", "/nonexistent")
        .run();
    out.assert_silent();
    let stage = Stage::new(shell);
    stage.script(&format!("{}\n{}", shell.strict(), shell.set_up())).run().assert_silent();
}

fn setting_it_up_starts_no_process(shell: Shell) {
    let stage = Stage::empty(shell);
    let [with, without] = [stage.source_line(), String::new()].map(|line| {
        let shell = stage.script(&format!("{line}\n:"));
        let mut traced = shell.clone();
        traced.program = tool_path("strace").expect("strace");
        let trace = stage.sandbox.root().join("trace");
        traced.arguments = ["-f", "-qq", "-e", "trace=execve", "-o"].map(Into::into).to_vec();
        traced.arguments.extend([trace.clone().into(), shell.program.into()]);
        traced.arguments.extend(shell.arguments);
        traced.run().assert_silent();
        std::fs::read_to_string(trace).expect("strace's log").matches("execve(").count()
    });
    assert_eq!(with, without);
}

fn reporting_needs_no_program_but_docglow_and_the_hook(shell: Shell) {
    let stage = Stage::new(shell);
    let out = stage
        .script(&format!("{}\ndocglow generate\ndocglow serve --dir /", stage.source_line()))
        .env("PATH", stage.bin())
        .run();
    assert_eq!(out.stderr(), "docglow's stderr\ndocglow's stderr\n");
    let [generate, _] = &stage.reports()[..] else { panic!("two reports: {:?}", stage.calls()) };
    assert!(generate.started.contains('.'), "{generate:?}");
}

fn no_name_of_the_users_is_taken(shell: Shell) {
    let stage = Stage::new(shell);
    let list = match shell {
        Shell::Bash => "compgen -A variable; compgen -A function; compgen -A alias",
        Shell::Zsh => "print -l ${(k)parameters} ${(k)functions} ${(k)aliases}",
        // busybox lists its clock once it was read.
        Shell::Busybox => {
            ": $EPOCHREALTIME; set | while IFS='=' read -r name rest; do echo \"$name\"; done"
        }
        Shell::Dash => "set | while IFS='=' read -r name rest; do echo \"$name\"; done",
        Shell::Fish => "set --names; functions --all --names",
    };
    // Whatever the listing itself or the first command brings along is there without the hook too.
    let lines =
        format!("docglow generate >/dev/null 2>&1\ndocglow serve --dir / >/dev/null 2>&1\n{list}");
    let [with, without] = [Hook::With, Hook::Without].map(|hook| {
        let out = stage.script_with(hook, &lines).run();
        out.stdout()
            .lines()
            .flat_map(|line| line.split(", "))
            .map(String::from)
            .collect::<BTreeSet<_>>()
    });
    let taken: Vec<&String> = with
        .difference(&without)
        .filter(|name| *name != "docglow" && !name.starts_with("__docglow_"))
        .collect();
    assert_eq!(taken, Vec::<&String>::new());
    assert!(without.contains("PATH"), "{without:?}");
}

fn options_are_as_before(shell: Shell) {
    let stage = Stage::new(shell);
    let list = match shell {
        Shell::Bash => "set +o; shopt -p; alias; trap",
        Shell::Zsh => "setopt; alias; trap",
        _ => "set -o; alias; trap",
    };
    let lines = format!(
        "{}\ntrap 'echo x' USR1\ndocglow generate\ndocglow health\ndocglow serve --dir /\n{list}",
        shell.strict()
    );
    let [with, without] =
        [Hook::With, Hook::Without].map(|hook| stage.script_with(hook, &lines).run());
    assert_eq!(with.stdout(), without.stdout());
    assert!(with.stdout().lines().count() > 5, "{with:?}");
}

fn the_last_argument_is_as_before(shell: Shell) {
    let stage = Stage::new(shell);
    for line in ["docglow generate --slim", "docglow init x"] {
        let [with, without] = [Hook::With, Hook::Without].map(|hook| {
            stage.script_with(hook, &format!("{line}\necho \"$_\"")).run().stdout().to_owned()
        });
        assert_eq!(with, without);
    }
}
