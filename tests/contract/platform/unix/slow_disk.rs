//! First events while the disk is slow: the first writer holds the lock for longer than a second.

use crate::common::process::wait_until;
use crate::common::{EVENT, Invocation, Outcome, Receiver, Sandbox, trials};
use serde_json::json;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::thread;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        first_events_agree_on_one_id_even_if_the_disk_is_slow needs ["strace"],
        an_answer_waits_for_a_first_event_on_a_slow_disk needs ["strace"],
        a_slow_manifest_and_a_lock_that_is_held_lose_no_event needs ["strace"],
    ]
}

/// The events after the first one.
const LATER_EVENTS: usize = 5;

/// A sandbox with the folders that a send creates, so that the first `fsync` is that of the state
/// file.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.state_dir().join("senders")).expect("the folders");
    sandbox
}

/// The hook under strace, which delays these calls of `fsync(2)` by 1.6 s.
fn with_a_slow_disk(call: Invocation, delayed_calls: &str) -> Invocation {
    let inject = format!("inject=fsync:delay_enter=1600000{delayed_calls}");
    under_strace(call, &["-e", "trace=fsync", "-e", &inject])
}

fn under_strace(call: Invocation, options: &[&str]) -> Invocation {
    call.under("strace", [&["-f", "-qq", "-o", "/dev/null"], options].concat())
}

/// Waits until the first writer holds the lock.
fn await_writer(sandbox: &Sandbox) {
    let written = sandbox.state_file().with_extension("json.new");
    wait_until("the first writer has begun", || {
        fs::metadata(&written).is_ok_and(|file| file.len() > 0)
    });
}

fn first_events_agree_on_one_id_even_if_the_disk_is_slow() {
    for delayed_calls in ["", ":when=1", ":when=2"] {
        let (sandbox, receiver) = (sandbox(), Receiver::answering());
        let call = sandbox.hook().on().to(&receiver).arg("--wait").stdin(EVENT);
        let first = with_a_slow_disk(call.clone(), delayed_calls);
        thread::scope(|scope| {
            let first = scope.spawn(move || first.run());
            if delayed_calls != ":when=2" {
                await_writer(&sandbox);
            }
            let run = |_| scope.spawn(|| call.clone().debug().run());
            let later: Vec<_> = (0..LATER_EVENTS).map(run).collect();
            for run in later {
                let outcome: Outcome = run.join().expect("a later event");
                outcome.assert_sent(&receiver.url(), "204");
            }
            first.join().expect("the first event").assert_success();
        });
        let ids: BTreeSet<String> =
            receiver.requests().iter().map(|sent| sent.json()["instance_id"].to_string()).collect();
        let in_the_file = sandbox.state().expect("the state file")["instance_id"].to_string();
        assert_eq!(ids, BTreeSet::from([in_the_file]), "fsync{delayed_calls}");
    }
}

fn an_answer_waits_for_a_first_event_on_a_slow_disk() {
    let (sandbox, receiver) = (sandbox(), Receiver::answering());
    let call = sandbox.hook().on().to(&receiver).arg("--wait").stdin(EVENT);
    let first = with_a_slow_disk(call, ":when=1");
    thread::scope(|scope| {
        let first = scope.spawn(move || first.run());
        await_writer(&sandbox);
        let disable = sandbox.command(["disable"]).run();
        assert_eq!(disable.assert_success().stderr(), "");
        first.join().expect("the first event").assert_success();
    });
    let (state, sent) = (sandbox.state().expect("the state file"), receiver.only_request());
    assert_eq!(state["consent"], json!("no"));
    assert_eq!(state["instance_id"], sent.json()["instance_id"]);
}

/// The sender reads the manifest before it waits for the id, so that there is time left to send.
fn a_slow_manifest_and_a_lock_that_is_held_lose_no_event() {
    let (sandbox, receiver) = (sandbox(), Receiver::answering());
    let folder = fs::File::open(sandbox.state_dir()).expect("the configuration folder");
    folder.lock().expect("its lock");
    let target = sandbox.project().join("target");
    fs::create_dir(&target).expect("a target folder");
    let manifest = target.join("manifest.json");
    fs::write(&manifest, r#"{"metadata": {"adapter_type": "duckdb"}}"#).expect("a manifest");
    let target_dir = [OsStr::new("--target-dir"), target.as_os_str()];
    let call = sandbox.hook().on().to(&receiver).arg("--wait").args(target_dir).stdin(EVENT);
    let manifest = manifest.to_str().expect("a UTF-8 path");
    let slow_read = "inject=read:delay_enter=700000:when=1";
    let call = under_strace(call, &["-P", manifest, "-e", "trace=read", "-e", slow_read]);
    call.run().assert_success();
    assert_eq!(receiver.only_request().json()["adapter_type"], "duckdb");
}
