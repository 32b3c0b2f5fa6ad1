//! The processes of `run` while its command runs: none if there is nothing to report, otherwise one
//! that waits.

use crate::common::process::{PATIENCE, children, parent, wait_until};
use crate::common::{Behaviour, Invocation, Receiver, trials};
use crate::scene::{By, Scene, spawn};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        if_there_is_no_event_to_report_run_becomes_the_command,
        while_telemetry_is_off_no_process_is_started needs ["strace"],
        serve_is_reported_at_its_start_and_run_becomes_it,
        around_a_command_that_is_reported_two_small_processes_wait,
        a_run_in_a_run_reports_once,
        make_is_run_and_a_docglow_in_it_is_left_alone needs ["make"],
        the_sender_has_no_file_of_the_callers,
        the_caller_never_waits_for_the_network,
    ]
}

/// Prints its process id, and then waits for a line on standard input.
const SAYS_ITS_ID: &str = "echo $$; read -r line";

fn first_number(child: &mut Child) -> u32 {
    let mut text = Vec::new();
    let output = child.stdout.as_mut().expect("its output");
    while text.last() != Some(&b'\n') {
        let mut byte = [0];
        output.read_exact(&mut byte).expect("a line");
        text.extend(byte);
    }
    String::from_utf8_lossy(&text).trim().parse().expect("a process id")
}

/// Whether the command has the process id of `run`, and that process has no children.
fn becomes_it(call: &Invocation) -> bool {
    let mut run = spawn(&call.clone().env("STUB", SAYS_ITS_ID));
    let command = first_number(&mut run);
    let is_alone = command == run.id() && children(command).is_empty();
    drop(run.stdin.take());
    run.wait().expect("its end");
    is_alone
}

fn if_there_is_no_event_to_report_run_becomes_the_command() {
    let scene = Scene::new();
    let line = ["docglow", "generate"];
    assert!(!becomes_it(&scene.call(By::RunOn, &line)), "the trial shows nothing");
    assert!(becomes_it(&scene.run(&line)), "nobody has turned it on");
    assert!(becomes_it(&scene.call(By::RunOff, &line)), "off by the environment");
    assert!(
        becomes_it(&scene.call(By::RunOn, &line).env("DOCGLOW_NO_TELEMETRY", "1")),
        "the kill switch"
    );
    for words in [
        &["docglow", "generate", "--help"][..],
        &["docglow", "generate", "--project-dir", "missing"],
        &["docglow", "init"],
        &["docglow"],
        &["env", "docglow", "generate"],
        &["sh", "-c", "docglow generate"],
    ] {
        assert!(becomes_it(&scene.call(By::RunOn, words)) || words[0] == "sh", "{words:?}");
    }
    scene.sandbox.write_config("telemetry: {enabled: false}");
    assert!(becomes_it(&scene.run(&line)), "off by docglow.yml");
    scene.sandbox.write_config("telemetry: {enabled: true}");
    assert!(!becomes_it(&scene.run(&line)), "on by docglow.yml");
    fs::create_dir(scene.sandbox.project().join("other")).expect("a folder");
    assert!(
        becomes_it(&scene.run(&["docglow", "generate", "--project-dir", "other"])),
        "the project's docglow.yml counts"
    );
}

fn while_telemetry_is_off_no_process_is_started() {
    let scene = Scene::new();
    let log = scene.sandbox.root().join("strace");
    let options = ["-f".as_ref(), "-qq".as_ref(), "-o".as_ref(), log.as_os_str()];
    let call = scene.call(By::RunOff, &["docglow", "generate"]).env("STUB", "exit 3");
    let outcome = call.under("strace", options).run();
    assert_eq!(outcome.status.code(), Some(3));
    let calls = fs::read_to_string(&log).expect("the trace");
    let has = |name: &str| {
        calls.lines().any(|line| {
            line.split_once(' ').is_some_and(|(_, call)| call.trim_start().starts_with(name))
        })
    };
    assert!(has("execve("), "{calls}");
    for name in ["clone", "fork", "vfork", "socket", "connect", "mkdir", "rename"] {
        assert!(!has(name), "{name}: {calls}");
    }
}

fn serve_is_reported_at_its_start_and_run_becomes_it() {
    let scene = Scene::new();
    let call = scene
        .call(By::RunOn, &["docglow", "serve", "--watch", "--dir", "."])
        .env("STUB", SAYS_ITS_ID);
    let mut run = spawn(&call);
    let command = first_number(&mut run);
    assert_eq!((command, children(command)), (run.id(), Vec::new()));
    let event = scene.event().json();
    assert_eq!(
        (&event["command"], &event["result"], &event["duration_ms"]),
        (&"serve".into(), &"success".into(), &0.into())
    );
    assert_eq!(event["features_used"], serde_json::json!(["watch"]));
    assert_eq!(run.try_wait().expect("its state"), None);
    drop(run.stdin.take());
    run.wait().expect("its end");
    // The event is sent once. It is not sent if docglow would refuse the command line.
    let refused = scene
        .call(By::RunOn, &["--wait", "docglow", "serve", "--dir", "missing"])
        .env("STUB", "exit 1");
    assert_eq!(refused.run().status.code(), Some(1));
    assert_eq!(scene.receiver.requests().len(), 1);
}

