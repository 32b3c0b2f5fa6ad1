//! §4: the state file, shared with docglow itself.

use crate::common::platform::NO_REGULAR_FILES;
use crate::common::{EVENT, Receiver, Sandbox, trials};
use crate::decision::{INSTANCE_ID, state_with};
use crate::platform::LOCK_FILES;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        docglows_own_file_is_read_and_not_changed,
        the_hook_writes_docglows_format,
        consent_changes_keep_the_id,
        an_id_is_made_by_enable_and_the_first_event_only,
        the_second_event_has_the_id_of_the_first,
        disable_without_a_file_records_a_no_without_an_id,
        an_id_that_is_no_uuid4_counts_as_absent,
        a_good_id_in_another_spelling_is_sent_rebuilt,
        an_unknown_consent_is_unset,
        a_file_that_can_not_be_used_counts_as_absent,
        a_file_that_is_no_regular_file_never_blocks,
        only_the_state_file_the_log_and_empty_slots_are_left,
    ]
}

pub fn sent_id(sandbox: &Sandbox) -> String {
    let receiver = Receiver::answering();
    let hook = sandbox.hook().on().to(&receiver).arg("--wait");
    hook.stdin(EVENT).run().assert_silent();
    receiver.only_request().json()["instance_id"].as_str().unwrap().to_owned()
}

fn status(sandbox: &Sandbox) -> Value {
    sandbox.command(["status", "--json"]).run().assert_success().json()
}

#[track_caller]
fn assert_keys(state: &Value, expected: &[&str]) {
    let mut expected = expected.to_vec();
    expected.sort();
    let keys: Vec<_> = state.as_object().expect("an object").keys().collect();
    assert_eq!(keys, expected, "{state}");
}

/// Panics unless this is RFC 3339 in UTC, and not older than a minute.
#[track_caller]
fn assert_recorded_just_now(recorded_at: &Value) {
    let text = recorded_at.as_str().expect("a string");
    let (time, zone) = text.split_at(19);
    let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00", "{text}");
    let zone = zone.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    assert!(zone == "Z" || zone == "+00:00", "{text}");
    let number = |from: usize, to: usize| time[from..to].parse::<i64>().unwrap();
    let (year, month) = (number(0, 4), number(5, 7));
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        year * 365 + year / 4 - year / 100 + year / 400 + (month * 306 + 5) / 10 + number(8, 10)
            - 719_469;
    let recorded = days * 86_400 + number(11, 13) * 3600 + number(14, 16) * 60 + number(17, 19);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;
    assert!((0..60).contains(&(now - recorded)), "{text} is not now");
}

fn docglows_own_file_is_read_and_not_changed() {
    for (consent, active) in [("yes", true), ("no", false), ("unset", false)] {
        let (sandbox, written) = (Sandbox::new(), state_with(consent));
        sandbox.write_state(&written);
        let status = status(&sandbox);
        assert_eq!((&status["consent"], &status["active"]), (&json!(consent), &json!(active)));
        assert_eq!(status["instance_id"], INSTANCE_ID);
        assert_eq!(sent_id(&sandbox), INSTANCE_ID);
        assert_eq!(fs::read_to_string(sandbox.state_file()).unwrap(), written);
    }
}

fn the_hook_writes_docglows_format() {
    for (command, consent) in [("enable", "yes"), ("disable", "no")] {
        let sandbox = Sandbox::new();
        let id = sent_id(&sandbox);
        let first = sandbox.state().unwrap();
        assert_eq!(first, json!({"version": 1, "instance_id": id, "consent": "unset"}));
        sandbox.command([command]).run().assert_success();
        let state = sandbox.state().unwrap();
        assert_keys(&state, &["version", "instance_id", "consent", "consent_recorded_at"]);
        assert_eq!((&state["version"], &state["consent"]), (&json!(1), &json!(consent)));
        assert_eq!(state["instance_id"], id.as_str());
        assert_recorded_just_now(&state["consent_recorded_at"]);
    }
}

fn consent_changes_keep_the_id() {
    let sandbox = Sandbox::new();
    sandbox.write_state(state_with("unset"));
    for (command, consent) in
        [("enable", "yes"), ("disable", "no"), ("disable", "no"), ("enable", "yes")]
    {
        sandbox.command([command]).run().assert_success();
        let state = sandbox.state().unwrap();
        assert_eq!(
            (&state["consent"], &state["instance_id"]),
            (&json!(consent), &json!(INSTANCE_ID))
        );
    }
}

