//! Settings of the shell, and shells that the hook is not for, make no difference.

use crate::common::trials::{tool_path, trials};
use crate::common::{Invocation, Outcome};
use crate::script::{Hook, Stage};
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;
use std::collections::BTreeSet;
use std::fs;

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell => a_set_up_line_without_its_quotes_says_so];
    if shell.is_posix() {
        trials.extend(promises![shell =>
            a_trace_shows_at_most_20_lines,
            aliases_of_all_commands_that_the_hook_uses_make_no_difference,
            options_set_before_the_set_up_make_no_difference,
        ]);
    }
    if shell == Shell::Bash {
        trials.extend(promises![shell => a_debug_trap_sees_one_command]);
    }
    trials
}

pub fn trials_of_other_shells() -> Vec<Trial> {
    trials![
        in_a_shell_restricted_afterwards_docglow_runs_and_nothing_else_is_said needs ["bash"],
        in_rbash_docglow_runs_and_nothing_else_is_said needs ["rbash"],
        in_mksh_docglow_runs_and_nothing_else_is_said needs ["mksh"],
        in_ksh_docglow_runs_and_nothing_else_is_said needs ["ksh"],
    ]
}

/// The set-up line without what it begins with: words that the shell's settings may concern.
fn eval_alone(shell: Shell) -> &'static str {
    let line = shell.set_up();
    &line[line.find("eval ").expect("eval in the line")..]
}

fn a_set_up_line_without_its_quotes_says_so(shell: Shell) {
    let stage = Stage::new(shell);
    let line = match shell {
        Shell::Fish => "eval (docglow-telemetry init fish)".to_owned(),
        _ => shell.set_up().replace('"', ""),
    };
    let out = stage.script(&format!("{line}\ndocglow generate")).run();
    assert_eq!(out.stdout(), "docglow: <generate>\n");
    let said: Vec<&str> = out.stderr().lines().collect();
    assert_eq!(said.len(), 2, "{out:?}");
    assert!(
        said[0].starts_with("docglow-telemetry: ")
            && said[0].ends_with("see docglow-telemetry --help"),
        "{out:?}"
    );
}

fn a_trace_shows_at_most_20_lines(shell: Shell) {
    for subcommand in ["generate", "health", "serve", "init"] {
        let stage = Stage::new(shell);
        let out = stage.run(&format!("set -x\ndocglow {subcommand}"));
        let traced = out.stderr().lines().filter(|line| line.starts_with('+')).count();
        assert!((2..=20).contains(&traced), "{traced}: {}", out.stderr());
    }
}

/// Every word of the hook file that stands where a command may.
fn commands(shell: Shell) -> BTreeSet<String> {
    let text = fs::read_to_string(shell.hook_file()).expect("the hook file");
    let code = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let words =
        code.flat_map(|line| line.split(|c: char| c.is_whitespace() || "();&|{}'\"".contains(c)));
    let quoted = words.filter_map(|word| word.strip_prefix('\\')).filter(|word| !word.is_empty());
    quoted.map(String::from).chain(["[", "printf", "true"].map(String::from)).collect()
}

fn aliases_of_all_commands_that_the_hook_uses_make_no_difference(shell: Shell) {
    let commands = commands(shell);
    for command in ["test", "alias", "command", "eval", "exec", "local", "return", "wait", "unset"]
    {
        assert!(commands.contains(command), "{command}: {commands:?}");
    }
    // What the script itself needs comes last, where its line is read whole before it is run.
    let ordinary = commands.iter().filter(|command| !["alias", "eval"].contains(&command.as_str()));
    let aliases: String = ordinary
        .map(|command| format!("alias '{command}'='\\echo alias of {command}; \\false'\n"))
        .collect();
    let last = "alias eval='echo alias of eval'; \\alias alias='echo alias of alias'\n";
    for subcommand in ["generate", "serve", "init"] {
        let stage = Stage::new(shell);
        let set_up = format!("\\{}", eval_alone(shell));
        let lines =
            format!("{}\n{aliases}{last}{set_up}\n\\docglow {subcommand}", shell.with_aliases());
        let out = stage.script(&lines).run();
        assert_eq!(
            (out.stdout(), out.stderr()),
            (&*format!("docglow: <{subcommand}>\n"), "docglow's stderr\n")
        );
        assert_eq!(stage.reports().len(), usize::from(subcommand != "init"), "{subcommand}");
    }
}

