//! What this machine has sent, to be read afterwards.

use crate::common::platform::AT_ONCE;
use crate::common::{Behaviour, EVENT, Invocation, Receiver, Sandbox, trials};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

/// The log's promised size.
const MAX_BYTES: u64 = 64 * 1024;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        what_was_sent_can_be_read_to_the_letter,
        what_came_of_it_is_said_whatever_it_was,
        everybody_who_has_had_it_along_redirects_is_named,
        who_has_had_it_and_never_answers_is_named,
        an_endless_endpoint_pushes_nothing_out,
        nothing_is_logged_where_nothing_is_sent,
        many_writers_at_once_leave_whole_lines_and_lose_none,
        the_oldest_go_where_64_kib_are_full,
        a_log_of_something_else_stops_nobody_and_prints_nothing_of_it,
        status_shows_the_last_send,
    ]
}

fn log_file(sandbox: &Sandbox) -> PathBuf {
    sandbox.state_dir().join("telemetry.log")
}

fn records(sandbox: &Sandbox) -> Vec<Value> {
    let run = sandbox.command(["log", "--json"]).run();
    let lines = run.assert_success().stdout().lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn sends(sandbox: &Sandbox, receiver: &Receiver) -> Invocation {
    sandbox.hook().on().to(receiver).arg("--wait").stdin(EVENT)
}

fn what_was_sent_can_be_read_to_the_letter() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let url = receiver.url();
    sends(&sandbox, &receiver)
        .env("DOCGLOW_TELEMETRY_ENDPOINT", format!("{url}?token=s3cret"))
        .run()
        .assert_silent();
    let body = receiver.only_request().text().to_owned();
    let shown = sandbox.command(["log"]).run();
    let [summary, second, ""] = shown.assert_success().stdout().lines().collect::<Vec<_>>()[..]
    else {
        panic!("{shown:?}");
    };
    assert_eq!(second, body);
    let (at, rest) = summary.split_once("  ").expect("when");
    assert_eq!(rest, format!("{url}?(set)  204"));
    assert!(at.len() == "2026-11-25T16:00:00.000Z".len() && at.ends_with('Z'), "{at}");
    assert!(!fs::read_to_string(log_file(&sandbox)).unwrap().contains("s3cret"));
}

fn what_came_of_it_is_said_whatever_it_was() {
    let outcome = |receiver: &Receiver| {
        let sandbox = Sandbox::new();
        sends(&sandbox, receiver).run().assert_silent();
        records(&sandbox)[0]["outcome"].as_str().expect("an outcome").to_owned()
    };
    assert_eq!(outcome(&Receiver::start(Behaviour::Answer(503, Vec::new()))), "503");
    assert_eq!(outcome(&Receiver::refusing()), "Connection refused");
    assert_eq!(outcome(&Receiver::start(Behaviour::Silent)), "no answer");
}

fn everybody_who_has_had_it_along_redirects_is_named() {
    let (sandbox, last) = (Sandbox::new(), Receiver::answering());
    let first = Receiver::start(Behaviour::Answer(307, vec![("Location".to_owned(), last.url())]));
    sends(&sandbox, &first).run().assert_silent();
    assert_eq!(last.requests().len(), 1);
    let record = &records(&sandbox)[0];
    assert_eq!(record["endpoint"], format!("{} -> {}", first.url(), last.url()));
    assert_eq!(record["outcome"], "204");
}

fn who_has_had_it_and_never_answers_is_named() {
    let (sandbox, last) = (Sandbox::new(), Receiver::start(Behaviour::Silent));
    let first = Receiver::start(Behaviour::Answer(307, vec![("Location".to_owned(), last.url())]));
    sends(&sandbox, &first).debug().run().assert_sent(&last.url(), "failed (timed out)");
    let record = &records(&sandbox)[0];
    assert_eq!(record["endpoint"], format!("{} -> {}", first.url(), last.url()));
    assert_eq!(record["outcome"], "no answer");
}

