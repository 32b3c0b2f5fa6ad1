//! The detached sender: its isolation, its lifetime, and that its caller never waits for it.

use crate::common::{Behaviour, EVENT, Receiver, Sandbox, trials};
use crate::support::senders::Sender;
use crate::support::{Hook, SENDER_LIFE, SENDER_NICENESS, ThreeSeconds};
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        an_event_is_delivered_after_the_caller_has_gone_on,
        the_sender_is_cut_off_from_its_caller needs ["sight of senders"],
        the_sender_has_a_lower_priority,
        a_sender_that_is_killed_is_told_from_one_that_timed_out,
        the_event_is_in_no_argument_and_no_environment needs ["sight of senders"],
        the_sender_is_gone_three_seconds_after_its_start,
        waiting_ends_after_three_seconds_too,
        debug_shows_the_outcome_of_the_event,
        a_long_endpoint_is_handed_over_whole,
        the_sender_works_for_the_hook_alone,
    ]
}

pub fn timed_trials() -> Vec<libtest_mimic::Trial> {
    trials![the_callers_time_does_not_depend_on_the_endpoint]
}

fn an_event_is_delivered_after_the_caller_has_gone_on() {
    let (hook, receiver) =
        (Hook::new(), Receiver::start(Behaviour::SlowBy(Duration::from_millis(200))));
    hook.call().to(&receiver).run().assert_silent();
    hook.sender();
    let request = receiver.wait_for(1, SENDER_LIFE).remove(0);
    assert_eq!(request.json()["duration_ms"], 1446);
}

fn the_sender_is_cut_off_from_its_caller() {
    let (hook, receiver) = (Hook::new(), Receiver::start(Behaviour::Silent));
    hook.call().to(&receiver).run().assert_silent();
    receiver.wait_for(1, SENDER_LIFE);
    let sender = hook.sender();
    let own_group = rustix::process::getpgrp().as_raw_nonzero().get();
    let [group, id] =
        [sender.stat(5), sender.proc("stat").split(|b| *b == b' ').next().and_then(parse)];
    assert!(
        group.is_some() && group == id && group != Some(own_group.into()),
        "{group:?} of {id:?}"
    );
    assert_eq!(sender.link("cwd"), Some(PathBuf::from("/")));
    assert!(sender.ignores(Signal::HUP));
    // Its connection, its slot, and its source of random numbers.
    let is_own = |path: &Path| {
        let name = path.to_string_lossy();
        name.starts_with("socket:")
            || name == "/dev/urandom"
            || path.starts_with(hook.sandbox.state_dir())
    };
    for (number, path) in sender.descriptors() {
        match number {
            // The pipe of the hand-over, at its end.
            0 => assert!(
                path.to_string_lossy().starts_with("pipe:") || path == Path::new("/dev/null"),
                "{path:?}"
            ),
            1 | 2 => assert_eq!(path, Path::new("/dev/null")),
            _ => assert!(is_own(&path), "descriptor {number} leads to {path:?}"),
        }
    }
}

fn the_sender_has_a_lower_priority() {
    const NICENESS_FIELD: usize = 19;
    const MOST: i64 = 19;
    let (hook, receiver) = (Hook::new(), Receiver::start(Behaviour::Silent));
    hook.call().to(&receiver).run().assert_silent();
    receiver.wait_for(1, SENDER_LIFE);
    let sender = hook.sender().stat(NICENESS_FIELD).expect("its niceness");
    let own = Sender::this_process().stat(NICENESS_FIELD).expect("a niceness");
    assert_eq!(sender, (own + i64::from(SENDER_NICENESS)).min(MOST));
}

fn a_sender_that_is_killed_is_told_from_one_that_timed_out() {
    let (hook, receiver) = (Hook::new(), Receiver::start(Behaviour::Silent));
    let outcome = thread::scope(|scope| {
        let run = scope.spawn(|| hook.call().to(&receiver).debug().run());
        receiver.wait_for(1, SENDER_LIFE);
        hook.sender().kill();
        run.join().expect("the hook")
    });
    outcome.assert_sent(&receiver.url(), "failed (the sender gave up)");
}

fn parse(bytes: &[u8]) -> Option<i64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn the_event_is_in_no_argument_and_no_environment() {
    let (hook, receiver) = (Hook::new(), Receiver::start(Behaviour::Silent));
    let call = hook
        .call()
        .to(&receiver)
        .env("DOCGLOW_VERCEL_BYPASS", "s3cret-token")
        .env("UNRELATED", "unrelated-secret");
    call.run().assert_silent();
    receiver.wait_for(1, SENDER_LIFE);
    let sender = hook.sender();
    assert_eq!(sender.proc("environ"), b"");
    let port = receiver.port().to_string();
    for text in ["duckdb", "generate", "1446", &port, "s3cret-token", "unrelated-secret"] {
        assert!(!sender.shows(text), "{text}");
    }
    assert!(!sender.shows(hook.sandbox.root()));
}

fn the_sender_is_gone_three_seconds_after_its_start() {
    let (hook, receiver) = (Hook::new(), Receiver::start(Behaviour::Silent));
    hook.call().to(&receiver).run().assert_silent();
    let three_seconds = ThreeSeconds::begin();
    hook.sender();
    hook.assert_gone_within(three_seconds);
    assert_eq!(receiver.requests().len(), 1);
}

