//! Job control of interactive shells in a pseudo-terminal: the same with and without the hook.

use crate::common::process::wait_until;
use crate::pty::{CTRL_C, Terminal};
use crate::script::{Hook, Stage, Telemetry};
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell =>
        docglow_has_the_terminal needs ["setsid"],
        ctrl_c_ends_docglow_as_docglow_wants needs ["setsid"],
        ctrl_z_stops_docglow_and_fg_continues_it needs ["setsid"],
        a_docglow_in_the_background_that_reads_the_terminal_waits_for_fg needs ["setsid"],
        kill_ends_a_serve_in_the_background needs ["setsid"],
    ];
    // fish has no names for jobs, and runs a function in the foreground.
    if shell != Shell::Fish {
        trials.extend(promises![shell => kill_ends_the_job_of_a_serve needs ["setsid"]]);
    }
    trials
}

/// An interactive shell.
struct Session {
    stage: Stage,
    terminal: Terminal,
}

impl Session {
    fn open(shell: Shell, hook: Hook, telemetry: Telemetry) -> Self {
        let stage = Stage::new(shell);
        // The line editors of bash and zsh are off, because they would wrap and repaint the typed
        // text.
        let arguments: &[&str] = match shell {
            Shell::Bash => &["--noediting", "-i"],
            Shell::Zsh => &["-i", "+Z"],
            _ => &["-i"],
        };
        let shell = telemetry.of(stage.invocation().args(arguments).env("PS1", "> "));
        let mut session = Self { terminal: Terminal::open(&shell), stage };
        if hook == Hook::With {
            session.enter(session.stage.shell.set_up());
        }
        session
    }

    /// Types a line.
    fn type_in(&mut self, line: &str) {
        self.terminal.type_in(&format!("{line}\n"));
    }

    #[track_caller]
    fn wait_for(&mut self, text: &str) {
        self.terminal.wait_for(text);
    }

    /// Types a line and waits until it has ended. Returns its exit status.
    #[track_caller]
    fn enter(&mut self, line: &str) -> String {
        self.type_in(line);
        self.status()
    }

    /// The last exit status. Its text differs from the echo of the typed line.
    #[track_caller]
    fn status(&mut self) -> String {
        self.type_in(&format!("echo 'sta''tus='{}';'", self.stage.shell.status()));
        self.wait_for("status=");
        self.terminal.wait_for(";")
    }

    /// Waits until the shell knows that its job has stopped. Before that, some shells do not
    /// continue it on `fg`.
    #[track_caller]
    fn wait_until_the_job_is_stopped(&mut self) {
        wait_until("the job is stopped", || {
            self.type_in("jobs");
            self.type_in("echo 'en''d of jobs'");
            let shown = self.terminal.wait_for("end of jobs");
            ["Stopped", "suspended", "stopped"].iter().any(|word| shown.contains(word))
        });
    }

    /// Stops docglow, which is in the foreground, and waits until the shell has noticed.
    #[track_caller]
    fn press_ctrl_z(&mut self) {
        self.terminal.press_ctrl_z();
        self.wait_for(match self.stage.shell {
            Shell::Zsh => "suspended",
            // fish prints no message for a function, but starts its prompt with this character.
            Shell::Fish => "⏎",
            _ => "Stopped",
        });
    }
}

/// Runs the same session without the hook, and with it while telemetry is off and on. Returns the
/// events of the last session.
#[track_caller]
fn same_in_all_sessions(shell: Shell, run: impl Fn(&mut Session) -> Vec<String>) -> Vec<String> {
    let statuses = |hook, telemetry| {
        let mut session = Session::open(shell, hook, telemetry);
        (run(&mut session), session.stage.events())
    };
    let (without, _) = statuses(Hook::Without, Telemetry::Off);
    let (off, events) = statuses(Hook::With, Telemetry::Off);
    assert_eq!((off, events), (without.clone(), Vec::new()), "telemetry is off");
    let (on, events) = statuses(Hook::With, Telemetry::On);
    assert_eq!(on, without, "telemetry is on");
    events
}