fn an_endless_endpoint_pushes_nothing_out() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    sends(&sandbox, &receiver).run().assert_silent();
    let long = format!("{}{}", receiver.url(), "a".repeat(60_000));
    sends(&sandbox, &receiver).env("DOCGLOW_TELEMETRY_ENDPOINT", long).run().assert_silent();
    let records = records(&sandbox);
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["endpoint"], receiver.url());
    assert!(records[1]["endpoint"].as_str().expect("an endpoint").len() <= 2000);
}

fn nothing_is_logged_where_nothing_is_sent() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let log = sandbox.command(["log"]).run();
    assert_eq!(log.assert_success().stdout(), "Nothing has been sent.\n");
    sends(&sandbox, &receiver).env("DOCGLOW_NO_TELEMETRY", "1").run().assert_silent();
    sends(&sandbox, &receiver).stdin("{}").run().assert_silent();
    assert!(!sandbox.state_dir().exists());
    assert!(records(&sandbox).is_empty());
}

fn many_writers_at_once_leave_whole_lines_and_lose_none() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let mut command = sandbox.hook().on().to(&receiver).arg("--wait").as_command();
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut hooks: Vec<Child> = (0..AT_ONCE).map(|_| command.spawn().expect("the hook")).collect();
    for hook in &mut hooks {
        hook.stdin.take().unwrap().write_all(EVENT.as_bytes()).unwrap();
    }
    for mut hook in hooks {
        assert!(hook.wait().unwrap().success());
    }
    let records = records(&sandbox);
    assert_eq!(fs::read_to_string(log_file(&sandbox)).unwrap().lines().count(), AT_ONCE);
    assert_eq!(records.len(), AT_ONCE);
    assert!(records.iter().all(|record| record["outcome"] == "204"), "{records:?}");
}

fn the_oldest_go_where_64_kib_are_full() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    sends(&sandbox, &receiver).run().assert_silent();
    let line = fs::read_to_string(log_file(&sandbox)).unwrap();
    let old = line.replace("204", "299");
    fs::write(log_file(&sandbox), old.repeat(MAX_BYTES as usize / old.len())).unwrap();
    for _ in 0..3 {
        sends(&sandbox, &receiver).run().assert_silent();
    }
    let size = fs::metadata(log_file(&sandbox)).unwrap().len();
    assert!(size <= MAX_BYTES && size > MAX_BYTES - 2 * line.len() as u64, "{size}");
    let outcomes: Vec<Value> =
        records(&sandbox).into_iter().map(|record| record["outcome"].clone()).collect();
    assert_eq!(outcomes[outcomes.len() - 4..], ["299", "204", "204", "204"]);
}

fn a_log_of_something_else_stops_nobody_and_prints_nothing_of_it() {
    for content in
        [&b"garbage \x1b[2J\n"[..], b"\xff\xfe", b"{}\n[]\n", &[b'x'; 100_000], b"no end of line"]
    {
        let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
        fs::create_dir(sandbox.state_dir()).unwrap();
        fs::write(log_file(&sandbox), content).unwrap();
        assert!(records(&sandbox).is_empty());
        sends(&sandbox, &receiver).run().assert_silent();
        assert_eq!(receiver.requests().len(), 1);
        assert_eq!(
            records(&sandbox).len(),
            1,
            "{:?}",
            String::from_utf8_lossy(&content[..content.len().min(20)])
        );
    }
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    fs::create_dir_all(log_file(&sandbox)).unwrap();
    sends(&sandbox, &receiver).run().assert_silent();
    receiver.wait_for(1, Duration::from_secs(10));
}

fn status_shows_the_last_send() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let status = || sandbox.command(["status"]).run();
    assert!(status().assert_success().stdout().contains("Last send:        none yet\n"));
    sends(&sandbox, &receiver).run().assert_silent();
    let after = status();
    let line = after
        .assert_success()
        .stdout()
        .lines()
        .find(|line| line.starts_with("Last send:"))
        .expect("the last send");
    assert!(line.ends_with(&format!("  {}  204", receiver.url())), "{line}");
}