fn an_id_is_made_by_enable_and_the_first_event_only() {
    let commands = [
        (&["status"][..], ""),
        (&["status", "--json"], ""),
        (&["preview"], EVENT),
        (&["--version"], ""),
    ];
    for (arguments, stdin) in commands {
        let sandbox = Sandbox::new();
        let run = || sandbox.hook().args(arguments).on().stdin(stdin).run();
        run().assert_success();
        assert!(!sandbox.state_dir().exists(), "{arguments:?}");
        sandbox.write_state(r#"{"version": 1, "consent": "yes"}"#);
        run().assert_success();
        assert_eq!(
            sandbox.state().unwrap(),
            json!({"version": 1, "consent": "yes"}),
            "{arguments:?}"
        );
    }
    let sandbox = Sandbox::new();
    sandbox.command(["enable"]).run().assert_success();
    let id = sandbox.state().unwrap()["instance_id"].as_str().unwrap().to_owned();
    crate::assert_uuid4(&id);
    assert_eq!(sent_id(&sandbox), id);
}

fn the_second_event_has_the_id_of_the_first() {
    let sandbox = Sandbox::new();
    let first = sent_id(&sandbox);
    crate::assert_uuid4(&first);
    let written = fs::read(sandbox.state_file()).unwrap();
    assert_eq!(sent_id(&sandbox), first);
    assert_eq!(fs::read(sandbox.state_file()).unwrap(), written);
}

fn disable_without_a_file_records_a_no_without_an_id() {
    let sandbox = Sandbox::new();
    sandbox.command(["disable"]).run().assert_success();
    let state = sandbox.state().unwrap();
    assert_keys(&state, &["version", "consent", "consent_recorded_at"]);
    assert_eq!((&state["version"], &state["consent"]), (&json!(1), &json!("no")));
    assert_eq!(status(&sandbox)["instance_id"], Value::Null);
    let id = sent_id(&sandbox);
    let with_id = sandbox.state().unwrap();
    assert_eq!((&with_id["instance_id"], &with_id["consent"]), (&json!(id), &json!("no")));
    assert_eq!(with_id["consent_recorded_at"], state["consent_recorded_at"]);
}

fn an_id_that_is_no_uuid4_counts_as_absent() {
    let ids = [
        json!(null),
        json!(7),
        json!(""),
        json!("SECRET-7f3a9c"),
        json!("00000000-0000-0000-0000-000000000000"),
        json!("90d9c317-33b3-1784-98a9-1d5ebf9aea23"),
        json!("90d9c317-33b3-7784-98a9-1d5ebf9aea23"),
        json!("90d9c317-33b3-4784-18a9-1d5ebf9aea23"),
        json!("90d9c317-33b3-4784-f8a9-1d5ebf9aea23"),
        json!("90d9c317-33b3-4784-98a9-1d5ebf9aea2"),
        json!("90d9c317-33b3-4784-98a9-1d5ebf9aea23 "),
        json!("90d9c317-33b3-4784-98a9-1d5ebf9aea2\u{ff13}"),
        json!([INSTANCE_ID]),
    ];
    for id in ids {
        let sandbox = Sandbox::new();
        let at = "2025-11-02T10:20:30.123456+00:00";
        let mut state =
            json!({"version": 1, "instance_id": id, "consent": "yes", "consent_recorded_at": at});
        sandbox.write_state(state.to_string());
        assert_eq!(status(&sandbox)["instance_id"], Value::Null, "{id}");
        let fresh = sent_id(&sandbox);
        crate::assert_uuid4(&fresh);
        assert_ne!(fresh, INSTANCE_ID);
        state["instance_id"] = json!(fresh);
        assert_eq!(sandbox.state().unwrap(), state, "{id}");
    }
}

fn a_good_id_in_another_spelling_is_sent_rebuilt() {
    let sandbox = Sandbox::new();
    sandbox.write_state(state_with("yes").replace(INSTANCE_ID, &INSTANCE_ID.to_uppercase()));
    assert_eq!(sent_id(&sandbox), INSTANCE_ID);
    assert_eq!(status(&sandbox)["instance_id"], INSTANCE_ID);
}

fn an_unknown_consent_is_unset() {
    for consent in [
        json!("YES"),
        json!("y"),
        json!(" yes"),
        json!(true),
        json!(1),
        json!(null),
        json!(["yes"]),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write_state(
            json!({"version": 1, "instance_id": INSTANCE_ID, "consent": consent}).to_string(),
        );
        let status = status(&sandbox);
        assert_eq!(
            (&status["consent"], &status["rule"]),
            (&json!("unset"), &json!("default")),
            "{consent}"
        );
        assert_eq!(status["instance_id"], INSTANCE_ID);
    }
}

fn a_file_that_can_not_be_used_counts_as_absent() {
    let yes = state_with("yes");
    let huge = yes.clone() + &" ".repeat(8 * 1024 * 1024);
    let contents: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"\0\0\0\0".to_vec(),
        b"consent: yes".to_vec(),
        yes[..yes.len() - 1].into(),
        format!("[{yes}]").into(),
        yes.replace("\"version\": 1", "\"version\": 2").into(),
        yes.replace("\"version\": 1", "\"version\": \"1\"").into(),
        yes.replace("\"version\": 1, ", "").into(),
        yes.replace('}', ", \"note\": \"\u{1}\"}").into(),
        [yes.replace('}', ", \"note\": \"").as_bytes(), b"\xff\"}"].concat(),
        format!("{{\"x\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000)).into(),
        huge.into(),
        format!("{yes}{yes}").into(),
    ];
    for content in contents {
        let sandbox = Sandbox::new();
        sandbox.write_state(&content);
        let shown = String::from_utf8_lossy(&content[..content.len().min(200)]).into_owned();
        let before = status(&sandbox);
        assert_eq!(
            (&before["rule"], &before["instance_id"]),
            (&json!("default"), &Value::Null),
            "{shown:?}"
        );
        let id = sent_id(&sandbox);
        let expected = json!({"version": 1, "instance_id": id, "consent": "unset"});
        assert_eq!(sandbox.state().unwrap(), expected, "{shown:?}");
    }
}

fn a_file_that_is_no_regular_file_never_blocks() {
    for (name, make) in NO_REGULAR_FILES {
        for command in ["enable", "disable", "status"] {
            let sandbox = Sandbox::new();
            fs::create_dir(sandbox.state_dir()).unwrap();
            make(&sandbox.state_file());
            assert_eq!(status(&sandbox)["rule"], "default", "{name}");
            crate::assert_uuid4(&sent_id(&sandbox));
            sandbox.command([command]).run().assert_success();
        }
    }
}

fn only_the_state_file_the_log_and_empty_slots_are_left() {
    let sandbox = Sandbox::new();
    for command in ["enable", "status", "disable", "preview", "enable"] {
        let event = if command == "preview" { EVENT } else { "" };
        sandbox.command([command]).stdin(event).run().assert_success();
        sent_id(&sandbox);
    }
    assert_no_stray_files(&sandbox);
}

/// Panics if the sandbox contains more than the state file, the log and the senders' empty slots
/// after the last sender has ended.
#[track_caller]
pub fn assert_no_stray_files(sandbox: &Sandbox) {
    let senders = sandbox.state_dir().join("senders");
    let slots = names(&senders);
    // A sender keeps its slot until it ends.
    slots
        .iter()
        .for_each(|slot| drop(fs::File::open(senders.join(slot)).and_then(|file| file.lock())));
    let mut state_dir = names(&sandbox.state_dir());
    let known = [&["senders", "telemetry.json", "telemetry.log"], LOCK_FILES].concat();
    state_dir.retain(|name| !known.contains(&name.as_str()));
    assert_eq!(state_dir, Vec::<String>::new());
    let is_empty = |slot: &String| {
        fs::metadata(senders.join(slot)).is_ok_and(|file| file.is_file() && file.len() == 0)
    };
    assert!(slots.len() <= MAX_SLOTS && slots.iter().all(is_empty), "{slots:?}");
    assert_eq!(names(&sandbox.config_home()), ["docglow"]);
    let mut home = names(&sandbox.home());
    home.retain(|name| !sandbox.config_home().starts_with(sandbox.home().join(name)));
    assert_eq!((home, names(&sandbox.project())), (vec![], vec![]));
}

/// The limit of simultaneous senders, and so of their files.
const MAX_SLOTS: usize = 64;

/// The names in a folder. A missing folder counts as empty.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
