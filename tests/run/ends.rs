//! `run` ends as its command does.

use crate::common::process::wait_until;
use crate::common::{Outcome, trials};
use crate::scene::{BY_RUN, By, Scene, executable, spawn};
use std::fs;
use std::os::unix::process::ExitStatusExt;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        every_exit_status_is_the_commands,
        a_command_that_a_signal_ended_ends_run_by_the_same_signal,
        there_is_no_second_core_dump,
        a_command_that_cannot_start_has_envs_status_and_message,
        without_a_command_it_says_how_it_is_called_and_runs_nothing,
        run_does_not_wait_for_the_commands_children,
        if_no_process_may_be_started_the_command_runs_unreported needs ["root", "setpriv", "prlimit"],
    ]
}

fn every_exit_status_is_the_commands() {
    let scene = Scene::new();
    for by in BY_RUN {
        for status in 0..=255 {
            let outcome =
                scene.call(by, &["docglow", "health"]).env("STUB", format!("exit {status}")).run();
            assert_eq!((outcome.status.code(), outcome.stderr()), (Some(status), ""), "{by:?}");
        }
    }
}

fn a_command_that_a_signal_ended_ends_run_by_the_same_signal() {
    let scene = Scene::new();
    for by in BY_RUN {
        for signal in [1, 2, 3, 4, 6, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 31, 34, 64] {
            let call = scene.call(by, &["docglow", "generate"]).arg("--static");
            let outcome = call.env("STUB", format!("kill -{signal} $$")).run();
            assert_eq!((outcome.status.signal(), outcome.stderr()), (Some(signal), ""), "{by:?}");
        }
    }
    scene.assert_nothing_sent();
}

fn there_is_no_second_core_dump() {
    let scene = Scene::new();
    scene.script("docglow", "ulimit -c 0; kill -SEGV $$");
    let call = scene.call(By::RunOn, &["docglow", "generate"]);
    let outcome = call.under("sh", ["-c", "ulimit -c unlimited; exec \"$@\"", "sh"]).run();
    assert_eq!((outcome.status.signal(), outcome.status.core_dumped()), (Some(11), false));
}

/// The exit status and the reason, without the name of the program that prints it.
fn refusal(outcome: &Outcome) -> (Option<i32>, String) {
    let line = outcome.stderr().lines().next().unwrap_or_default().to_owned();
    (outcome.status.code(), line.rsplit(": ").next().unwrap_or_default().to_owned())
}

fn a_command_that_cannot_start_has_envs_status_and_message() {
    let scene = Scene::new();
    let file = scene.sandbox.project().join("docglow");
    fs::write(&file, "not to be run").expect("a file");
    let script = scene.bin().join("docglow-of-nobody");
    executable(&script, "#!/missing/interpreter\n");
    fs::write(scene.bin().join("not-executable"), "").expect("a file");
    for program in [
        "missing",
        "/missing/docglow",
        "./docglow",
        "docglow/docglow",
        ".",
        "",
        "docglow-of-nobody",
        "not-executable",
        "a\nb",
    ] {
        let by_env = scene.call(By::Itself, &[program]).run();
        for by in BY_RUN {
            for words in [&[program, "generate"][..], &[program], &["docglow", "x"]].iter().take(2)
            {
                let outcome = scene.call(by, words).run();
                assert_eq!(refusal(&outcome), refusal(&by_env), "{by:?} {program:?}");
                assert_eq!(
                    (outcome.stderr().lines().count(), outcome.stdout()),
                    (1, ""),
                    "{outcome:?}"
                );
            }
        }
    }
    for command in ["generate", "serve"] {
        let outcome = scene.call(By::RunOn, &["/missing/docglow", command]).run();
        assert_eq!(refusal(&outcome), (Some(127), "No such file or directory".to_owned()));
    }
    scene.assert_nothing_sent();
}

fn without_a_command_it_says_how_it_is_called_and_runs_nothing() {
    let scene = Scene::new();
    for words in [
        &[][..],
        &["--"],
        &["--wait"],
        &["-x", "docglow", "generate"],
        &["--what", "docglow", "generate"],
    ] {
        for by in BY_RUN {
            let outcome = scene.call(by, words).env("STUB", "echo docglow ran").run();
            assert_eq!((outcome.status.code(), outcome.stdout()), (Some(125), ""), "{words:?}");
            assert_eq!(outcome.stderr().lines().count(), 1, "{outcome:?}");
        }
    }
}

fn run_does_not_wait_for_the_commands_children() {
    let scene = Scene::new();
    for by in BY_RUN {
        // The command keeps its standard output open. This test does not read to the end, so it
        // does not wait for that.
        let call = scene
            .call(by, &["docglow", "generate"])
            .env("STUB", "(read -r line; echo late) <&3 & exit 6");
        let shell = ["-c", "exec 3<&0; exec \"$@\" </dev/null", "sh"];
        let mut child = spawn(&call.under("sh", shell));
        let mut status = None;
        wait_until("the end of run", || {
            status = child.try_wait().expect("its state");
            status.is_some()
        });
        assert_eq!(status.expect("an end").code(), Some(6));
        std::io::Write::write_all(&mut child.stdin.take().expect("the pipe"), b"go\n")
            .expect("somebody still reads it");
        let mut output = String::new();
        std::io::Read::read_to_string(&mut child.stdout.take().expect("the output"), &mut output)
            .expect("its end");
        assert_eq!(output, "late\n", "{by:?}");
    }
}

fn if_no_process_may_be_started_the_command_runs_unreported() {
    let scene = Scene::new();
    // `exec`, so that the command itself needs no process.
    let mut call = scene
        .call(By::RunOn, &["docglow", "generate"])
        .env("STUB", "echo $DOCGLOW_NO_TELEMETRY ran; exit 5");
    let copy = scene.sandbox.root().join("bin/docglow-telemetry");
    std::process::Command::new("chmod")
        .args(["-R", "a+rX"])
        .arg(scene.sandbox.root())
        .status()
        .expect("chmod");
    let limits = ["--reuid=64123", "--regid=64123", "--clear-groups", "prlimit", "--nproc=1:1"];
    call.program = copy;
    let outcome = call.under("setpriv", limits).run();
    assert_eq!((outcome.status.code(), outcome.stdout()), (Some(5), "ran\n"), "{outcome:?}");
    scene.assert_nothing_sent();
}
