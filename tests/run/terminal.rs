//! At a terminal: `run` leaves the terminal to its command, and shells see one job.

use crate::common::platform::{make_fifo, pseudo_terminal};
use crate::common::process::{is_stopped, parent, stat, wait_until};
use crate::common::trials;
use crate::common::trials::tool_path;
use crate::pty::{CTRL_C, Terminal};
use crate::scene::{BY_RUN, By, Scene, written};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;

const CTRL_BACKSLASH: &str = "\x1c";

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_command_has_the_terminal needs ["setsid", "stty"],
        a_terminal_that_the_command_changes_stays_changed needs ["setsid", "stty"],
        ctrl_c_is_the_commands_affair needs ["setsid", "stty"],
        ctrl_backslash_is_the_commands_affair needs ["setsid", "stty"],
        ctrl_z_stops_the_job_and_fg_goes_on_with_it needs ["setsid", "bash"],
        ctrl_z_and_fg_in_zsh needs ["setsid", "zsh"],
        bg_and_fg_of_a_job_that_reads_the_terminal needs ["setsid", "bash"],
        a_stop_for_run_alone_stops_the_job_as_without_run needs ["setsid", "bash"],
        a_continue_at_the_moment_of_the_stop_is_obeyed needs ["setsid", "bash", "strace"],
        a_terminal_that_hangs_up_ends_the_command needs ["setsid"],
    ]
}