fn docglow_has_the_terminal(shell: Shell) {
    let events = same_in_all_sessions(shell, |session| {
        let mut statuses = Vec::new();
        for subcommand in ["generate", "health", "serve --dir /", "init"] {
            session.type_in(&format!("STUB_DOES=ask docglow {subcommand}"));
            session.wait_for("docglow: <");
            session.wait_for("docglow's stderr");
            session.type_in("forty two");
            session.wait_for("answer=forty two");
            statuses.push(session.status());
            assert!(session.stage.calls().iter().all(|call| call.at_terminal), "{subcommand}");
        }
        statuses
    });
    assert_eq!(events, ["generate success", "health success", "serve success"]);
}

fn ctrl_c_ends_docglow_as_docglow_wants(shell: Shell) {
    let events = same_in_all_sessions(shell, |session| {
        let mut statuses = Vec::new();
        for (does, subcommand) in
            [("hang", "health"), ("abort", "generate"), ("serve", "serve --dir /")]
        {
            session.type_in(&format!("STUB_DOES={does} docglow {subcommand}"));
            session.wait_for(if does == "serve" { "serving" } else { "working" });
            session.terminal.type_in(CTRL_C);
            statuses.push(session.status());
        }
        statuses
    });
    assert_eq!(events, ["generate error", "serve success"]);
}

fn ctrl_z_stops_docglow_and_fg_continues_it(shell: Shell) {
    let events = same_in_all_sessions(shell, |session| {
        let mut statuses = Vec::new();
        for subcommand in ["generate", "serve --dir /", "init"] {
            session.type_in(&format!("STUB_DOES=ask-twice STUB_STATUS=1 docglow {subcommand}"));
            session.wait_for("docglow's stderr");
            for answer in ["forty", "two"] {
                session.press_ctrl_z();
                statuses.push(session.status());
                session.type_in("fg");
                session.type_in(answer);
                session.wait_for(&format!("answer={answer}"));
            }
            // The status of `fg` is docglow's. fish has 0 for every job, zsh for every function.
            let status = session.status();
            let is_zero = matches!(shell, Shell::Fish | Shell::Zsh) && status == "0";
            assert!(status == "1" || is_zero, "{status}");
        }
        statuses
    });
    assert_eq!(events, ["generate error", "serve success"]);
}

fn a_docglow_in_the_background_that_reads_the_terminal_waits_for_fg(shell: Shell) {
    let events = same_in_all_sessions(shell, |session| {
        session.type_in("STUB_DOES=ask docglow generate");
        session.wait_for("docglow's stderr");
        session.press_ctrl_z();
        let statuses = vec![session.enter("bg"), session.enter("true")];
        session.wait_until_the_job_is_stopped();
        session.type_in("fg");
        session.type_in("forty two");
        session.wait_for("answer=forty two");
        [statuses, vec![session.status()]].concat()
    });
    assert_eq!(events, ["generate success"]);
}

fn kill_ends_the_job_of_a_serve(shell: Shell) {
    let events = same_in_all_sessions(shell, |session| {
        session.type_in("STUB_DOES=serve docglow serve --dir / &");
        session.wait_for("serving");
        session.type_in("kill -s INT %1");
        session.wait_for("stopped");
        vec![session.enter("true")]
    });
    assert_eq!(events, ["serve success"]);
}

/// hooks/README.md says so: for the function, `$!` is a process of the shell.
fn kill_ends_a_serve_in_the_background(shell: Shell) {
    let mut session = Session::open(shell, Hook::With, Telemetry::On);
    session.type_in("STUB_DOES=serve docglow-telemetry run docglow serve --dir / &");
    session.wait_for("serving");
    session.type_in(if shell == Shell::Fish { "kill $last_pid" } else { "kill $!" });
    session.wait_for("stopped");
    assert_eq!(session.stage.events(), ["serve success"]);
}
