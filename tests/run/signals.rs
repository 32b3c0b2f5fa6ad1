//! Signals without a terminal: those that are sent to `run` alone, and those that are not.

use crate::common::platform::{make_fifo, signal};
use crate::common::process::{children, is_stopped, state, wait_until};
use crate::common::trials;
use crate::scene::{By, Scene, spawn, written};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Stdio};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        every_signal_sent_to_run_alone_arrives_once needs ["python3"],
        every_signal_sent_to_the_group_arrives_once needs ["python3"],
        a_signal_sent_to_each_process_arrives_once needs ["python3"],
        a_signal_to_the_group_before_the_command_is_there_ends_run needs ["strace"],
        a_signal_that_ends_the_command_ends_run_and_is_no_event,
        an_interrupt_of_the_group_ends_the_command_and_run_reports_it,
        a_signal_that_nohup_ignores_is_not_passed_on needs ["nohup"],
        a_signal_from_outside_of_a_container_is_passed_on needs ["user namespaces"],
        the_command_ends_when_run_is_killed needs ["Linux"],
        only_the_command_stops_if_it_is_stopped_by_its_own_id needs ["setsid"],
        only_the_command_stops_if_run_is_the_first_process needs ["user namespaces"],
        a_group_that_is_stopped_goes_on_when_run_alone_is_continued,
        a_signal_for_every_docglow_telemetry_arrives_once needs ["pkill"],
    ]
}

/// The signals that a process can handle, except SIGCHLD, which the kernel itself sends to `run`.
/// Signals 32 to 34 are reserved by the C libraries.
fn catchable() -> impl Iterator<Item = i32> {
    (1..=64).filter(|signal| ![9, 17, 19, 32, 33, 34].contains(signal))
}

/// A started `run` whose command is ready, and the file that the command writes to.
struct Ready {
    run: Child,
    file: PathBuf,
}

impl Ready {
    /// `stub` writes whole lines to `$SAYS`.
    fn start(scene: &Scene, stub: &str) -> Ready {
        Ready::start_as(scene, &["docglow", "generate"], stub)
    }

    fn start_as(scene: &Scene, words: &[&str], stub: &str) -> Ready {
        let file = scene.sandbox.root().join("says");
        let wait = [&["--wait"], words].concat();
        let call = scene.call(By::RunOn, &wait).env("STUB", stub).env("SAYS", &file);
        let mut command = call.as_command();
        // A separate process group, because a signal to the group must not reach this test.
        command.process_group(0).stdin(Stdio::null());
        let ready = Ready { run: command.spawn().expect("the call"), file };
        wait_until("the command is ready", || ready.says("ready"));
        ready
    }

    fn says(&self, word: &str) -> bool {
        written(&self.file).is_some_and(|text| text.lines().any(|line| line == word))
    }

    fn times(&self, word: &str) -> usize {
        let text = written(&self.file).unwrap_or_default();
        text.lines().filter(|line| *line == word).count()
    }

    fn send(&self, signal: Signal) {
        send(self.run.id(), signal);
    }

    fn send_to_group(&self, signal: Signal) {
        kill_process_group(Pid::from_child(&self.run), signal).expect("run is there");
    }

    /// The command's id. `run` starts the probe first.
    fn command(&self) -> u32 {
        children(self.run.id())[1]
    }

    fn probe(&self) -> u32 {
        children(self.run.id())[0]
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.run), Signal::KILL);
        let _ = self.run.wait();
    }
}

fn send(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.cast_signed()).expect("a process id"), signal)
        .expect("the process is there");
}

/// Reports that it is ready, handles these signals with these traps, and waits for them.
fn waiting(traps: &str) -> String {
    format!("{traps}\necho ready >>$SAYS\nwhile :; do sleep 0.02; done")
}

