//! §4: simultaneous first runs agree on one id, and a consent that is recorded at the same time is
//! kept.

use crate::common::{EVENT, Receiver, Sandbox, trials};
use crate::platform::ROUNDS;
use crate::state::assert_no_stray_files;
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Child, Stdio};
use std::time::Duration;

const RUNS: usize = 50;
const ARRIVAL: Duration = Duration::from_secs(20);

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        fifty_first_runs_agree_on_one_id,
        a_no_recorded_among_fifty_first_runs_stands,
        a_yes_recorded_among_fifty_first_runs_stands,
    ]
}

/// Starts hooks that wait for the first byte of their event.
fn waiting_hooks(sandbox: &Sandbox, receiver: &Receiver) -> Vec<Child> {
    let mut command = sandbox.hook().on().to(receiver).as_command();
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    (0..RUNS).map(|_| command.spawn().expect("the hook")).collect()
}

/// Gives each hook its event, starts `command` after this many of them, and waits for all.
fn release(mut hooks: Vec<Child>, sandbox: &Sandbox, command: Option<(&str, usize)>) {
    let mut beside = None;
    for (index, hook) in hooks.iter_mut().enumerate() {
        if let Some((command, position)) = command
            && position == index
        {
            let mut command = sandbox.command([command]).as_command();
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            beside = Some(command.spawn().expect("the command"));
        }
        hook.stdin.take().unwrap().write_all(EVENT.as_bytes()).expect("a hook that reads");
    }
    for mut hook in hooks.into_iter().chain(beside) {
        assert!(hook.wait().unwrap().success());
    }
}

fn round(command: Option<(&str, usize)>) -> serde_json::Value {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    release(waiting_hooks(&sandbox, &receiver), &sandbox, command);
    let requests = receiver.wait_for(RUNS, ARRIVAL);
    assert_eq!(requests.len(), RUNS);
    let id_of = |request: &crate::common::Request| {
        request.json()["instance_id"].as_str().unwrap().to_owned()
    };
    let ids: BTreeSet<String> = requests.iter().map(id_of).collect();
    let state = sandbox.state().expect("the state file");
    let in_the_file = BTreeSet::from([state["instance_id"].as_str().expect("an id").to_owned()]);
    assert_eq!(ids, in_the_file, "the events and the file disagree");
    assert_no_stray_files(&sandbox);
    state
}

fn fifty_first_runs_agree_on_one_id() {
    for _ in 0..ROUNDS {
        let state = round(None);
        assert_eq!(state["consent"], "unset");
    }
}

fn a_consent_among_fifty_first_runs_stands(command: &str, consent: &str) {
    for index in 0..ROUNDS {
        let state = round(Some((command, index * RUNS / ROUNDS)));
        assert_eq!(state["consent"], consent, "round {index}: {state}");
        assert!(state["consent_recorded_at"].is_string(), "round {index}: {state}");
    }
}

fn a_no_recorded_among_fifty_first_runs_stands() {
    a_consent_among_fifty_first_runs_stands("disable", "no");
}

fn a_yes_recorded_among_fifty_first_runs_stands() {
    a_consent_among_fifty_first_runs_stands("enable", "yes");
}
