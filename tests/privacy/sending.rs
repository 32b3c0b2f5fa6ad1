//! The real binary among secrets: the request, the debug line, and the sender in `/proc`.

use crate::common::platform::{IS_LINUX, owner_of};
use crate::common::process::children;
use crate::common::{Behaviour, EVENT, Outcome, Receiver, Request, Sandbox, trials};
use crate::events::{any_object, mutated_event};
use crate::for_all;
use crate::secrets::{SECRETS, assert_none_in};
use crate::vocabulary::assert_closed;
use crate::world::World;
use std::ffi::OsStr;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

/// Each case starts one or two processes, which takes a multiple of the time under wine.
const CASES: u32 = if cfg!(windows) { 30 } else { 150 };

const SECONDS_10: Duration = Duration::from_secs(10);

pub fn trials() -> Vec<libtest_mimic::Trial> {
    let everywhere = trials![
        the_request_for_a_mutated_event_holds_no_secret,
        debug_does_not_repeat_input_that_is_no_event,
        versions_and_counts_found_among_secrets_are_the_only_thing_sent_of_them,
        preview_shows_no_secret_but_the_keys_that_it_drops,
        a_usage_error_does_not_repeat_the_command_line,
        a_docglow_command_line_full_of_secrets_shows_and_sends_none,
    ];
    let linux = if IS_LINUX {
        trials![
            the_sender_shows_no_secret_in_its_arguments_and_environment,
            the_senders_memory_is_hidden_from_other_processes_and_from_core_files,
        ]
    } else {
        Vec::new()
    };
    everywhere.into_iter().chain(linux).collect()
}

#[track_caller]
fn assert_clean(outcome: &Outcome, request: &Request) {
    assert_none_in(&outcome.stderr, "stderr");
    assert_none_in(&request.raw, "the request");
    assert_closed(request.text());
}

fn the_request_for_a_mutated_event_holds_no_secret() {
    let (world, receiver) = (World::new(), Receiver::answering());
    let hook = world.hook(&receiver).debug();
    let mut sent = 0;
    for_all(CASES, &mutated_event(), |text| {
        let outcome = hook.clone().stdin(text).run();
        outcome.assert_sent(&receiver.url(), "204");
        sent += 1;
        let requests = receiver.requests();
        assert_eq!(requests.len(), sent);
        assert_clean(&outcome, &requests[sent - 1]);
    });
}

fn debug_does_not_repeat_input_that_is_no_event() {
    let (world, receiver) = (World::new(), Receiver::answering());
    let hook = world.hook(&receiver).debug();
    for_all(CASES, &any_object(), |text| {
        let outcome = hook.clone().stdin(text).run();
        outcome.assert_success();
        assert_none_in(&outcome.stderr, "stderr");
        assert!(outcome.stdout.is_empty());
    });
    receiver.requests().iter().for_each(|request| assert_none_in(&request.raw, "the request"));
}

fn versions_and_counts_found_among_secrets_are_the_only_thing_sent_of_them() {
    let (world, receiver) = (World::new(), Receiver::answering());
    let event = r#"{"command":"generate","result":"success"}"#;
    let outcome = world.hook(&receiver).debug().stdin(event).run();
    let request = receiver.only_request();
    assert_clean(&outcome, &request);
    let payload = request.json();
    assert_eq!(
        (&payload["docglow_version"], &payload["python_version"]),
        (&"0.9.2".into(), &"3.11.7".into())
    );
    assert_eq!(
        (&payload["adapter_type"], &payload["project_shape"]["models"]),
        (&"other".into(), &1.into())
    );
}

fn preview_shows_no_secret_but_the_keys_that_it_drops() {
    let (world, receiver) = (World::new(), Receiver::answering());
    let hook = world.hook(&receiver).arg("preview");
    for_all(CASES / 3, &mutated_event(), |text| {
        let outcome = hook.clone().stdin(text).run();
        assert!(outcome.assert_success().stdout().contains("\"schema_version\":1"));
        assert_none_in(&outcome.stdout, "the preview");
        for line in outcome.stderr().lines() {
            // A dropped member is named by its key, which may be any text.
            let (key, why) = line.rsplit_once("\": ").expect("a key and a reason");
            assert!(key.starts_with("docglow-telemetry: \""), "{line}");
            assert_none_in(why.as_bytes(), "the reason");
        }
    });
    assert_eq!(receiver.connections(), 0);
}

fn a_usage_error_does_not_repeat_the_command_line() {
    let sandbox = Sandbox::new();
    let [secret, ..] = SECRETS;
    for arguments in
        [vec![secret], vec!["--unknown", secret], vec!["init", secret], vec!["status", secret]]
    {
        let outcome = sandbox
            .command(arguments)
            .arg(format!("--{secret}={secret}"))
            .debug()
            .stdin(EVENT)
            .run();
        outcome.assert_success();
        assert!(!outcome.stderr.is_empty() && outcome.stdout.is_empty(), "{outcome:?}");
        assert_none_in(&outcome.stderr, "stderr");
    }
}