fn the_command_has_the_terminal() {
    let stub = "stty rows 33 cols 77; [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && stty size; set -- $(cat /proc/$$/stat)
        [ \"$5\" = \"$8\" ] && echo in the foreground; read -r line && echo \"read $line\"";
    let scene = Scene::new();
    for by in [By::Itself, By::RunOff, By::RunOn] {
        let mut terminal =
            Terminal::open(&scene.call(by, &["docglow", "health"]).env("STUB", stub));
        terminal.wait_for("33 77");
        terminal.wait_for("in the foreground");
        terminal.type_in("some words\n");
        terminal.wait_for("read some words");
    }
}

fn a_terminal_that_the_command_changes_stays_changed() {
    let scene = Scene::new();
    let stub = "stty raw -echo; echo raw; dd bs=1 count=1 2>/dev/null | od -An -tx1";
    for by in BY_RUN {
        let call = scene.call(by, &["docglow", "health"]).env("STUB", stub);
        let script = "\"$@\"; stty -a | tr -d '\\n'; stty sane; echo; echo end";
        let mut terminal = Terminal::open(&call.under("sh", ["-c", script, "sh"]));
        terminal.wait_for("raw");
        // In raw mode, Ctrl-C is a byte like any other.
        terminal.type_in(CTRL_C);
        terminal.wait_for("03");
        let state = terminal.wait_for("end");
        assert!(state.contains("-icanon") && state.contains("-echo"), "{by:?}: {state}");
    }
}

/// A call that reports before it returns, in a shell that prints the exit status.
fn with_status(scene: &Scene, by: By, stub: &str) -> Terminal {
    let call = scene.call(by, &["--wait", "docglow", "generate"]).env("STUB", stub);
    // Without `noflsh`, the keys would discard output that is printed at the same time.
    let script = "stty noflsh; trap : INT QUIT; \"$@\"; echo \"ended with $?\"";
    Terminal::open(&call.under("sh", ["-c", script, "sh"]))
}

fn assert_keys_are_the_commands(keys: &str, signal: &str, number: i32) {
    let loop_ = "echo working; while :; do sleep 0.02; done";
    for by in BY_RUN {
        for (status, result) in [(0, Some("success")), (1, Some("error")), (128 + number, None)] {
            let scene = Scene::new();
            let mut terminal =
                with_status(&scene, by, &format!("trap 'exit {status}' {signal}; {loop_}"));
            terminal.wait_for("working");
            terminal.type_in(keys);
            terminal.wait_for(&format!("ended with {status}"));
            let sent = scene.receiver.requests();
            let sent = sent
                .first()
                .map(|request| request.json()["result"].as_str().expect("a word").to_owned());
            assert_eq!(sent.as_deref(), result.filter(|_| by == By::RunOn), "{by:?} {status}");
        }
        let scene = Scene::new();
        let mut terminal = with_status(&scene, by, loop_);
        terminal.wait_for("working");
        terminal.type_in(keys);
        terminal.wait_for(&format!("ended with {}", 128 + number));
        scene.assert_nothing_sent();
    }
}

fn ctrl_c_is_the_commands_affair() {
    assert_keys_are_the_commands(CTRL_C, "INT", 2);
}

fn ctrl_backslash_is_the_commands_affair() {
    assert_keys_are_the_commands(CTRL_BACKSLASH, "QUIT", 3);
}

/// A shell with job control, in which `docglow` runs behind `run`.
fn shell(scene: &Scene, shell: &str, stub: &str) -> Terminal {
    let no_start_up_file: &[&str] =
        if shell == "bash" { &["--noprofile", "--norc"] } else { &["-f"] };
    let shell =
        scene.program(tool_path(shell).expect("the shell")).args(no_start_up_file).arg("-i").on();
    let mut terminal = Terminal::open(&shell.env("STUB", stub).env("PS1", "ready> "));
    terminal.wait_for("ready> ");
    terminal
}

fn ctrl_z_stops_the_job_and_fg_goes_on_with_it() {
    // The message for SIGTSTP. The one for SIGSTOP is different.
    assert_stops_and_goes_on("bash", "Stopped  ");
}

fn ctrl_z_and_fg_in_zsh() {
    assert_stops_and_goes_on("zsh", "suspended  ");
}

fn assert_stops_and_goes_on(name: &str, stopped: &str) {
    let scene = Scene::new();
    // One process, because a shell that waits for its own vfork cannot be stopped.
    let stub = "echo $$ >pid; echo working; read -r word <end; echo done working; exit 3";
    make_fifo(&scene.sandbox.project().join("end"));
    let mut terminal = shell(&scene, name, stub);
    terminal.type_in("docglow-telemetry run --wait docglow generate\n");
    terminal.wait_for("working");
    let command: u32 =
        written(&scene.sandbox.project().join("pid")).expect("its id").parse().expect("a number");
    let run = parent(command);
    let works = |pid: u32| {
        let [group, foreground] = [5, 8].map(|field| stat(pid, field).expect("it lives"));
        !is_stopped(pid) && group == foreground
    };
    for _ in 0..3 {
        wait_until("both are in the foreground", || works(command) && works(run));
        terminal.press_ctrl_z();
        terminal.wait_for(stopped);
        terminal.wait_for("ready> ");
        wait_until("both are stopped", || is_stopped(command) && is_stopped(run));
        terminal.type_in("jobs | wc -l; fg >/dev/null\n");
        terminal.wait_for("\n1");
    }
    std::fs::write(scene.sandbox.project().join("end"), "now\n").expect("the word to end");
    terminal.wait_for("done working");
    terminal.wait_for("ready> ");
    terminal.type_in("echo \"status $?\"\n");
    terminal.wait_for("status 3");
    let event = scene.event().json();
    assert_eq!(event["result"], "error");
}

fn bg_and_fg_of_a_job_that_reads_the_terminal() {
    let scene = Scene::new();
    let mut terminal = shell(&scene, "bash", "echo working; read -r line; echo \"read $line\"");
    terminal.type_in("docglow-telemetry run --wait docglow health &\n");
    // The terminal stops both, because they are processes of the job.
    terminal.wait_for("working");
    terminal.type_in("while ! jobs | grep -q Stopped; do sleep 0.05; done; fg\n");
    terminal.type_in("some words\n");
    terminal.wait_for("read some words");
    terminal.wait_for("ready> ");
    assert_eq!(scene.event().json()["command"], "health");
}

fn a_stop_for_run_alone_stops_the_job_as_without_run() {
    let scene = Scene::new();
    make_fifo(&scene.sandbox.project().join("end"));
    let stub = "echo $$ >pid; read -r word <end; exit 3";
    let mut terminal = shell(&scene, "bash", stub);
    terminal.type_in("docglow-telemetry run --wait docglow generate &\n");
    let pid = scene.sandbox.project().join("pid");
    wait_until("docglow runs", || written(&pid).is_some());
    let command: u32 = written(&pid).expect("its id").parse().expect("a number");
    let run = parent(command);
    for _ in 0..3 {
        terminal.type_in("kill -TSTP $!\n");
        wait_until("both are stopped", || is_stopped(run) && is_stopped(command));
        terminal.type_in("kill -CONT $!\n");
        wait_until("both go on", || !is_stopped(run) && !is_stopped(command));
    }
    // `wait` returns 128 plus the stop signal if bash has not yet seen that the job goes on.
    terminal.type_in(
        "echo now >end; while wait $!; s=$?; [ $s -gt 128 ]; do :; done; echo \"status $s\"\n",
    );
    terminal.wait_for("status 3");
    assert_eq!(scene.event().json()["result"], "error");
}

/// strace delays `run` for a moment after `run` has sent itself the stop signal. SIGCONT removes
/// that signal again, so `run` must not wait for it.
fn a_continue_at_the_moment_of_the_stop_is_obeyed() {
    let scene = Scene::new();
    make_fifo(&scene.sandbox.project().join("end"));
    let stub = "echo $$ >pid; read -r word <end; exit 3";
    let mut terminal = shell(&scene, "bash", stub);
    terminal.type_in(
        "strace -qq -o /dev/null -e inject=kill:delay_exit=2000000 \
         docglow-telemetry run --wait docglow generate &\n",
    );
    let pid = scene.sandbox.project().join("pid");
    wait_until("docglow runs", || written(&pid).is_some());
    let command: u32 = written(&pid).expect("its id").parse().expect("a number");
    let run = parent(command);
    let send = |to: u32, signal| {
        let process = Pid::from_raw(to.cast_signed()).expect("a process id");
        kill_process(process, signal).expect("it lives");
    };
    let is_pending = |signal: Signal| {
        let status = std::fs::read_to_string(format!("/proc/{run}/status")).expect("it lives");
        let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:"));
        let pending = u64::from_str_radix(pending.expect("a line").trim(), 16).expect("a number");
        pending & (1 << (signal.as_raw() - 1)) != 0
    };
    send(run, Signal::TSTP);
    wait_until("docglow is stopped", || is_stopped(command));
    wait_until("run stops itself", || is_pending(Signal::TSTP));
    send(command, Signal::CONT);
    send(run, Signal::CONT);
    terminal.type_in(
        "echo now >end; while wait $!; s=$?; [ $s -gt 128 ]; do :; done; echo \"status $s\"\n",
    );
    terminal.wait_for("status 3");
}

/// If the session's leader is `run`, as in a terminal window that runs only this command, the
/// kernel sends the signal to that process alone. Otherwise it sends the signal to the whole
/// foreground group.
fn a_terminal_that_hangs_up_ends_the_command() {
    for led_by_run in [true, false] {
        let scene = Scene::new();
        let says = scene.sandbox.root().join("says");
        let stub = "trap 'echo told >>$SAYS; exit 1' HUP; echo working >>$SAYS; while :; do sleep 0.02; done";
        let call =
            scene.call(By::RunOn, &["docglow", "generate"]).env("STUB", stub).env("SAYS", &says);
        let (controller, name) = pseudo_terminal();
        let side = || File::options().read(true).write(true).open(&name).expect("the terminal");
        let shell: &[&str] = if led_by_run { &[] } else { &["sh", "-c", "\"$@\"; exit", "sh"] };
        let session = call.under("setsid", [&["--ctty"], shell].concat());
        let mut leader = session
            .as_command()
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .expect("setsid");
        wait_until("the command works", || written(&says).is_some());
        drop(controller);
        assert_eq!(scene.event().json()["result"], "error");
        leader.wait().expect("its end");
        assert_eq!(written(&says).as_deref(), Some("working\ntold"), "led by run: {led_by_run}");
    }
}
