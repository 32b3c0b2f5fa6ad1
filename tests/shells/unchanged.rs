//! With the hook docglow does what it did before: arguments, streams, exit status, aliases, errors of the shell.

use crate::script::{Hook, Stage};
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell =>
        arguments_reach_docglow_as_they_are,
        output_and_exit_status_are_those_of_docglow,
        stdin_reaches_docglow,
        docglow_in_a_pipeline_and_a_substitution_works,
        docglow_sees_the_same_environment_but_for_the_kill_switch,
        a_variable_in_front_of_docglow_reaches_docglow_and_the_hook,
        other_subcommands_pass_through,
        a_missing_docglow_is_the_shells_own_error,
        a_missing_hook_leaves_docglow_alone,
    ];
    if shell.is_posix() {
        trials.extend(promises![shell =>
            a_failing_docglow_ends_a_strict_script,
            strict_options_and_a_strange_ifs_change_nothing,
            traps_run_as_before,
        ]);
    }
    if matches!(shell, Shell::Bash | Shell::Zsh) {
        trials.extend(promises![shell => the_command_not_found_handler_is_still_called]);
    }
    trials
}

/// Runs the lines with the hook and without it and asks for the same status, stdout and stderr; returns stdout.
#[track_caller]
fn same_with_and_without(stage: &Stage, lines: &str) -> String {
    let [with, without] = [Hook::With, Hook::Without]
        .map(|hook| stage.script_with(hook, lines).env("STUB_DOES", "read").stdin("stdin\n").run());
    assert_eq!(
        (with.status, with.stdout(), with.stderr()),
        (without.status, without.stdout(), without.stderr()),
        "{lines}"
    );
    with.stdout().to_owned()
}

fn arguments_reach_docglow_as_they_are(shell: Shell) {
    let odd = r#"'two words' '' '*' 'a"b' '$HOME' '\n' "it's" '
' --x=' = ' -- -e '~' '[a-z]' '{a,b}' ' ' ''"#;
    let expected = [
        "two words",
        "",
        "*",
        "a\"b",
        "$HOME",
        "\\n",
        "it's",
        "\n",
        "--x= = ",
        "--",
        "-e",
        "~",
        "[a-z]",
        "{a,b}",
        " ",
        "",
    ];
    for subcommand in ["generate", "health", "serve", "init", ""] {
        let stage = Stage::new(shell);
        stage.run(&format!("docglow '{subcommand}' {odd}"));
        let calls = stage.calls_of("docglow");
        assert_eq!(calls[0].arguments[0], subcommand);
        assert_eq!(calls[0].arguments[1..], expected, "{subcommand}");
        assert_eq!(calls.len(), 1);
    }
}

fn output_and_exit_status_are_those_of_docglow(shell: Shell) {
    let stage = Stage::new(shell);
    for subcommand in ["generate", "health", "serve", "init"] {
        for status in [0, 1, 2, 3, 77, 126, 127, 130, 255] {
            let out = same_with_and_without(
                &stage,
                &format!("STUB_STATUS={status} docglow {subcommand}\necho status=@status"),
            );
            assert!(out.ends_with(&format!("status={status}\n")), "{out}");
            same_with_and_without(&stage, &format!("STUB_STATUS={status} docglow {subcommand}"));
        }
    }
}

fn stdin_reaches_docglow(shell: Shell) {
    let stage = Stage::new(shell);
    for subcommand in ["generate", "health", "serve", "init"] {
        let out = same_with_and_without(&stage, &format!("docglow {subcommand}"));
        assert_eq!(out, format!("docglow: <{subcommand}>\nstdin\n"));
    }
}

fn docglow_in_a_pipeline_and_a_substitution_works(shell: Shell) {
    let stage = Stage::new(shell);
    let out = same_with_and_without(&stage, "echo piped | docglow health | cat");
    assert_eq!(out, "docglow: <health>\npiped\n");
    let substitution = if shell.is_posix() {
        r#"x="$(docglow generate a)"; echo "[$x]""#
    } else {
        "set x (docglow generate a); echo \"[$x]\""
    };
    let out = same_with_and_without(&stage, substitution);
    assert!(out.starts_with("[docglow: <generate> <a>"), "{out}");
    assert_eq!(stage.reports().len(), 2);
}

fn docglow_sees_the_same_environment_but_for_the_kill_switch(shell: Shell) {
    let stage = Stage::new(shell);
    for subcommand in ["generate", "health", "serve", "init"] {
        stage.forget_calls();
        for hook in [Hook::With, Hook::Without] {
            stage.script_with(hook, &format!("docglow {subcommand}")).env("KEPT", "a b").run();
        }
        let mut calls = stage.calls_of("docglow");
        for call in &mut calls {
            call.environment.remove("_"); // the shells' own; zsh counts the words of the function in it
        }
        let [with, without] = &mut calls[..] else { panic!("two calls: {calls:?}") };
        let switch = with.environment.remove("DOCGLOW_NO_TELEMETRY");
        assert_eq!(switch.as_deref(), (subcommand != "init").then_some("1"), "{subcommand}");
        assert_eq!(with.environment, without.environment, "{subcommand}");
    }
}