fn a_docglow_command_line_full_of_secrets_shows_and_sends_none() {
    let (world, receiver) = (World::new(), Receiver::answering());
    let [secret, _, wide, ..] = SECRETS;
    let mut hook = world.hook(&receiver).debug();
    let places = std::mem::take(&mut hook.arguments);
    let [_, target, _, docglow, _, project] = &places[..] else {
        panic!("three places: {places:?}")
    };
    let report = |status, words: &[&OsStr]| {
        hook.clone()
            .args(["report", "--status", status, "--duration-ms", "7", "--docglow"])
            .arg(docglow)
            .arg("--")
            .args(words)
            .run()
    };
    let values = [
        "--title",
        secret,
        "--ai-key",
        secret,
        "--select",
        wide,
        "--profile-connection",
        secret,
        "--output-dir",
        secret,
        "--column-lineage-select",
        secret,
        "--target-dir",
    ];
    let words = ["generate"].iter().chain(&values).map(OsStr::new);
    let words: Vec<_> =
        words.chain([target.as_os_str(), "--project-dir".as_ref(), project.as_os_str()]).collect();
    let outcome = report("0", &words);
    let request = receiver.only_request();
    assert_clean(&outcome, &request);
    let payload = request.json();
    assert_eq!(payload["features_used"], serde_json::json!(["column_lineage", "ai_chat"]));
    assert_eq!(
        (&payload["docglow_version"], &payload["project_shape"]["models"]),
        (&"0.9.2".into(), &1.into())
    );

    let option = format!("--{secret}={secret}");
    for words in [
        vec![secret],
        vec![&option],
        vec!["serve", secret],
        vec!["serve", "--dir", secret],
        vec!["health", "--project-dir", secret],
    ] {
        let words: Vec<_> = words.iter().map(OsStr::new).collect();
        let outcome = report("0", &words);
        assert_none_in(outcome.assert_not_sent().as_bytes(), "stderr");
    }
    // A later docglow may have options that this program does not know.
    let unknown =
        [vec!["health", secret], vec!["health", &option], vec!["health", "--format", secret]];
    for (i, words) in unknown.iter().enumerate() {
        let words: Vec<_> = words.iter().map(OsStr::new).collect();
        let outcome = report("0", &words);
        assert_clean(&outcome, &receiver.requests()[1 + i]);
    }
    assert_eq!(receiver.requests().len(), 1 + unknown.len());
}

fn the_sender_shows_no_secret_in_its_arguments_and_environment() {
    let (world, receiver) = (World::new(), Receiver::start(Behaviour::Silent));
    let event = EVENT.replace("duckdb", SECRETS[0]);
    let mut command = world.hook(&receiver).arg("--wait").as_command();
    let mut hook = command.stdin(Stdio::piped()).spawn().expect("the hook");
    std::io::Write::write_all(&mut hook.stdin.take().expect("its stdin"), event.as_bytes())
        .expect("the event");
    receiver.wait_for(1, SECONDS_10);
    let senders = children(hook.id());
    assert_eq!(senders.len(), 1, "{senders:?}");
    for file in ["cmdline", "environ", "comm"] {
        // Only root may read the environment of a process whose memory is hidden.
        let shown = fs::read(format!("/proc/{}/{file}", senders[0])).unwrap_or_default();
        assert_none_in(&shown, file);
        assert!(file == "environ" || !shown.is_empty(), "{file} is empty");
    }
    drop(receiver); // closes the connection, so the sender ends
    assert!(hook.wait().expect("the exit status").success());
}

fn the_senders_memory_is_hidden_from_other_processes_and_from_core_files() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::start(Behaviour::Silent));
    let hook = sandbox.as_nobody().on().to(&receiver).env("DOCGLOW_VERCEL_BYPASS", "token");
    let mut hook = hook.arg("--wait").as_command().stdin(Stdio::piped()).spawn().expect("the hook");
    std::io::Write::write_all(&mut hook.stdin.take().expect("its stdin"), EVENT.as_bytes())
        .expect("the event");
    receiver.wait_for(1, SECONDS_10);
    let sender = format!("/proc/{}", children(hook.id())[0]);
    assert_eq!(owner_of(format!("{sender}/mem").as_ref()), 0, "its user may read it");
    let limits = fs::read_to_string(format!("{sender}/limits")).expect("its limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit");
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{core}");
    drop(receiver);
    assert!(hook.wait().expect("the exit status").success());
}
