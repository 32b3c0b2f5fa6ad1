//! Signals without a terminal: what is sent to `run` alone, and what is not its affair.

use crate::common::trials;
use crate::scene::{By, Scene, children, spawn, stat, wait_until, written};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Stdio};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_signal_sent_to_run_alone_is_passed_on,
        a_signal_that_ends_the_command_ends_run_and_is_no_event,
        an_interrupted_group_is_the_commands_affair_and_run_lives_on_to_report,
        what_nohup_has_ignored_is_not_passed_on needs ["nohup"],
        a_signal_from_outside_of_a_container_is_passed_on needs ["user namespaces"],
        when_the_command_stops_run_stops_and_they_go_on_together,
        a_command_that_tells_its_group_is_not_told_again,
    ]
}

/// A started `run` whose command has said that it is ready, and the file it says more in.
struct Ready {
    run: Child,
    file: PathBuf,
}

impl Ready {
    /// `stub` writes to `$SAYS`, whole lines.
    fn start(scene: &Scene, stub: &str) -> Ready {
        Ready::start_as(scene, &["docglow", "generate"], stub)
    }

    fn start_as(scene: &Scene, words: &[&str], stub: &str) -> Ready {
        let file = scene.sandbox.root().join("says");
        let wait = [&["--wait"], words].concat();
        let call = scene.call(By::RunOn, &wait).env("STUB", stub).env("SAYS", &file);
        let mut command = call.as_command();
        // Its own group: what is sent to all of it must not reach this test.
        command.process_group(0).stdin(Stdio::null());
        let ready = Ready { run: command.spawn().expect("the call"), file };
        wait_until("the command is ready", || ready.says("ready"));
        ready
    }

    fn says(&self, word: &str) -> bool {
        written(&self.file).is_some_and(|text| text.lines().any(|line| line == word))
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.run), signal).expect("run is there");
    }

    fn send_to_group(&self, signal: Signal) {
        kill_process_group(Pid::from_child(&self.run), signal).expect("run is there");
    }

    fn state_of(&self, pid: u32) -> String {
        stat(pid, 3).unwrap_or_default()
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.run), Signal::KILL);
        let _ = self.run.wait();
    }
}

/// Says that it is ready, handles these signals as told, and waits for them.
fn waiting(traps: &str) -> String {
    format!("{traps}\necho ready >>$SAYS\nwhile :; do sleep 0.02; done")
}

fn a_signal_sent_to_run_alone_is_passed_on() {
    for (signal, name) in [(Signal::TERM, "TERM"), (Signal::HUP, "HUP")] {
        let scene = Scene::new();
        let mut ready =
            Ready::start(&scene, &waiting(&format!("trap 'echo told >>$SAYS; exit 5' {name}")));
        ready.send(signal);
        assert_eq!(ready.run.wait().expect("its end").code(), Some(5));
        assert!(ready.says("told"));
        assert_eq!(scene.event().json()["result"], "error");
    }
}

fn a_signal_that_ends_the_command_ends_run_and_is_no_event() {
    for signal in [Signal::TERM, Signal::HUP] {
        let scene = Scene::new();
        let mut ready = Ready::start(&scene, &waiting(""));
        ready.send(signal);
        assert_eq!(ready.run.wait().expect("its end").signal(), Some(signal.as_raw()));
        scene.assert_nothing_sent();
    }
}

fn an_interrupted_group_is_the_commands_affair_and_run_lives_on_to_report() {
    for (signal, name) in [(Signal::INT, "INT"), (Signal::QUIT, "QUIT")] {
        for (status, result) in [(0, "success"), (1, "error")] {
            let scene = Scene::new();
            let mut ready = Ready::start(&scene, &waiting(&format!("trap 'exit {status}' {name}")));
            ready.send_to_group(signal);
            assert_eq!(ready.run.wait().expect("its end").code(), Some(status));
            assert_eq!(scene.event().json()["result"], result, "{name}");
        }
    }
    let scene = Scene::new();
    let mut ready = Ready::start(&scene, &waiting("trap 'exit 130' INT"));
    ready.send_to_group(Signal::INT);
    assert_eq!(ready.run.wait().expect("its end").code(), Some(130));
    scene.assert_nothing_sent();
}

fn what_nohup_has_ignored_is_not_passed_on() {
    let scene = Scene::new();
    let file = scene.sandbox.root().join("says");
    let stub = "echo ready >>$SAYS; while [ ! -e $SAYS.end ]; do sleep 0.02; done; exit 3";
    let mut call = scene
        .call(By::RunOn, &["--wait", "docglow", "generate"])
        .env("STUB", stub)
        .env("SAYS", &file);
    call.arguments.insert(0, std::mem::replace(&mut call.program, "/usr/bin/nohup".into()).into());
    let mut run = spawn(&call);
    wait_until("the command is ready", || written(&file).is_some());
    kill_process(Pid::from_child(&run), Signal::HUP).expect("run is there");
    std::fs::write(file.with_extension("end"), "").expect("the word to end");
    assert_eq!(run.wait().expect("its end").code(), Some(3));
    assert_eq!(scene.event().json()["result"], "error");
}

/// Whoever is outside has no number inside, and run is the container's first process.
fn a_signal_from_outside_of_a_container_is_passed_on() {
    let scene = Scene::new();
    let file = scene.sandbox.root().join("says");
    let stub = "trap 'exit 5' TERM; echo ready >>$SAYS; while :; do sleep 0.02; done";
    let mut call = scene
        .call(By::RunOn, &["--wait", "docglow", "generate"])
        .env("STUB", stub)
        .env("SAYS", &file);
    let container =
        ["--user", "--map-root-user", "--pid", "--fork", "--kill-child"].map(Into::into);
    let program = std::mem::replace(&mut call.program, "/usr/bin/unshare".into());
    call.arguments = container.into_iter().chain([program.into()]).chain(call.arguments).collect();
    let mut unshare = spawn(&call);
    wait_until("the command is ready", || written(&file).is_some());
    let run = children(unshare.id())[0];
    kill_process(Pid::from_raw(run.cast_signed()).expect("a process id"), Signal::TERM)
        .expect("run is there");
    assert_eq!(unshare.wait().expect("its end").code(), Some(5));
    assert_eq!(scene.event().json()["result"], "error");
}

fn when_the_command_stops_run_stops_and_they_go_on_together() {
    let scene = Scene::new();
    let stub = "echo ready >>$SAYS; kill -STOP $$; echo continued >>$SAYS; exit 4";
    let mut ready = Ready::start(&scene, stub);
    let run = ready.run.id();
    wait_until("run is stopped", || ready.state_of(run) == "T");
    let command = children(run)[0];
    assert_eq!(ready.state_of(command), "T");
    assert!(!ready.says("continued"));
    ready.send(Signal::CONT);
    assert_eq!(ready.run.wait().expect("its end").code(), Some(4));
    assert!(ready.says("continued"));
    assert_eq!(scene.event().json()["result"], "error");
}

fn a_command_that_tells_its_group_is_not_told_again() {
    let scene = Scene::new();
    let trap = "trap 'echo told >>$SAYS' TERM; echo ready >>$SAYS; kill -TERM 0; sleep 0.3; exit 6";
    let mut ready = Ready::start(&scene, trap);
    assert_eq!(ready.run.wait().expect("its end").code(), Some(6));
    let told =
        written(&ready.file).expect("what it said").lines().filter(|line| *line == "told").count();
    assert_eq!(told, 1);
    scene.event();
}
