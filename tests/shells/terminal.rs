//! Interactive shells in a pseudo-terminal: the prompt, Ctrl-C, Ctrl-Z and the terminal itself.

use crate::pty::{CTRL_C, CTRL_Z, Terminal};
use crate::script::Stage;
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell =>
        every_generate_at_a_terminal_is_preceded_by_the_question needs ["setsid"],
        nothing_else_is_preceded_by_the_question needs ["setsid"],
        docglow_has_the_terminal needs ["setsid"],
        ctrl_c_stops_serve needs ["setsid"],
        a_docglow_that_handles_ctrl_c_is_reported_as_an_error needs ["setsid"],
        a_docglow_that_ctrl_c_ends_is_told_as_that needs ["setsid"],
    ];
    if matches!(shell, Shell::Bash | Shell::Zsh) {
        trials.extend(promises![shell =>
            a_suspended_docglow_goes_on needs ["setsid"],
            ctrl_c_stops_serve_in_a_subshell needs ["setsid"],
        ]);
    }
    trials
}

/// A stage and its shell at a prompt, the hook set up.
fn interactive(shell: Shell) -> (Stage, Terminal) {
    let stage = Stage::new(shell);
    // Without the line editors of bash and zsh, which would wrap and repaint what is typed.
    let arguments: &[&str] = match shell {
        Shell::Bash => &["--noediting", "-i"],
        Shell::Zsh => &["-i", "+Z"],
        _ => &["-i"],
    };
    let invocation = stage.invocation().args(arguments).env("PS1", "> ");
    let mut terminal = Terminal::open(&invocation);
    enter(shell, &mut terminal, shell.set_up());
    (stage, terminal)
}

/// Types a line and waits until it is done; returns its exit status as the shell shows it.
#[track_caller]
fn enter(shell: Shell, terminal: &mut Terminal, line: &str) -> String {
    terminal.type_in(&format!("{line}\n"));
    status(shell, terminal)
}

/// The last exit status: typed with a split word, so that the echo of the typing can't be taken for it.
#[track_caller]
fn status(shell: Shell, terminal: &mut Terminal) -> String {
    terminal.type_in(&format!("echo 'sta''tus='{}';'\n", shell.status()));
    terminal.wait_for("status=");
    terminal.wait_for(";")
}

fn names(stage: &Stage) -> Vec<String> {
    let name = |call: &crate::stubs::Call| match call.arguments.first().map(String::as_str) {
        Some("prompt") => "prompt".to_owned(),
        _ => call.name.clone(),
    };
    stage.calls().iter().map(name).collect()
}

/// Whether it is asked then is the binary's decision.
fn every_generate_at_a_terminal_is_preceded_by_the_question(shell: Shell) {
    let (stage, mut terminal) = interactive(shell);
    assert_eq!(enter(shell, &mut terminal, "docglow health"), "0");
    assert_eq!(names(&stage), ["docglow", "docglow-telemetry"]);
    stage.forget_calls();
    assert_eq!(enter(shell, &mut terminal, "docglow generate --project-dir 'a b'"), "0");
    assert_eq!(names(&stage), ["prompt", "docglow", "docglow-telemetry"]);
    let prompt = &stage.calls()[0];
    assert_eq!(prompt.arguments, ["prompt", "--", "generate", "--project-dir", "a b"]);
    assert!(prompt.at_terminal && prompt.kill_switch().is_none(), "{prompt:?}");
}

fn nothing_else_is_preceded_by_the_question(shell: Shell) {
    let (stage, mut terminal) = interactive(shell);
    for line in
        ["docglow generate </dev/null", "docglow health", "docglow serve --dir /", "docglow init"]
    {
        enter(shell, &mut terminal, line);
        assert!(!names(&stage).contains(&"prompt".to_owned()), "{line}");
    }
}

fn docglow_has_the_terminal(shell: Shell) {
    for subcommand in ["generate", "health", "serve --dir /", "init"] {
        let (stage, mut terminal) = interactive(shell);
        terminal.type_in(&format!("STUB_DOES=ask docglow {subcommand}\n"));
        terminal.wait_for("docglow: <");
        terminal.wait_for("docglow's stderr");
        terminal.type_in("forty two\n");
        terminal.wait_for("answer=forty two");
        assert_eq!(status(shell, &mut terminal), "0");
        assert!(stage.calls_of("docglow")[0].at_terminal, "{subcommand}");
    }
}

fn ctrl_c_stops_serve(shell: Shell) {
    let (stage, mut terminal) = interactive(shell);
    terminal.type_in("STUB_DOES=serve docglow serve --dir /\n");
    terminal.wait_for("serving");
    assert_eq!(names(&stage), ["docglow-telemetry", "docglow"]);
    terminal.type_in(CTRL_C);
    terminal.wait_for("stopped");
    assert_eq!(status(shell, &mut terminal), "0");
    assert_eq!(stage.reports().len(), 1);

    terminal.type_in("STUB_DOES=hang docglow serve --dir /\n");
    terminal.wait_for("working");
    terminal.type_in(CTRL_C);
    assert_eq!(status(shell, &mut terminal), "130");
    assert_eq!(stage.reports().len(), 2);
}

fn ctrl_c_stops_serve_in_a_subshell(shell: Shell) {
    let (_stage, mut terminal) = interactive(shell);
    terminal.type_in("(STUB_DOES=serve docglow serve --dir /; echo 'af''ter')\n");
    terminal.wait_for("serving");
    terminal.type_in(CTRL_C);
    terminal.wait_for("stopped");
    terminal.wait_for("after");
    assert_eq!(status(shell, &mut terminal), "0");
}

fn a_docglow_that_handles_ctrl_c_is_reported_as_an_error(shell: Shell) {
    let (stage, mut terminal) = interactive(shell);
    terminal.type_in("STUB_DOES=abort docglow health\n");
    terminal.wait_for("working");
    terminal.type_in(CTRL_C);
    terminal.wait_for("Aborted");
    assert_eq!(status(shell, &mut terminal), "1");
    let reports = stage.reports();
    assert!(reports.len() == 1 && reports[0].status == "1", "{reports:?}");
}

fn a_docglow_that_ctrl_c_ends_is_told_as_that(shell: Shell) {
    let (stage, mut terminal) = interactive(shell);
    terminal.type_in("STUB_DOES=hang docglow health\n");
    terminal.wait_for("working");
    terminal.type_in(CTRL_C);
    assert_eq!(status(shell, &mut terminal), "130");
    assert!(stage.reports().iter().all(|report| report.status == "130"), "{:?}", stage.calls());
}

fn a_suspended_docglow_goes_on(shell: Shell) {
    let (stage, mut terminal) = interactive(shell);
    terminal.type_in("STUB_DOES=ask docglow health\n");
    terminal.wait_for("docglow's stderr");
    terminal.type_in(CTRL_Z);
    // What is typed before that would still be docglow's.
    terminal.wait_for(if shell == Shell::Bash { "Stopped" } else { "suspended" });
    status(shell, &mut terminal);
    terminal.type_in("fg\nforty two\n");
    terminal.wait_for("answer=forty two");
    assert_eq!(status(shell, &mut terminal), "0");
    let ended =
        |status: &str| status == "0" || status.parse::<u32>().is_ok_and(|status| status > 128);
    assert!(stage.reports().iter().all(|report| ended(&report.status)), "{}", terminal.screen());
}
