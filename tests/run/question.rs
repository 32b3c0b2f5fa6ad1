//! The question before the first `docglow generate`.

use crate::common::platform::{NOWHERE, pseudo_terminal};
use crate::common::process::{children, wait_until};
use crate::common::trials::tool_path;
use crate::common::{Invocation, Outcome, trials};
use crate::pty::{CTRL_C, CTRL_Z, Terminal};
use crate::scene::{Scene, written};
use docglow_telemetry::decision::environment::unattended_variables;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::thread;
use std::time::{Duration, Instant};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        // The longest one starts first.
        no_answer_in_a_minute_is_no_answer needs ["setsid", "stty"],
        y_and_yes_are_a_yes_and_the_command_is_reported needs ["setsid"],
        any_other_line_is_a_no needs ["setsid"],
        only_a_line_that_ends_with_enter_is_an_answer needs ["setsid"],
        input_within_half_a_second_is_no_answer needs ["setsid"],
        a_hundred_piped_or_pasted_yeses_record_nothing needs ["setsid", "script", "bash"],
        keys_that_tmux_sends_are_no_answer needs ["tmux"],
        a_terminal_that_is_gone_gives_no_answer needs ["setsid"],
        modes_left_behind_by_another_program_do_not_matter_and_stay needs ["setsid", "stty"],
        a_signal_ends_run_and_the_modes_are_restored needs ["setsid", "stty"],
        ctrl_c_ends_run_before_docglow_runs needs ["setsid", "stty"],
        after_ctrl_z_it_is_asked_again needs ["setsid", "bash", "stty"],
        there_is_no_question_in_ci_by_an_agent_or_in_a_notebook needs ["setsid"],
        every_variable_of_ci_agents_and_notebooks_is_listed_in_the_tests,
        there_is_no_question_if_there_would_be_no_event needs ["setsid"],
        there_is_no_question_if_the_answer_cannot_be_recorded needs ["setsid"],
        an_answer_that_is_not_recorded_silences_docglow needs ["setsid"],
        the_question_lists_the_data_and_how_to_turn_it_off needs ["setsid"],
    ]
}

const QUESTION: &str = "[y/N] ";
const CTRL_D: &str = "\x04";

/// A docglow that prints whether its own telemetry is silenced.
const STUB: &str = "echo \"docglow ran, silenced: <$DOCGLOW_NO_TELEMETRY>\"";
const RAN: &str = "docglow ran, silenced: <>";
const RAN_SILENCED: &str = "docglow ran, silenced: <1>";

fn undecided(scene: &Scene, words: &[&str]) -> Invocation {
    scene.run(words).env("STUB", STUB).env("TERM", "xterm")
}

fn generate(scene: &Scene) -> Invocation {
    undecided(scene, &["--wait", "docglow", "generate"])
}

/// The call, made by a shell that first prepares the terminal like this. The shell prints how the
/// call ended, and whether the terminal's modes are the same as before.
fn generate_after(scene: &Scene, prepare: &str) -> Invocation {
    let script = format!(
        "echo shell $$; trap : INT QUIT; {prepare}; before=$(stty -g); \"$@\"; status=$?
        [ \"$(stty -g)\" = \"$before\" ] && modes=kept; stty sane
        echo \"status $status, modes ${{modes-changed}}.\""
    );
    generate(scene).under("sh", ["-c", &script, "sh"])
}

fn consent(scene: &Scene) -> Option<Value> {
    scene.sandbox.state().map(|state| state["consent"].clone())
}

fn y_and_yes_are_a_yes_and_the_command_is_reported() {
    for answer in ["y\n", "YES\n", " yes \r"] {
        let scene = Scene::new();
        let mut terminal = Terminal::open(&generate(&scene));
        assert!(!terminal.wait_for(QUESTION).contains("docglow ran"));
        terminal.answer(answer);
        terminal.wait_for(RAN_SILENCED);
        let state = scene.sandbox.state().expect("a state file");
        assert_eq!(state["consent"], "yes", "{answer:?}");
        assert_eq!(scene.event().json()["instance_id"], state["instance_id"]);
    }
}

fn any_other_line_is_a_no() {
    for answer in ["\n", "n\n", "No\n", "yep\n", "yes please\n", "\x1b[200~y\x1b[201~\n"] {
        let scene = Scene::new();
        let mut terminal = Terminal::open(&generate(&scene));
        terminal.wait_for(QUESTION);
        terminal.answer(answer);
        terminal.wait_for(RAN);
        assert_eq!(consent(&scene), Some("no".into()), "{answer:?}");
        let mut again = Terminal::open(&generate(&scene));
        assert!(!again.wait_for(RAN).contains(QUESTION));
        scene.assert_nothing_sent();
    }
}

fn only_a_line_that_ends_with_enter_is_an_answer() {
    for keys in [CTRL_D, &format!("y{CTRL_D}"), &format!("n{CTRL_D}")] {
        let scene = Scene::new();
        let mut terminal = Terminal::open(&generate(&scene));
        terminal.wait_for(QUESTION);
        terminal.answer(keys);
        terminal.wait_for(RAN_SILENCED);
        assert_eq!(consent(&scene), None, "{keys:?}");
        scene.assert_nothing_sent();
    }
}

fn input_within_half_a_second_is_no_answer() {
    for keys in ["y\n", "y", "\n", "\x1b[I"] {
        let scene = Scene::new();
        let mut terminal = Terminal::open(&undecided(&scene, &["docglow", "generate"]).env(
            "STUB",
            format!("{STUB}; stty -icanon min 1; dd bs=9 count=1 2>/dev/null | od -c"),
        ));
        terminal.wait_for(QUESTION);
        terminal.type_in(keys);
        terminal.wait_for(RAN_SILENCED);
        // docglow can read the input, as the shell could.
        terminal.wait_for(match keys {
            "y\n" => "y  \\n",
            "\n" => "\\n",
            "y" => "y",
            _ => "033   [   I",
        });
        assert_eq!(consent(&scene), None, "{keys:?}");
    }
}

/// Runs `body` this many times, some of them at the same time.
fn repeat(times: usize, body: impl Fn() + Sync) {
    const AT_ONCE: usize = 5;
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| (0..times / AT_ONCE).for_each(|_| body()));
        }
    });
}

