//! docglow behaves the same with and without the hook, while telemetry is off and while it is on.

use crate::script::{Hook, OFF_AND_ON, Stage};
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell =>
        arguments_reach_docglow_as_they_are,
        output_and_exit_status_are_those_of_docglow,
        docglow_in_a_pipeline_and_a_substitution_works,
        docglow_sees_the_same_environment_except_for_the_kill_switch,
        a_variable_in_front_of_docglow_is_for_that_call_alone,
        if_docglow_is_missing_the_status_is_127_and_the_message_names_it,
    ];
    if shell.is_posix() {
        trials.extend(promises![shell =>
            a_failing_docglow_ends_a_strict_script,
            strict_options_and_an_odd_ifs_change_nothing,
            traps_run_as_before,
            subshells_are_as_before,
        ]);
    }
    trials
}

const COMMANDS: [&str; 4] = ["generate", "health", "serve", "init"];

fn arguments_reach_docglow_as_they_are(shell: Shell) {
    let odd = r#"'two words' '' '*' 'a"b' '$HOME' '\n' "it's" '
' --x=' = ' -- -e --wait '~' '[a-z]' '{a,b}' ' ' ''"#;
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
        "--wait",
        "~",
        "[a-z]",
        "{a,b}",
        " ",
        "",
    ];
    for subcommand in COMMANDS.into_iter().chain([""]) {
        let stage = Stage::new(shell);
        stage.run(&format!("docglow '{subcommand}' {odd}"));
        let calls = stage.calls();
        assert_eq!(calls[0].arguments[0], subcommand);
        assert_eq!(calls[0].arguments[1..], expected, "{subcommand}");
        assert_eq!(calls.len(), 1);
    }
}

fn output_and_exit_status_are_those_of_docglow(shell: Shell) {
    let stage = Stage::new(shell);
    for subcommand in COMMANDS {
        for status in [0, 1, 2, 77, 126, 127, 130, 255] {
            let line = format!("STUB_STATUS={status} docglow {subcommand}");
            let out = stage.same_with_and_without(&format!("{line}\necho status=@status"));
            assert_eq!(out, format!("docglow: <{subcommand}>\nstdin\nstatus={status}\n"));
            stage.same_with_and_without(&line);
        }
    }
}

fn docglow_in_a_pipeline_and_a_substitution_works(shell: Shell) {
    let stage = Stage::new(shell);
    let out = stage.same_with_and_without("echo piped | docglow health | cat");
    assert_eq!(out, "docglow: <health>\npiped\n");
    let substitution = if shell.is_posix() {
        r#"x="$(docglow generate a)"; echo "[$x]""#
    } else {
        "set x (docglow generate a); echo \"[$x]\""
    };
    let out = stage.same_with_and_without(substitution);
    assert!(out.starts_with("[docglow: <generate> <a>"), "{out}");
}

fn docglow_sees_the_same_environment_except_for_the_kill_switch(shell: Shell) {
    let stage = Stage::new(shell);
    for telemetry in OFF_AND_ON {
        for subcommand in COMMANDS {
            let lines = format!("docglow {subcommand}");
            for hook in [Hook::With, Hook::Without] {
                telemetry.of(stage.script_with(hook, &lines)).env("KEPT", "a b").run();
            }
            let mut calls = stage.calls();
            for call in &mut calls {
                call.environment.remove("_"); // the shell's own
            }
            let [.., with, without] = &mut calls[..] else { panic!("two calls: {calls:?}") };
            let switch = with.environment.remove("DOCGLOW_NO_TELEMETRY");
            let silenced = without.environment.contains_key("DOCGLOW_TELEMETRY")
                && ["generate", "health"].contains(&subcommand);
            assert_eq!(switch.as_deref(), silenced.then_some("1"), "{subcommand}");
            assert_eq!(with.environment, without.environment, "{subcommand}");
        }
    }
}

