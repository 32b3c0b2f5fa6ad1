//! A standard input that is closed, and one that is a terminal.

use crate::common::platform::pseudo_terminal;
use crate::common::trials::tool_path;
use crate::common::{Receiver, Sandbox, trials};
use crate::stdin::assert_no_event;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::thread;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_closed_stdin_is_no_event,
        with_a_terminal_on_stdin_the_help_is_printed,
        the_question_is_asked_before_a_generate_that_could_be_reported_alone needs ["setsid"],
    ]
}

fn a_closed_stdin_is_no_event() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let hook = sandbox.hook().on().to(&receiver);
    for (hook, said) in [(hook.clone(), ""), (hook.debug(), "telemetry: not sent (")] {
        let mut shell = hook.clone();
        shell.arguments = vec!["-c".into(), "exec \"$0\" <&-".into(), hook.program.clone().into()];
        shell.program = "/bin/sh".into();
        assert_no_event(shell.as_command().output().unwrap(), said);
    }
    assert_eq!(receiver.connections(), 0);
}

fn with_a_terminal_on_stdin_the_help_is_printed() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let help = sandbox.command(["--help"]).run();
    assert!(help.assert_success().stdout().contains("docglow-telemetry"));
    let (_controller, terminal) = terminal();
    let mut command = sandbox.hook().on().to(&receiver).as_command();
    let output = command.stdin(terminal).output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), help.stdout());
}

/// A pseudo-terminal: the end to keep open, and the end for the hook.
fn terminal() -> (File, File) {
    use rustix::fs::{Mode, OFlags};
    let (controller, name) = pseudo_terminal();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let terminal = rustix::fs::open(name, flags, Mode::empty()).expect("its other end");
    (controller, terminal.into())
}

fn the_question_is_asked_before_a_generate_that_could_be_reported_alone() {
    for (line, is_asked) in [
        ("generate", true),
        ("generate --static --project-dir .", true),
        ("generate --bogus", false),
        ("generate --help", false),
        ("generate --workers many", false),
        ("generate --project-dir missing", false),
        ("generate --project-dir broken", false),
        ("health", false),
        ("telemetry status", false),
    ] {
        let sandbox = Sandbox::new();
        let broken = sandbox.project().join("broken");
        fs::create_dir(&broken).expect("a project folder");
        fs::write(broken.join("docglow.yml"), "ai: true\n")
            .expect("a docglow.yml that docglow ends at");
        let (mut keyboard, name) = pseudo_terminal();
        let terminal = || File::options().read(true).write(true).open(&name).expect("the terminal");
        let mut prompt = sandbox.command(["--ctty", "--wait"]).arg(sandbox.hook().program);
        prompt.program = tool_path("setsid").expect("setsid");
        let mut command = prompt
            .args(["prompt", "--"])
            .args(line.split_whitespace())
            .env("TERM", "xterm")
            .as_command();
        command.stdin(terminal()).stdout(terminal()).stderr(terminal());
        let mut child = command.spawn().expect("the hook");
        drop(command);
        let somebody = thread::spawn(move || {
            let mut shown = Vec::new();
            let mut byte = [0];
            while keyboard.read(&mut byte).is_ok_and(|read| read == 1) {
                shown.push(byte[0]);
                if shown.ends_with(b"[y/N] ") {
                    keyboard.write_all(b"n\n").expect("an answer");
                }
            }
            String::from_utf8_lossy(&shown).into_owned()
        });
        assert!(child.wait().expect("its end").success());
        let shown = somebody.join().expect("somebody at the terminal");
        assert_eq!(
            (shown.contains("[y/N]"), sandbox.state().is_some()),
            (is_asked, is_asked),
            "{line}: {shown}"
        );
        assert_eq!(shown.is_empty(), !is_asked, "{line}: {shown}");
    }
}