fn a_hundred_piped_or_pasted_yeses_record_nothing() {
    repeat(50, || {
        let scene = Scene::new();
        let call = generate(&scene);
        let mut piped = scene.program("/bin/sh").env("STUB", STUB).env("TERM", "xterm");
        let line = format!("'{}' run docglow generate", call.program.display());
        let script =
            "(sleep 0.05; echo y; sleep 0.7) | script -qec \"$1\" /dev/null; echo end".to_owned();
        piped.arguments = vec!["-c".into(), script.into(), "sh".into(), line.into()];
        let outcome = piped.run();
        assert!(outcome.stdout().contains(RAN_SILENCED), "{outcome:?}");
        assert_eq!(consent(&scene), None, "{outcome:?}");
    });
    repeat(50, || {
        let scene = Scene::new();
        let bash = scene.program(tool_path("bash").expect("bash"));
        let bash = bash.args(["--noprofile", "--norc", "-i"]).env("PS1", "ready> ");
        let mut terminal = Terminal::open(&bash.env("STUB", STUB).env("TERM", "xterm"));
        terminal.wait_for("ready> ");
        terminal.type_in("docglow-telemetry run docglow generate\ny\necho 'the '\"end\"\n");
        terminal.wait_for(RAN_SILENCED);
        terminal.wait_for("the end");
        assert_eq!(consent(&scene), None);
    });
}

/// A separate tmux server, which ends with the test.
struct Tmux<'a>(&'a Scene);