fn options_set_before_the_set_up_make_no_difference(shell: Shell) {
    let options: &[&str] = match shell {
        Shell::Bash => &[
            "set -o posix",
            "set -euo pipefail",
            "shopt -s failglob nocasematch extdebug",
            "set -o allexport",
        ],
        Shell::Zsh => &[
            "setopt force_float csh_junkie_quotes csh_junkie_loops",
            "setopt ksh_arrays sh_word_split glob_subst null_glob extended_glob posix_builtins rc_quotes ignore_braces",
            "setopt no_unset err_exit pipefail warn_create_global warn_nested_var no_prompt_percent",
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
                    "{options}\n{common}\n{set_up}\ndocglow generate --x='*' 'a b'\ndocglow serve\n\
                     docglow health || echo failed\necho \"$IFS\""
                )
            };
            let with = stage.script(&lines(shell.set_up())).run();
            assert_eq!(stage.reports().len(), 3, "{options} {common}: {with:?}");
            let generate = &stage.reports()[0];
            assert_eq!(generate.arguments, ["generate", "--x=*", "a b"]);
            assert!(generate.started.parse::<f64>().is_ok(), "{options} {common}: {generate:?}");
            let without = stage.script(&lines("")).run();
            let seen =
                |out: &Outcome| (out.status, out.stdout().to_owned(), out.stderr().to_owned());
            assert_eq!(seen(&with), seen(&without), "{options} {common}");
        }
    }
}

fn a_debug_trap_sees_one_command(shell: Shell) {
    let stage = Stage::new(shell);
    let lines = "trap 'echo \"about to run $BASH_COMMAND\"' DEBUG\ndocglow generate\ndocglow serve\ndocglow init";
    let [with, without] =
        [Hook::With, Hook::Without].map(|hook| stage.script_with(hook, lines).run());
    assert_eq!(with.stdout(), without.stdout());
    assert!(with.stdout().starts_with("about to run docglow generate\n"));
}

/// A script with the hook for other shells set up in it, in a shell that is none of them.
#[track_caller]
fn only_docglow_speaks(other: &str) {
    let stage = Stage::new(Shell::Dash);
    let own = "docglow() { command docglow own \"$@\"; }";
    for own in ["", own, "alias docglow='docglow --alias'"] {
        let [with, without] = [eval_alone(Shell::Dash), ""].map(|set_up| {
            let lines = format!(
                "{own}\n{set_up}\nset +u; docglow generate 'a b'\ndocglow serve\ndocglow init\n"
            );
            let script = stage.script(&lines);
            let program = tool_path(other).expect("the shell");
            Invocation { program, ..script }.env("STUB_STATUS", "3").run()
        });
        assert!(with.stdout().starts_with("docglow: <"), "{own}: {with:?}");
        assert_eq!((with.stdout(), with.stderr()), (without.stdout(), without.stderr()), "{own}");
        assert_eq!(with.status, without.status, "{own}");
    }
}

fn in_a_shell_restricted_afterwards_docglow_runs_and_nothing_else_is_said() {
    let stage = Stage::new(Shell::Bash);
    let out = stage.run("set -r\ndocglow generate\ndocglow serve\ndocglow init");
    assert_eq!(out.stdout(), "docglow: <generate>\ndocglow: <serve>\ndocglow: <init>\n");
    assert_eq!(out.stderr(), "docglow's stderr\n".repeat(3));
}

fn in_rbash_docglow_runs_and_nothing_else_is_said() {
    only_docglow_speaks("rbash");
}

fn in_mksh_docglow_runs_and_nothing_else_is_said() {
    only_docglow_speaks("mksh");
}

fn in_ksh_docglow_runs_and_nothing_else_is_said() {
    only_docglow_speaks("ksh");
}
