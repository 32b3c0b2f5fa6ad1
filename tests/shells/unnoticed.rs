//! The hook changes no names, options, processes or output of the user's.

use crate::script::{Hook, Stage};
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;
use std::collections::BTreeSet;
use std::ffi::OsStr;

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell =>
        setting_it_up_prints_nothing_and_needs_no_program,
        setting_it_up_starts_no_program needs ["strace"],
        no_name_but_docglow_is_taken,
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
    let lines = format!("{}\n{}", shell.strict(), stage.source_line());
    stage.script(&lines).env("PATH", "/nonexistent").run().assert_silent();
    let stage = Stage::new(shell);
    stage.script(&format!("{}\n{}", shell.strict(), shell.set_up())).run().assert_silent();
}

fn setting_it_up_starts_no_program(shell: Shell) {
    let stage = Stage::empty(shell);
    let [with, without] = [stage.source_line(), String::new()].map(|line| {
        let trace = stage.sandbox.root().join("trace");
        let processes = ["-f", "-qq", "-e", "trace=execve,clone,clone3,fork,vfork", "-o"];
        let options = processes.map(OsStr::new).into_iter().chain([trace.as_os_str()]);
        stage.script(&format!("{line}\n:")).under("strace", options).run().assert_silent();
        let trace = std::fs::read_to_string(trace).expect("strace's log");
        let calls = |name: &str| trace.matches(name).count();
        (calls("execve("), calls("clone") + calls("fork("))
    });
    assert_eq!(with.0, without.0);
    // dash and busybox start a process to distinguish a function from a command.
    let allowed = usize::from(matches!(shell, Shell::Dash | Shell::Busybox));
    assert!(with.1 <= without.1 + allowed, "{with:?} {without:?}");
}

fn no_name_but_docglow_is_taken(shell: Shell) {
    let stage = Stage::new(shell);
    let list = match shell {
        Shell::Bash => "compgen -A variable; compgen -A function; compgen -A alias",
        Shell::Zsh => "print -l ${(k)parameters} ${(k)functions} ${(k)aliases}",
        Shell::Dash | Shell::Busybox => {
            "set | while IFS='=' read -r name rest; do echo \"$name\"; done"
        }
        Shell::Fish => "set --names; functions --all --names",
    };
    // The first command of a shell may define variables, too.
    let lines = format!("docglow generate >/dev/null 2>&1\n{list}");
    let [with, without] = [Hook::With, Hook::Without].map(|hook| {
        let out = stage.script_with(hook, &lines).run();
        let names = out.stdout().lines().flat_map(|line| line.split(", "));
        names.map(String::from).collect::<BTreeSet<_>>()
    });
    let taken: Vec<&String> = with.difference(&without).collect();
    assert!(taken.iter().all(|name| *name == "docglow"), "{taken:?}");
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
        "{}\ntrap 'echo x' USR1\ndocglow generate\nDOCGLOW_NO_TELEMETRY=1 docglow health\n{list}",
        shell.strict()
    );
    assert!(stage.same_with_and_without(&lines).lines().count() > 5);
}

fn the_last_argument_is_as_before(shell: Shell) {
    let stage = Stage::new(shell);
    for line in ["docglow generate --slim", "docglow init x"] {
        stage.same_with_and_without(&format!("{line}\necho \"$_\""));
    }
}