/// Counts signals in Python, as docglow would, and without a child that a signal could stop. With
/// `signal.pause`, a signal just before the pause would be noticed only at the next one.
const COUNTS_SIGNALS: &str = r#"exec python3 -c '
import os, signal, sys, time
def note(word): os.write(says, f"{word}\n".encode())
says = os.open(os.environ["SAYS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
for number in sys.argv[1].split(): signal.signal(int(number), lambda number, _: note(number))
note("ready")
while True: time.sleep(0.01)
' "$SIGNALS""#;

/// The signal with the largest number. The kernel delivers it after all other pending signals.
const MARK: i32 = 64;

/// Sends each signal in this way to a command that counts them.
fn assert_every_signal_arrives_once(send: impl Fn(&Ready, Signal)) {
    let scene = Scene::new();
    let numbers: Vec<String> = catchable().map(|signal| signal.to_string()).collect();
    let stub = format!("SIGNALS='{}'\n{COUNTS_SIGNALS}", numbers.join(" "));
    let ready = Ready::start(&scene, &stub);
    for (count, number) in catchable().filter(|number| *number != MARK).enumerate() {
        send(&ready, signal(number));
        wait_until("it arrives", || ready.says(&number.to_string()));
        // `run` passes signals on in order, so all earlier signals have arrived, too.
        ready.send(signal(MARK));
        wait_until("the mark arrives", || ready.times(&MARK.to_string()) == count + 1);
        assert_eq!(ready.times(&number.to_string()), 1, "{number}");
    }
}

fn every_signal_sent_to_run_alone_arrives_once() {
    assert_every_signal_arrives_once(Ready::send);
}

fn every_signal_sent_to_the_group_arrives_once() {
    assert_every_signal_arrives_once(Ready::send_to_group);
}

/// As systemd does with the processes of a service.
fn a_signal_sent_to_each_process_arrives_once() {
    assert_every_signal_arrives_once(|ready, signal| {
        for process in [ready.probe(), ready.command(), ready.run.id()] {
            send(process, signal);
        }
    });
}

/// strace delays the start of the command, which comes after that of the probe.
fn a_signal_to_the_group_before_the_command_is_there_ends_run() {
    let scene = Scene::new();
    let call = scene.call(By::RunOn, &["docglow", "generate"]).env("STUB", "exec sleep 600");
    let delay = "inject=fork,clone,clone3:delay_enter=1000000:when=2";
    let mut command = call.under("strace", ["-I3", "-qq", "-o/dev/null", "-e", delay]).as_command();
    command.process_group(0).stdin(Stdio::null()).stderr(Stdio::null());
    let run = command.spawn().expect("strace");
    let mut strace = Ready { run, file: scene.sandbox.root().join("says") };
    let run = || children(strace.run.id()).first().copied();
    wait_until("the probe is there", || run().is_some_and(|run| children(run).len() == 1));
    strace.send_to_group(Signal::TERM);
    wait_until("run ends", || strace.run.try_wait().expect("strace").is_some());
    scene.assert_nothing_sent();
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

fn an_interrupt_of_the_group_ends_the_command_and_run_reports_it() {
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

fn a_signal_that_nohup_ignores_is_not_passed_on() {
    let scene = Scene::new();
    let file = scene.sandbox.root().join("says");
    let stub = "echo ready >>$SAYS; read -r word <end; exit 3";
    let call = scene
        .call(By::RunOn, &["--wait", "docglow", "generate"])
        .env("STUB", stub)
        .env("SAYS", &file);
    let mut run = spawn(&call.under("nohup", [""; 0]));
    wait_until("the command is ready", || written(&file).is_some());
    kill_process(Pid::from_child(&run), Signal::HUP).expect("run is there");
    std::fs::write(file.with_extension("end"), "").expect("the word to end");
    assert_eq!(run.wait().expect("its end").code(), Some(3));
    assert_eq!(scene.event().json()["result"], "error");
}

/// `run` as the first process of a container, and its id outside.
fn in_a_container(scene: &Scene, stub: &str) -> (Child, u32) {
    let file = scene.sandbox.root().join("says");
    let call = scene
        .call(By::RunOn, &["--wait", "docglow", "generate"])
        .env("STUB", stub)
        .env("SAYS", &file);
    let container = ["--user", "--map-root-user", "--pid", "--fork", "--kill-child"];
    let unshare = spawn(&call.under("unshare", container));
    wait_until("the command is ready", || written(&file).is_some());
    let run = children(unshare.id())[0];
    (unshare, run)
}

fn a_signal_from_outside_of_a_container_is_passed_on() {
    let scene = Scene::new();
    let (mut unshare, run) = in_a_container(&scene, &waiting("trap 'exit 5' TERM"));
    send(run, Signal::TERM);
    assert_eq!(unshare.wait().expect("its end").code(), Some(5));
    assert_eq!(scene.event().json()["result"], "error");
}

fn the_command_ends_when_run_is_killed() {
    let scene = Scene::new();
    let ready = Ready::start(&scene, &waiting(""));
    let (command, probe) = (ready.command(), ready.probe());
    ready.send(Signal::KILL);
    // An ended process is a zombie until its new parent has waited for it.
    let is_gone = |pid| state(pid).is_none_or(|state| state == "Z");
    wait_until("command and probe are gone", || is_gone(command) && is_gone(probe));
}

/// Stops and continues the command alone: `run` does not stop.
fn assert_only_the_command_stops(run: u32) {
    let command = children(run)[1];
    for stop in [Signal::STOP, Signal::TSTP] {
        send(command, stop);
        // SIGTSTP has no effect in a group for which no shell waits.
        if stop == Signal::STOP {
            wait_until("the command is stopped", || is_stopped(command));
        }
        for _ in 0..20 {
            assert!(!is_stopped(run));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        send(command, Signal::CONT);
        wait_until("the command goes on", || !is_stopped(command));
    }
}

/// A command of one process. A child of its own could stay stopped.
const ENDS_WHEN_TOLD: &str = "echo ready >>$SAYS; read -r word <end; exit 3";

/// Makes that command end.
fn end(scene: &Scene) {
    std::fs::write(scene.sandbox.project().join("end"), "now\n").expect("it reads");
}

fn only_the_command_stops_if_it_is_stopped_by_its_own_id() {
    let scene = Scene::new();
    make_fifo(&scene.sandbox.project().join("end"));
    let mut ready = Ready::start(&scene, ENDS_WHEN_TOLD);
    assert_only_the_command_stops(ready.run.id());
    end(&scene);
    assert_eq!(ready.run.wait().expect("its end").code(), Some(3));
    assert_eq!(scene.event().json()["result"], "error");
}

fn only_the_command_stops_if_run_is_the_first_process() {
    let scene = Scene::new();
    make_fifo(&scene.sandbox.project().join("end"));
    let (mut unshare, run) = in_a_container(&scene, ENDS_WHEN_TOLD);
    assert_only_the_command_stops(run);
    end(&scene);
    assert_eq!(unshare.wait().expect("its end").code(), Some(3));
}

fn a_group_that_is_stopped_goes_on_when_run_alone_is_continued() {
    let scene = Scene::new();
    make_fifo(&scene.sandbox.project().join("end"));
    let mut ready = Ready::start(&scene, ENDS_WHEN_TOLD);
    let (command, probe, run) = (ready.command(), ready.probe(), ready.run.id());
    ready.send_to_group(Signal::STOP);
    wait_until("all are stopped", || [command, probe, run].into_iter().all(is_stopped));
    ready.send(Signal::CONT);
    wait_until("all go on", || ![command, probe, run].into_iter().any(is_stopped));
    end(&scene);
    assert_eq!(ready.run.wait().expect("its end").code(), Some(3));
}

fn a_signal_for_every_docglow_telemetry_arrives_once() {
    for options in [&["-f", "docglow-telemetry run"][..], &["docglow-telemet"], &["-f", "docglow"]]
    {
        let scene = Scene::new();
        let mut ready = Ready::start(&scene, &waiting("trap 'echo told >>$SAYS; exit 5' TERM"));
        let probe = ready.probe().to_string();
        let name = || std::fs::read_to_string(format!("/proc/{probe}/comm")).expect("its name");
        wait_until("the probe has another name", || name() == "docglow-probe\n");
        // Only the processes of this trial.
        let group = ready.run.id().to_string();
        let pkill = std::process::Command::new("pkill").args(["-g", &group]).args(options).status();
        assert!(pkill.expect("pkill").success());
        assert_eq!(ready.run.wait().expect("its end").code(), Some(5), "{options:?}");
        assert_eq!(ready.times("told"), 1, "{options:?}");
    }
}