fn a_variable_in_front_of_docglow_is_for_that_call_alone(shell: Shell) {
    for name in ["FRONT", "DOCGLOW_NO_TELEMETRY", "DOCGLOW_TELEMETRY"] {
        for value in ["0", "1"] {
            let stage = Stage::new(shell);
            let stage_without_variables = stage.script_with(
                Hook::With,
                &format!("{name}={value} docglow health\necho \"[${name}]\"\ndocglow health"),
            );
            let out = stage_without_variables.run();
            assert_eq!(out.stdout(), "docglow: <health>\n[]\ndocglow: <health>\n", "{out:?}");
            let seen: Vec<_> =
                stage.calls().iter().map(|call| call.environment.get(name).cloned()).collect();
            assert_eq!(seen, [Some(value.to_owned()), None], "{name}");
        }
    }
}

fn if_docglow_is_missing_the_status_is_127_and_the_message_names_it(shell: Shell) {
    let stage = Stage::empty(shell);
    stage.install("docglow-telemetry");
    for subcommand in COMMANDS {
        let out = stage.run(&format!("docglow {subcommand}\necho status=@status"));
        assert_eq!(out.stdout(), "status=127\n");
        assert!(out.stderr().contains("docglow") && out.stderr().lines().count() == 1, "{out:?}");
    }
    assert_eq!(stage.events(), [""; 0]);
}

fn a_failing_docglow_ends_a_strict_script(shell: Shell) {
    let stage = Stage::new(shell);
    for subcommand in COMMANDS {
        let lines =
            format!("{}\nSTUB_STATUS=4 docglow {subcommand}\necho not reached", shell.strict());
        assert!(!stage.same_with_and_without(&lines).contains("not reached"));
        let lines = format!(
            "{}\nif STUB_STATUS=4 docglow {subcommand}; then :; fi\n\
             STUB_STATUS=4 docglow {subcommand} || echo failed",
            shell.strict()
        );
        assert!(stage.same_with_and_without(&lines).contains("failed"));
    }
}

fn strict_options_and_an_odd_ifs_change_nothing(shell: Shell) {
    let stage = Stage::new(shell);
    let more = match shell {
        Shell::Bash => "set -o posix; set -m; shopt -s failglob nocasematch",
        Shell::Zsh => {
            "setopt ksh_arrays sh_word_split glob_subst null_glob extended_glob posix_builtins \
             no_prompt_percent rc_quotes"
        }
        _ => ":",
    };
    let lines = format!(
        "{}\n{more}\nset -f; set -C\nIFS=':/ _-0123456789'\n\
         docglow generate --target-dir='*' --slim\ndocglow health\necho \"$IFS\"",
        shell.strict()
    );
    stage.same_with_and_without(&lines);
    assert_eq!(stage.events(), ["generate success", "health success"]);
}

fn traps_run_as_before(shell: Shell) {
    let stage = Stage::new(shell);
    let error_trap = match shell {
        Shell::Bash => "trap 'echo error trap' ERR",
        Shell::Zsh => "trap 'echo error trap' ZERR",
        _ => ":",
    };
    let lines = format!(
        "trap 'echo exit trap' EXIT\n{error_trap}\ndocglow generate\n\
         STUB_STATUS=3 docglow health\ndocglow serve\nexit 5"
    );
    assert!(stage.same_with_and_without(&lines).ends_with("exit trap\n"));
}

fn subshells_are_as_before(shell: Shell) {
    let stage = Stage::new(shell);
    for lines in [
        "(docglow serve; echo after=$?)\n(docglow serve)\necho after=$?",
        "x=\"$(docglow serve)\"; echo \"$? [$x]\"",
        "(trap 'echo exit trap' EXIT; docglow health)",
        "(STUB_STATUS=3 docglow serve && echo not reached) || echo failed",
        "(set -e; STUB_STATUS=3 docglow serve; echo not reached)\necho after=$?",
        "docglow health & wait $!; echo after=$?",
    ] {
        stage.same_with_and_without(lines);
    }
}