fn around_a_command_that_is_reported_two_small_processes_wait() {
    let scene = Scene::new();
    let mut run = spawn(&scene.call(By::RunOn, &["docglow", "generate"]).env("STUB", SAYS_ITS_ID));
    let command = first_number(&mut run);
    let [probe, child] = children(run.id())[..] else { panic!("the probe and the command") };
    assert_eq!((child, parent(command)), (command, run.id()));
    for process in [run.id(), probe] {
        // The command may print its id before they have closed the files.
        wait_until("it has closed all files but one", || {
            let files = fs::read_dir(format!("/proc/{process}/fd")).expect("its files").flatten();
            let files = files.map(|file| fs::read_link(file.path()).expect("a file"));
            let others: Vec<_> = files.filter(|file| file != Path::new("/dev/null")).collect();
            others.len() == 1 && others[0].to_string_lossy().starts_with("socket:")
        });
        let memory =
            fs::read_to_string(format!("/proc/{process}/smaps_rollup")).expect("its memory");
        let kib = |label: &str| {
            let line = memory.lines().find_map(|line| line.strip_prefix(label)).expect("a number");
            line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number")
        };
        println!(
            "it waits with {} KiB, of which {} KiB are no file's",
            kib("Rss:"),
            kib("Anonymous:")
        );
        assert!(kib("Anonymous:") <= 1024, "{memory}");
    }
    drop(run.stdin.take());
    run.wait().expect("its end");
}

fn a_run_in_a_run_reports_once() {
    let scene = Scene::new();
    let nested = ["--wait", "docglow-telemetry", "run", "--wait", "docglow", "generate"];
    scene.call(By::RunOn, &nested).env("STUB", "exit 0").run().assert_success();
    assert_eq!(scene.receiver.requests().len(), 1);
}

fn make_is_run_and_a_docglow_in_it_is_left_alone() {
    let scene = Scene::new();
    fs::write(scene.sandbox.project().join("Makefile"), "docs:\n\t@docglow generate\n")
        .expect("a Makefile");
    let outcome = scene
        .call(By::RunOn, &["--wait", "make", "docs"])
        .env("STUB", "echo \"<$DOCGLOW_NO_TELEMETRY>\"")
        .run();
    assert_eq!(outcome.assert_success().stdout(), "<>\n");
    scene.assert_nothing_sent();
}

fn the_sender_has_no_file_of_the_callers() {
    for (line, stub) in [
        (&["docglow", "generate"][..], "echo out; echo err >&2; echo three >&3"),
        (&["docglow", "serve", "--dir", "."], "echo out; echo err >&2; echo three >&3"),
    ] {
        let is_sender_gone = Arc::new(AtomicBool::new(false));
        let receiver = Receiver::start(Behaviour::Custom(Box::new({
            let is_sender_gone = is_sender_gone.clone();
            move |connection| {
                connection.read_request().ok();
                connection.hold();
                is_sender_gone.store(true, Ordering::Release);
            }
        })));
        let scene = Scene::to(receiver);
        let call = scene.call(By::RunOn, line).env("STUB", stub);
        let mut shell = call.clone();
        shell.program = "/bin/sh".into();
        shell.arguments =
            vec!["-c".into(), "exec 3>&1; exec \"$@\"".into(), "sh".into(), call.program.into()];
        // Reads to the end of all three. A sender that held one of them would delay that until it
        // ends.
        let outcome = shell.args(call.arguments).run();
        assert_eq!((outcome.stdout(), outcome.stderr()), ("out\nthree\n", "err\n"));
        assert!(!is_sender_gone.load(Ordering::Acquire), "{outcome:?}");
        scene.receiver.wait_for(1, PATIENCE);
    }
}

fn the_caller_never_waits_for_the_network() {
    const ROUNDS: usize = 30;
    let [answering, silent] = [Scene::new(), Scene::to(Receiver::start(Behaviour::Silent))];
    let line = ["docglow", "generate"];
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let calls = [
            answering.call(By::RunOff, &line),
            answering.call(By::RunOn, &line),
            silent.call(By::RunOn, &line),
        ];
        for (call, times) in calls.into_iter().zip(&mut times) {
            times.push(call.env("STUB", "").run().assert_success().wall);
        }
    }
    let median = times.map(|mut times| {
        times.sort();
        times[ROUNDS / 2]
    });
    println!("a docglow that does nothing, by run: off, answered, never answered: {median:?}");
    assert!(median[2] < median[0].max(median[1]) * 10, "{median:?}");
}