fn a_variable_in_front_of_docglow_reaches_docglow_and_the_hook(shell: Shell) {
    let stage = Stage::new(shell);
    let after = if shell.is_posix() { "echo \"[${FRONT-unset}]\"" } else { "echo \"[$FRONT]\"" };
    let out = stage.run(&format!("FRONT=1 docglow health\n{after}"));
    assert_eq!(stage.calls().len(), 2);
    for call in stage.calls() {
        assert_eq!(call.environment.get("FRONT").map(String::as_str), Some("1"), "{call:?}");
    }
    let unset = if shell.is_posix() { "[unset]\n" } else { "[]\n" };
    assert!(out.stdout().ends_with(unset), "{out:?}");
}

fn other_subcommands_pass_through(shell: Shell) {
    for line in [
        "",
        "init",
        "publish --target-dir x",
        "telemetry status",
        "profile generate",
        "--version",
        "--help generate",
        "generated",
        "Generate",
        "'generate '",
    ] {
        let stage = Stage::new(shell);
        same_with_and_without(&stage, &format!("docglow {line}"));
        for call in stage.calls() {
            assert_eq!((call.name.as_str(), call.kill_switch()), ("docglow", None), "{line}");
        }
    }
}

fn a_missing_docglow_is_the_shells_own_error(shell: Shell) {
    let stage = Stage::empty(shell);
    stage.install("docglow-telemetry");
    for subcommand in ["generate", "health", "serve", "init"] {
        let out = stage.run(&format!("docglow {subcommand}\necho status=@status"));
        assert_eq!(out.stdout(), "status=127\n");
        let error = out.stderr().to_lowercase();
        assert!(
            error.contains("docglow")
                && (error.contains("not found") || error.contains("unknown command")),
            "{error}"
        );
    }
    // Whether there is a docglow is for the binary to see.
    assert!(stage.reports().iter().all(|report| report.docglow == "docglow"));
}

fn a_missing_hook_leaves_docglow_alone(shell: Shell) {
    let stage = Stage::empty(shell);
    stage.install("docglow");
    for subcommand in ["generate", "health", "serve"] {
        let out = stage
            .script(&format!("{}\ndocglow {subcommand} --static", stage.source_line()))
            .env("STUB_STATUS", "3")
            .run();
        assert_eq!(out.stdout(), format!("docglow: <{subcommand}> <--static>\n"));
        assert_eq!((out.stderr(), out.status.code()), ("docglow's stderr\n", Some(3)));
    }
    assert!(stage.calls().iter().all(|call| call.kill_switch().is_none()));
}

fn a_failing_docglow_ends_a_strict_script(shell: Shell) {
    let stage = Stage::new(shell);
    for subcommand in ["generate", "health", "serve", "init"] {
        let lines =
            format!("{}\nSTUB_STATUS=4 docglow {subcommand}\necho not reached", shell.strict());
        assert!(!same_with_and_without(&stage, &lines).contains("not reached"));
        let lines = format!(
            "{}\nif STUB_STATUS=4 docglow {subcommand}; then :; fi\nSTUB_STATUS=4 docglow {subcommand} || echo failed",
            shell.strict()
        );
        assert!(same_with_and_without(&stage, &lines).contains("failed"));
    }
}

fn strict_options_and_a_strange_ifs_change_nothing(shell: Shell) {
    let stage = Stage::new(shell);
    let more = match shell {
        Shell::Bash => "set -o posix; set -m; shopt -s failglob nocasematch",
        Shell::Zsh => {
            "setopt ksh_arrays sh_word_split glob_subst null_glob extended_glob posix_builtins no_prompt_percent rc_quotes"
        }
        _ => ":",
    };
    let lines = format!(
        "{}\n{more}\nset -f; set -C\nIFS=':/ _-0123456789'\ndocglow generate --target-dir='*' --slim\ndocglow health\necho \"$IFS\"",
        shell.strict()
    );
    same_with_and_without(&stage, &lines);
    let [first, _] = &stage.reports()[..] else { panic!("two reports: {:?}", stage.calls()) };
    assert_eq!(first.arguments, ["generate", "--target-dir=*", "--slim"]);
    assert!(first.started.parse::<f64>().is_ok(), "{first:?}");
}

fn traps_run_as_before(shell: Shell) {
    let stage = Stage::new(shell);
    let error_trap = match shell {
        Shell::Bash => "set -E; trap 'echo error trap' ERR",
        Shell::Zsh => "trap 'echo error trap' ZERR",
        _ => ":",
    };
    let lines = format!(
        "trap 'echo exit trap' EXIT\n{error_trap}\ndocglow generate\nSTUB_STATUS=3 docglow health\ndocglow serve\nexit 5"
    );
    assert!(same_with_and_without(&stage, &lines).ends_with("exit trap\n"));
}

fn the_command_not_found_handler_is_still_called(shell: Shell) {
    let stage = Stage::empty(shell);
    stage.install("docglow-telemetry");
    let name =
        if shell == Shell::Bash { "command_not_found_handle" } else { "command_not_found_handler" };
    let lines = format!(
        "{name}() {{ echo \"handled $*\"; return 9; }}\ndocglow generate a\necho status=@status"
    );
    assert_eq!(same_with_and_without(&stage, &lines), "handled docglow generate a\nstatus=9\n");
}
