//! The shell's settings make no difference.

use crate::common::Invocation;
use crate::common::trials::{tool_path, trials};
use crate::script::{Hook, Stage};
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;
use std::collections::BTreeSet;
use std::fs;

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell => exported_variables_of_other_shells_make_no_difference];
    if shell.is_posix() {
        trials.extend(promises![shell =>
            a_trace_shows_at_most_10_lines,
            aliases_of_all_commands_that_the_hook_uses_make_no_difference,
            options_set_before_the_set_up_make_no_difference,
        ]);
    }
    if shell == Shell::Bash {
        trials.extend(promises![shell =>
            a_debug_trap_sees_one_command,
            without_its_table_of_paths_bash_uses_the_tool,
            in_a_shell_restricted_afterwards_docglow_runs_alone,
        ]);
    }
    trials
}

pub fn trials_of_other_shells() -> Vec<Trial> {
    trials![in_rbash_docglow_runs_alone needs ["rbash"]]
}

fn exported_variables_of_other_shells_make_no_difference(shell: Shell) {
    let stage = Stage::new(shell);
    let mut script = stage.script_with(Hook::With, "docglow generate").on();
    for name in ["BASH_VERSION", "ZSH_VERSION", "KSH_VERSION", "FISH_VERSION", "BASH_SUBSHELL"] {
        if !name.starts_with(&shell.name().to_uppercase()) {
            script = script.env(name, "9.9");
        }
    }
    let out = script.run();
    assert_eq!((out.stdout(), out.stderr()), ("docglow: <generate>\n", "docglow's stderr\n"));
    assert_eq!(stage.events(), ["generate success"]);
}

fn a_trace_shows_at_most_10_lines(shell: Shell) {
    for subcommand in ["generate", "init"] {
        let stage = Stage::new(shell);
        let out = stage.run(&format!("set -x\ndocglow {subcommand}"));
        let traced = out.stderr().lines().filter(|line| line.starts_with('+')).count();
        assert!((2..=10).contains(&traced), "{traced}: {}", out.stderr());
    }
}

/// The commands in the hook file that a backslash protects from aliases, and some others.
fn commands(shell: Shell) -> BTreeSet<String> {
    let text = fs::read_to_string(shell.hook_file()).expect("the hook file");
    let code = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let words =
        code.flat_map(|line| line.split(|c: char| c.is_whitespace() || "();&|{}'\"".contains(c)));
    let quoted = words.filter_map(|word| word.strip_prefix('\\')).filter(|word| !word.is_empty());
    quoted.map(String::from).chain(["printf", "true", "test"].map(String::from)).collect()
}

fn aliases_of_all_commands_that_the_hook_uses_make_no_difference(shell: Shell) {
    let commands = commands(shell);
    for command in ["alias", "command", "eval", "export", "hash", "type", "typeset"] {
        assert!(commands.contains(command), "{command}: {commands:?}");
    }
    // The script itself needs these. A shell parses the whole line before it runs it.
    let ordinary = commands.iter().filter(|command| !["alias", "eval"].contains(&command.as_str()));
    let aliases: String = ordinary
        .map(|command| format!("alias '{command}'='\\echo alias of {command}; \\false'\n"))
        .collect();
    let last = "alias eval='echo alias of eval'; \\alias alias='echo alias of alias'\n";
    let stage = Stage::new(shell);
    let lines = format!(
        "{}\n{aliases}{last}\\{}\n\\docglow generate\nDOCGLOW_NO_TELEMETRY=1 \\docglow init",
        shell.with_aliases(),
        shell.set_up()
    );
    let out = stage.script(&lines).on().run();
    assert_eq!(out.stdout(), "docglow: <generate>\ndocglow: <init>\n");
    assert_eq!(out.stderr(), "docglow's stderr\n".repeat(2));
    assert_eq!(stage.events(), ["generate success"]);
}

fn options_set_before_the_set_up_make_no_difference(shell: Shell) {
    let options: &[&str] = match shell {
        Shell::Bash => &[
            "set -o posix",
            "set -euo pipefail",
            "shopt -s failglob nocasematch extdebug extglob",
            "set -o allexport",
            "set -k",
        ],
        Shell::Zsh => &[
            "setopt force_float csh_junkie_loops",
            "setopt ksh_arrays sh_word_split glob_subst null_glob extended_glob posix_builtins \
             rc_quotes ignore_braces",
            "setopt no_unset err_exit pipefail warn_create_global warn_nested_var \
             no_prompt_percent",
            "emulate sh",
            "emulate ksh",
            "setopt all_export no_bare_glob_qual no_glob no_short_loops posix_identifiers",
        ],
        _ => &["set -eu", "set -a"],
    };
    for options in options {
        for common in ["", "set -f; set -C; IFS=':/ _-0123456789=abcdefghijklmnopqrstuvwxyz'"] {
            let stage = Stage::new(shell);
            let lines = |set_up: &str| {
                format!(
                    "{options}\n{common}\n{set_up}\ndocglow generate --x='*' 'a b'\n\
                     (export DOCGLOW_NO_TELEMETRY=1; docglow serve)\n\
                     docglow health || echo failed\necho \"$IFS\""
                )
            };
            let [with, without] =
                [shell.set_up(), ""].map(|set_up| stage.script(&lines(set_up)).on().run());
            let seen = |out: &crate::common::Outcome| {
                (out.status, out.stdout().to_owned(), out.stderr().to_owned())
            };
            assert_eq!(seen(&with), seen(&without), "{options} {common}");
            assert!(with.stdout().starts_with("docglow: <generate> <--x=*> <a b>\n"), "{with:?}");
            assert_eq!(stage.events(), ["generate success", "health success"], "{options}");
        }
    }
}

fn a_debug_trap_sees_one_command(shell: Shell) {
    let stage = Stage::new(shell);
    let lines = "trap 'echo \"about to run $BASH_COMMAND\"' DEBUG\ndocglow generate\ndocglow init";
    let printed = stage.same_with_and_without(lines);
    assert!(printed.starts_with("about to run docglow generate\n"));
}

fn without_its_table_of_paths_bash_uses_the_tool(shell: Shell) {
    let stage = Stage::new(shell);
    assert_eq!(stage.run("set +h\ndocglow generate").stderr(), "docglow's stderr\n");
    assert_eq!(stage.events(), ["generate success"]);
}

fn in_a_shell_restricted_afterwards_docglow_runs_alone(shell: Shell) {
    let stage = Stage::new(shell);
    let out = stage.run("set -r\ndocglow generate\ndocglow serve\ndocglow init");
    assert_eq!(out.stdout(), "docglow: <generate>\ndocglow: <serve>\ndocglow: <init>\n");
    assert_eq!(out.stderr(), "docglow's stderr\n".repeat(3));
    assert_eq!(stage.events(), [""; 0]);
}

fn in_rbash_docglow_runs_alone() {
    let stage = Stage::new(Shell::Bash);
    let start_up_file = stage.sandbox.root().join("bashrc");
    fs::copy(Shell::Bash.hook_file(), &start_up_file).expect("a start-up file");
    let shell = Invocation { program: tool_path("rbash").expect("rbash"), ..stage.invocation() };
    let shell = Invocation { arguments: vec!["--rcfile".into(), start_up_file.into()], ..shell };
    let out = shell.args(["-i", "-c", "docglow generate; echo $?; cd /"]).on().run();
    assert_eq!(out.stdout(), "docglow: <generate>\n0\n");
    assert!(out.stderr().contains("restricted"), "{out:?}");
    assert!(!out.stderr().contains("/dev/null"), "{out:?}");
}