fn waiting_ends_after_three_seconds_too() {
    let (hook, receiver) = (Hook::new(), Receiver::start(Behaviour::Silent));
    let mut three_seconds = ThreeSeconds::begin();
    let waited = hook.call().arg("--wait").to(&receiver).run();
    assert!(!three_seconds.are_over(), "the hook returned after {:?}", waited.assert_silent().wall);
    assert_eq!((receiver.requests().len(), hook.senders()), (1, Vec::new()));
    let answering = Receiver::answering();
    hook.call().arg("--wait").to(&answering).run().assert_silent();
    answering.only_request();
}

fn debug_shows_the_outcome_of_the_event() {
    let hook = Hook::new();
    for status in [200, 204, 400, 404, 429, 500, 503] {
        let receiver = Receiver::start(Behaviour::Answer(status, Vec::new()));
        hook.call().to(&receiver).debug().run().assert_sent(&receiver.url(), &status.to_string());
        // An event is sent once, whatever the answer is.
        assert_eq!((receiver.requests().len(), receiver.connections()), (1, 1), "{status}");
    }
    let refusing = Receiver::refusing();
    hook.call()
        .to(&refusing)
        .debug()
        .run()
        .assert_sent(&refusing.url(), "failed (Connection refused)");
    let unused = Receiver::answering();
    hook.call().to(&unused).env("DOCGLOW_NO_TELEMETRY", "1").debug().run().assert_not_sent();
    hook.call().to(&unused).stdin("{}").debug().run().assert_not_sent();
    assert_eq!(unused.connections(), 0);
}

fn a_long_endpoint_is_handed_over_whole() {
    // More than fits into a pipe.
    let (hook, receiver) = (Hook::new(), Receiver::answering());
    let url = format!("{}?{}", receiver.url(), "x".repeat(100_000));
    hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url).run().assert_silent();
    let request = receiver.wait_for(1, SENDER_LIFE).remove(0);
    assert_eq!(
        format!("http://{}{}", receiver.address(), request.line.split(' ').nth(1).unwrap()),
        url
    );
}

fn the_callers_time_does_not_depend_on_the_endpoint() {
    const ROUNDS: usize = 42;
    let endpoints = [
        ("answering", Receiver::answering()),
        ("slow", Receiver::start(Behaviour::SlowBy(Duration::from_millis(200)))),
        ("silent", Receiver::start(Behaviour::Silent)),
        ("drip", Receiver::start(Behaviour::Drip)),
        ("refusing", Receiver::refusing()),
        ("black hole", Receiver::black_hole()),
    ];
    let mut runs = endpoints.map(|(name, receiver)| (name, Hook::new(), receiver, Vec::new()));
    for _ in 0..ROUNDS {
        // Each run has each position in a round equally often.
        runs.rotate_left(1);
        for (_, hook, receiver, times) in &mut runs {
            times.push(hook.call().to(receiver).run().assert_silent().wall);
        }
    }
    let mut times = runs.map(|(name, _hook, _receiver, mut times)| {
        times.sort();
        (times[ROUNDS / 2], times[ROUNDS * 9 / 10], name)
    });
    times.sort();
    let ((fastest, noise, _), (slowest, ..)) = (times[0], times[times.len() - 1]);
    assert!(slowest < noise.max(fastest * 2), "median, 90th percentile: {times:?}");
    println!("the caller's time, median and 90th percentile: {times:?}");
}

/// If another program starts the sender, there was no decision. For example, the kill switch was
/// not read.
fn the_sender_works_for_the_hook_alone() {
    let receiver = Receiver::answering();
    let handover = docglow_telemetry::sender::Handover {
        event: docglow_telemetry::payload::Event::parse(EVENT).expect("an event"),
        endpoint: docglow_telemetry::endpoint::Endpoint::parse(&receiver.url())
            .expect("an endpoint"),
        bypass_token: None,
        proxy: Default::default(),
        state_folder: None,
        target_dir: None,
        docglow: None,
    };
    let text = serde_json::to_vec(&handover).expect("a hand-over");
    let sandbox = Sandbox::new();
    let sender = |killed: &str| {
        sandbox.command(["send-from-stdin"]).env("DOCGLOW_NO_TELEMETRY", killed).stdin(text.clone())
    };
    sender("1").run().assert_silent();
    sender("0").run().assert_silent();
    assert_eq!(receiver.connections(), 0);
    // The same hand-over is accepted if the environment is the one that the hook sets.
    let bare = sender("1")
        .env_remove("DOCGLOW_NO_TELEMETRY")
        .env_remove("HOME")
        .env_remove("XDG_CONFIG_HOME");
    let report = format!("telemetry: POST {} -> 204\n", receiver.url());
    assert_eq!(bare.run().assert_success().stdout(), report);
    // Variables that a system sets itself, as macOS's CoreFoundation and Windows do, do not prevent
    // sending.
    let by_system =
        bare.env("__CF_USER_TEXT_ENCODING", "0x1F5:0x0:0x0").env("SystemRoot", "C:\\Windows");
    assert_eq!(by_system.run().assert_success().stdout(), report);
    for variable in
        ["DOCGLOW_TELEMETRY", "DOCGLOW_TELEMETRY_ENDPOINT", "https_proxy", "ALL_PROXY", "HOME"]
    {
        assert_eq!(
            by_system.clone().env(variable, "1").run().assert_success().stdout(),
            "",
            "{variable}"
        );
    }
}