impl Tmux<'_> {
    fn run(&self, arguments: &[&str]) -> Outcome {
        let tmux = self.0.program(tool_path("tmux").expect("tmux")).env("STUB", STUB);
        let socket = self.0.sandbox.root().join("tmux");
        tmux.env("SHELL", "/bin/sh").arg("-S").arg(socket).args(arguments).run()
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

fn keys_that_tmux_sends_are_no_answer() {
    let scene = Scene::new();
    let tmux = Tmux(&scene);
    let shell = ["-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "50", "/bin/sh"];
    tmux.run(&shell).assert_success();
    let line = "clear; docglow-telemetry run docglow generate; echo the 'end'";
    for is_asked_first in [false, true].repeat(3) {
        let keys = ["send-keys", line, "Enter", "y", "Enter"];
        let shows = |text| tmux.run(&["capture-pane", "-p"]).stdout().contains(text);
        if is_asked_first {
            tmux.run(&keys[..3]).assert_success();
            wait_until("it asks", || shows(QUESTION.trim_end()));
            tmux.run(&["send-keys", "y", "Enter"]).assert_success();
        } else {
            tmux.run(&keys).assert_success();
        }
        wait_until("docglow ran", || shows(RAN_SILENCED) && shows("\nthe end"));
        assert_eq!(consent(&scene), None);
    }
}

fn no_answer_in_a_minute_is_no_answer() {
    let scene = Scene::new();
    let start = Instant::now();
    let mut terminal = Terminal::open(&generate_after(&scene, "stty -icanon min 0"));
    terminal.wait_for(QUESTION);
    // Without Enter, this is not a line.
    terminal.answer("y");
    terminal.wait_for_within(RAN_SILENCED, Duration::from_secs(90));
    assert!(start.elapsed() >= Duration::from_secs(60), "{:?}", start.elapsed());
    terminal.wait_for("status 0, modes kept.");
    assert_eq!(consent(&scene), None);
    scene.assert_nothing_sent();
}

fn a_terminal_that_is_gone_gives_no_answer() {
    let scene = Scene::new();
    let says = scene.sandbox.root().join("says");
    let (controller, name) = pseudo_terminal();
    let side = || File::options().read(true).write(true).open(&name).expect("the terminal");
    let call = generate(&scene).env("STUB", "echo \"ran <$DOCGLOW_NO_TELEMETRY>\" >>$SAYS");
    let shell = ["--ctty", "sh", "-c", "trap '' HUP; exec \"$@\"", "sh"];
    let session = call.env("SAYS", &says).under("setsid", shell);
    let mut process = session.as_command();
    let mut run = process.stdin(side()).stdout(side()).stderr(side()).spawn().expect("setsid");
    let mut screen = controller.try_clone().expect("a second handle");
    let mut shown = Vec::new();
    while !String::from_utf8_lossy(&shown).contains(QUESTION) {
        let mut bytes = [0; 1024];
        let length = std::io::Read::read(&mut screen, &mut bytes).expect("the question");
        shown.extend_from_slice(&bytes[..length]);
    }
    drop((controller, screen));
    wait_until("docglow ran", || written(&says).is_some());
    assert_eq!(written(&says).as_deref(), Some("ran <1>"));
    assert_eq!(consent(&scene), None);
    run.wait().expect("its end");
}

fn modes_left_behind_by_another_program_do_not_matter_and_stay() {
    for modes in [
        "-icrnl",
        "igncr",
        "inlcr",
        "-isig",
        "-icanon min 0 time 0",
        "-icanon min 5 time 0",
        "raw -echo",
        "-echo",
    ] {
        for (keys, answer) in [("y\r", Some("yes")), ("y\x04", None)] {
            // With `inlcr`, Enter still arrives as a carriage return.
            let scene = Scene::new();
            let mut terminal = Terminal::open(&generate_after(&scene, &format!("stty {modes}")));
            terminal.wait_for(QUESTION);
            terminal.answer(keys);
            terminal.wait_for("docglow ran");
            terminal.wait_for("status 0, modes kept.");
            assert_eq!(consent(&scene), answer.map(Into::into), "{modes} {keys:?}");
        }
    }
}

/// The process id of the `run` that the shell of [`generate_after`] waits for.
fn run_of(shown: &str) -> Pid {
    let shell = shown.lines().find_map(|line| line.strip_prefix("shell ")).expect("its id");
    let run = children(shell.trim().parse().expect("a number"))[0];
    Pid::from_raw(run.cast_signed()).expect("a process id")
}

fn a_signal_ends_run_and_the_modes_are_restored() {
    for signal in
        [Signal::TERM, Signal::INT, Signal::QUIT, Signal::HUP, Signal::ALARM, Signal::USR1]
    {
        for is_soon in [true, false] {
            let scene = Scene::new();
            let mut terminal = Terminal::open(&generate_after(&scene, "stty -icrnl"));
            let shown = terminal.wait_for(QUESTION);
            if !is_soon {
                terminal.answer("");
            }
            kill_process(run_of(&shown), signal).expect("it asks");
            let shown = terminal.wait_for("modes kept.");
            let status = format!("status {}, ", 128 + signal.as_raw());
            assert!(shown.contains(&status) && !shown.contains("docglow ran"), "{shown}");
            assert_eq!(consent(&scene), None, "{signal:?}");
        }
    }
}

fn ctrl_c_ends_run_before_docglow_runs() {
    for keys in [CTRL_C, &format!("y{CTRL_C}")] {
        let scene = Scene::new();
        let mut terminal = Terminal::open(&generate_after(&scene, ":"));
        terminal.wait_for(QUESTION);
        terminal.answer(keys);
        assert!(!terminal.wait_for("status 130, modes kept.").contains("docglow ran"));
        assert_eq!(consent(&scene), None, "{keys:?}");
    }
}

fn after_ctrl_z_it_is_asked_again() {
    let scene = Scene::new();
    let bash = scene.program(tool_path("bash").expect("bash"));
    let bash = bash.args(["--noprofile", "--norc", "--noediting", "-i"]).env("PS1", "ready> ");
    let mut terminal = Terminal::open(&bash.env("STUB", STUB).env("TERM", "xterm"));
    terminal.wait_for("ready> ");
    terminal.type_in("stty -ixany; stty -g; docglow-telemetry run docglow generate\n");
    let before = terminal.wait_for(QUESTION);
    terminal.answer(CTRL_Z);
    terminal.wait_for("Stopped");
    terminal.wait_for("ready> ");
    terminal.type_in("stty -g\n");
    let after = terminal.wait_for("ready> ");
    let modes = after.lines().find(|line| line.contains(':')).expect("the modes").trim();
    assert!(before.contains(modes), "{before}\n{after}");
    terminal.type_in("fg\n");
    terminal.wait_for(QUESTION);
    terminal.answer("n\n");
    terminal.wait_for(RAN);
    assert_eq!(consent(&scene), Some("no".into()));
}

/// The variables in the lists of the packages that `decision/environment.rs` names.
fn unattended() -> impl Iterator<Item = &'static str> {
    let lines = include_str!("../fixtures/unattended.txt").lines();
    lines.filter(|line| !line.starts_with('#'))
}

fn there_is_no_question_in_ci_by_an_agent_or_in_a_notebook() {
    let scene = Scene::new();
    for (name, value) in unattended().map(|name| (name, "any")).chain([("TERM", "dumb")]) {
        let mut terminal = Terminal::open(&generate(&scene).env(name, value));
        assert!(!terminal.wait_for(RAN).contains(QUESTION), "{name}={value}");
        assert_eq!(consent(&scene), None);
    }
}

fn every_variable_of_ci_agents_and_notebooks_is_listed_in_the_tests() {
    let known: BTreeSet<&str> = unattended_variables().collect();
    assert_eq!(known, unattended().collect(), "the lists differ: tests/fixtures/unattended.txt");
}

fn there_is_no_question_if_there_would_be_no_event() {
    for words in [
        &["docglow", "health"][..],
        &["docglow", "serve"],
        &["docglow", "--help"],
        &["docglow", "generate", "--help"],
        &["docglow", "generate", "--project-dir", "missing"],
        &["env", "docglow", "generate"],
        &["echo", RAN],
    ] {
        let scene = Scene::new();
        let mut terminal = Terminal::open(&undecided(&scene, words));
        assert!(!terminal.wait_for("docglow ran").contains(QUESTION), "{words:?}");
        assert_eq!(consent(&scene), None);
    }
}

fn there_is_no_question_if_the_answer_cannot_be_recorded() {
    let scene = Scene::new();
    let mut terminal =
        Terminal::open(&generate(&scene).env("XDG_CONFIG_HOME", NOWHERE).env("HOME", NOWHERE));
    let shown = terminal.wait_for(RAN_SILENCED);
    assert!(!shown.contains(QUESTION), "{shown}");
    assert_eq!(shown.matches("DOCGLOW_TELEMETRY=1").count(), 1, "{shown}");
    assert_eq!(shown.matches("DOCGLOW_NO_TELEMETRY=1").count(), 1, "{shown}");
}

fn an_answer_that_is_not_recorded_silences_docglow() {
    for (answer, variable) in [("y\n", "DOCGLOW_TELEMETRY=1"), ("n\n", "DOCGLOW_NO_TELEMETRY=1")] {
        let scene = Scene::new();
        fs::create_dir_all(scene.sandbox.state_file().join("folder")).expect("a folder");
        let mut terminal = Terminal::open(&generate(&scene));
        terminal.wait_for(QUESTION);
        terminal.answer(answer);
        let shown = terminal.wait_for(RAN_SILENCED);
        assert_eq!(shown.matches("could not be recorded").count(), 1, "{shown}");
        assert!(shown.contains(variable), "{shown}");
        scene.assert_nothing_sent();
    }
}

fn the_question_lists_the_data_and_how_to_turn_it_off() {
    let schema = include_str!("../../hooks/payload.schema.json");
    let schema: Value = serde_json::from_str(schema).expect("a schema");
    let features = &schema["$defs"]["features_used"]["items"]["enum"];
    let features = features.as_array().expect("words");
    let scene = Scene::new();
    let endpoint = scene.receiver.url();
    let call =
        generate(&scene).env("DOCGLOW_TELEMETRY_ENDPOINT", format!("{endpoint}?token=secret"));
    let shown = Terminal::open(&call).wait_for(QUESTION).replace("\r\n", " ");
    for part in [
        "https://docs.docglow.com/telemetry",
        "a random id for your account on this machine",
        "any https address or a port of this machine",
        "export DOCGLOW_NO_TELEMETRY=1",
        "docglow-telemetry disable",
        &format!("which of {} features", features.len()),
        &format!("It goes to {endpoint}"),
    ] {
        assert!(shown.contains(part), "{part:?} in {shown}");
    }
    assert!(!shown.contains("secret"), "{shown}");
}
