//! `run` on Windows, where it stays beside its command, because a process cannot become another
//! program.

use crate::common::{Invocation, Receiver, Sandbox, trials};
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_exit_status_and_the_output_are_the_commands,
        a_docglow_behind_another_program_runs_and_is_not_reported,
        a_batch_file_is_found_run_and_reported,
        an_argument_that_cannot_be_quoted_for_a_batch_file_is_126,
        an_empty_entry_of_path_is_not_the_working_folder,
        a_command_that_is_missing_is_127_and_none_is_125,
        a_command_does_not_outlive_a_run_that_is_ended_from_outside,
    ]
}

fn run(sandbox: &Sandbox, line: &str) -> Invocation {
    let words = line.split_whitespace();
    sandbox.hook().env("PATH", r"C:\windows\system32").args(["run", "--wait"]).args(words)
}

fn the_exit_status_and_the_output_are_the_commands() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    for (line, status) in [
        ("cmd /c exit 7", 7),
        ("cmd.exe /c exit -1073741510", -1_073_741_510),
        ("cmd /c exit 0", 0),
    ] {
        let hook = run(&sandbox, line).to(&receiver);
        for hook in [hook.clone(), hook.on()] {
            assert_eq!(hook.run().status.code(), Some(status), "{line}");
        }
    }
    let greeting = run(&sandbox, "cmd /c echo hello").run();
    assert_eq!(greeting.assert_success().stdout().trim_end(), "hello");
    assert_eq!(receiver.requests().len(), 0);
}

fn a_docglow_behind_another_program_runs_and_is_not_reported() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let outcome = run(&sandbox, "cmd /c echo docglow health").on().to(&receiver).run();
    assert_eq!(outcome.assert_success().stdout().trim_end(), "docglow health");
    assert_eq!(receiver.requests().len(), 0);
}

/// A folder with a shim, as pyenv puts it on PATH. The shim prints its arguments, and its files do
/// not show docglow's version.
fn shims(sandbox: &Sandbox) -> PathBuf {
    let shims = sandbox.root().join("shims");
    fs::create_dir(&shims).unwrap();
    fs::write(shims.join("docglow.bat"), "@echo %* %DOCGLOW_NO_TELEMETRY%\r\n@exit /b 3\r\n")
        .unwrap();
    shims
}

fn a_batch_file_is_found_run_and_reported() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let path = shims(&sandbox);
    let outcome =
        run(&sandbox, "docglow health --format json").env("PATH", path).on().to(&receiver).run();
    assert_eq!(
        (outcome.status.code(), outcome.stdout().trim_end()),
        (Some(3), "health --format json 1")
    );
    let event = receiver.only_request().json();
    assert_eq!((&event["command"], &event["result"]), (&"health".into(), &"error".into()));
    assert_eq!(event["docglow_version"], serde_json::Value::Null);
}

fn an_argument_that_cannot_be_quoted_for_a_batch_file_is_126() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let hook =
        run(&sandbox, "docglow generate --title").arg("two\nlines").env("PATH", shims(&sandbox));
    let outcome = hook.on().to(&receiver).run();
    let complaint = "docglow-telemetry: 'docglow': batch file arguments are invalid\n";
    assert_eq!((outcome.status.code(), outcome.stderr()), (Some(126), complaint));
    assert_eq!(receiver.requests().len(), 0);
}

fn an_empty_entry_of_path_is_not_the_working_folder() {
    let sandbox = Sandbox::new();
    fs::copy(r"C:\windows\system32\cmd.exe", sandbox.project().join("docglow.exe")).unwrap();
    for path in ["", ";", r";C:\windows\system32", r#"C:\windows\system32;"";"#] {
        let outcome = run(&sandbox, "docglow /c exit 3").env("PATH", path).run();
        assert_eq!(outcome.status.code(), Some(127), "{path}");
    }
    assert_eq!(run(&sandbox, r".\docglow /c exit 3").run().status.code(), Some(3));
}

fn a_command_that_is_missing_is_127_and_none_is_125() {
    let sandbox = Sandbox::new();
    for (line, status, complaint) in [
        (
            "no-such-command docglow health",
            127,
            "docglow-telemetry: 'no-such-command': No such file or directory\n",
        ),
        ("", 125, "docglow-telemetry: run needs a command; see --help\n"),
    ] {
        let outcome = run(&sandbox, line).on().run();
        assert_eq!((outcome.status.code(), outcome.stderr()), (Some(status), complaint), "{line}");
    }
}

fn a_command_does_not_outlive_a_run_that_is_ended_from_outside() {
    let sandbox = Sandbox::new();
    // It waits for its event, and prints no output until it has ended.
    let hook = sandbox.hook().program;
    let mut outer = sandbox.hook().arg("run").arg(hook).as_command();
    let mut running =
        outer.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut output = running.stdout.take().unwrap();
    let (ended, end) = mpsc::channel();
    thread::spawn(move || ended.send(output.read_to_end(&mut Vec::new())));
    assert!(end.recv_timeout(Duration::from_secs(1)).is_err(), "the command did not wait");
    running.kill().unwrap();
    assert!(end.recv_timeout(Duration::from_secs(20)).is_ok(), "the command is still there");
    assert!(!running.wait().unwrap().success());
}
