//! §1 and §3: each fixture event is sent as exactly the payload in the file beside it. If there is
//! no such file, no event is sent.
//!
//! `make bless` rewrites the payloads. Check the difference before you commit it.

use crate::common::{Receiver, Sandbox, trials, trials::trial};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

pub fn trials() -> Vec<Trial> {
    let mut trials = trials![
        there_are_fixtures_with_and_without_a_payload,
        docglows_own_events_give_the_same_payload,
        every_published_adapter_is_sent_by_its_name,
    ];
    trials.extend(fixture_names().into_iter().map(|name| {
        let title = format!("contract::event::fixture::{name}");
        trial(title, &[], move || the_fixture_comes_out_as_expected(&name))
    }));
    trials
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn fixture_names() -> Vec<String> {
    let folder = fs::read_dir(fixtures().join("events")).expect("the folder of fixtures");
    let file_names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> =
        file_names.filter_map(|name| name.strip_suffix(".event.json").map(str::to_owned)).collect();
    names.sort();
    names
}

fn payload_file(name: &str) -> PathBuf {
    fixtures().join("events").join(format!("{name}.payload.json"))
}

fn expected_payload(name: &str) -> Option<String> {
    fs::read_to_string(payload_file(name)).ok()
}

/// Whether the payloads are to be rewritten.
fn is_blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

/// The payload with this machine's own values in place of the placeholders.
fn filled_in(payload: &str, instance_id: &str) -> String {
    payload.trim_end().replace("INSTANCE_ID", instance_id).replace("PLATFORM", platform())
}

/// The body with placeholders in place of this machine's own values.
fn with_placeholders(body: &str, instance_id: &str) -> String {
    let platform = format!(r#""platform":"{}""#, platform());
    body.replace(instance_id, "INSTANCE_ID").replace(&platform, r#""platform":"PLATFORM""#) + "\n"
}

fn platform() -> &'static str {
    match std::env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        "windows" => "windows",
        _ => "other",
    }
}

/// The body that is sent for this event, and the instance id in the state file afterwards.
fn sent(event: impl Into<Vec<u8>>) -> (String, String) {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let run = sandbox.hook().on().to(&receiver).arg("--wait").stdin(event).run();
    run.assert_silent();
    let state = sandbox.state().expect("the state file of the first event");
    let instance_id = state["instance_id"].as_str().expect("an instance id");
    (receiver.only_request().text().to_owned(), instance_id.to_owned())
}

fn there_are_fixtures_with_and_without_a_payload() {
    let names = fixture_names();
    let (with, without): (Vec<_>, Vec<_>) =
        names.iter().partition(|name| expected_payload(name).is_some());
    assert!(with.len() > 150 && without.len() > 50, "{} and {}", with.len(), without.len());
}

fn the_fixture_comes_out_as_expected(name: &str) {
    let file = fixtures().join("events").join(format!("{name}.event.json"));
    let event = fs::read(file).expect("the event");
    match expected_payload(name) {
        Some(payload) => {
            let (body, instance_id) = sent(event);
            if is_blessing() {
                fs::write(payload_file(name), with_placeholders(&body, &instance_id)).unwrap();
            } else {
                assert_eq!(body, filled_in(&payload, &instance_id));
            }
        }
        None => nothing_is_sent(event),
    }
}

fn nothing_is_sent(event: Vec<u8>) {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let hook = sandbox.hook().on().to(&receiver).stdin(event);
    hook.clone().arg("--wait").run().assert_silent();
    let run = hook.debug().run();
    run.assert_not_sent();
    assert_eq!(run.stdout(), "");
    assert_eq!(receiver.connections(), 0);
    assert!(!sandbox.state_dir().exists(), "an id was made for no event");
}

fn docglows_own_events_give_the_same_payload() {
    let bodies = fs::read_to_string(fixtures().join("payloads.jsonl")).unwrap();
    assert_eq!(bodies.lines().count(), 5);
    for body in bodies.lines() {
        let mut expected: Value = serde_json::from_str(body).unwrap();
        let (sent, instance_id) = sent(body);
        expected["instance_id"] = json!(instance_id);
        expected["platform"] = json!(platform());
        assert_eq!(serde_json::from_str::<Value>(&sent).unwrap(), expected);
        let order = |text: &str| -> Vec<usize> {
            let keys = serde_json::from_str::<Value>(body).unwrap();
            let keys = keys.as_object().unwrap().keys();
            keys.map(|key| text.find(&format!("\"{key}\":")).unwrap()).collect()
        };
        let rank = |positions: Vec<usize>| -> Vec<usize> {
            let rank_of = |position| positions.iter().filter(|other| *other < position).count();
            positions.iter().map(rank_of).collect()
        };
        assert_eq!(rank(order(&sent)), rank(order(body)), "the keys are in another order");
    }
}

fn every_published_adapter_is_sent_by_its_name() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let adapters = fs::read_to_string(fixtures().join("adapters.txt")).unwrap();
    for (index, adapter) in adapters.lines().enumerate() {
        let event =
            json!({"command": "health", "result": "error", "adapter_type": adapter.to_uppercase()});
        let hook = sandbox.hook().on().to(&receiver).arg("--wait");
        hook.stdin(event.to_string()).run().assert_silent();
        assert_eq!(receiver.requests()[index].json()["adapter_type"], adapter);
    }
    assert!(receiver.requests().len() > 80);
}
