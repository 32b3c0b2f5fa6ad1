//! The log of sent events and their recipients.

use crate::common::platform::AT_ONCE;
use crate::common::{Behaviour, EVENT, Invocation, Receiver, Sandbox, trials};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Stdio};

/// The size at which a log is full. The previous log, of the same size, is kept, too.
const MAX_BYTES: usize = 512 * 1024;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_log_shows_the_exact_bodies,
        the_log_shows_each_kind_of_outcome,
        everybody_who_has_had_it_along_redirects_is_named,
        who_has_had_it_and_never_answers_is_named,
        an_endless_endpoint_pushes_nothing_out,
        an_event_that_is_not_sent_is_not_logged,
        many_writers_at_once_leave_whole_lines_and_lose_none,
        a_full_log_is_kept_until_the_next_is_full,
        who_has_had_events_is_remembered_when_the_events_are_gone,
        a_log_with_foreign_content_is_not_printed_and_prevents_no_event,
        an_event_is_not_sent_if_only_the_log_cannot_be_written,
        status_shows_the_last_send,
    ]
}

pub fn log_file(sandbox: &Sandbox) -> PathBuf {
    sandbox.state_dir().join("telemetry.log")
}

/// The lines of `log --json` with this key: `body` for events, `origin` for recipients.
fn lines_with(sandbox: &Sandbox, key: &str) -> Vec<Value> {
    let run = sandbox.command(["log", "--json"]).run();
    let lines = run.assert_success().stdout().lines();
    let lines = lines.map(|line| {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    });
    lines.filter(|line| line.get(key).is_some()).collect()
}

pub fn records(sandbox: &Sandbox) -> Vec<Value> {
    lines_with(sandbox, "body")
}

pub fn sends(sandbox: &Sandbox, receiver: &Receiver) -> Invocation {
    sandbox.hook().on().to(receiver).arg("--wait").stdin(EVENT)
}

fn the_log_shows_the_exact_bodies() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let url = receiver.url();
    sends(&sandbox, &receiver)
        .env("DOCGLOW_TELEMETRY_ENDPOINT", format!("{url}?token=s3cret"))
        .run()
        .assert_silent();
    let body = receiver.only_request().text().to_owned();
    let shown = sandbox.command(["log"]).run();
    let [summary, second, "", title, recipient] =
        shown.assert_success().stdout().lines().collect::<Vec<_>>()[..]
    else {
        panic!("{shown:?}");
    };
    assert_eq!(second, body);
    let (at, rest) = summary.split_once("  ").expect("when");
    assert_eq!(rest, format!("{url}?(set)  204"));
    assert!(at.len() == "2026-11-25T16:00:00.000Z".len() && at.ends_with('Z'), "{at}");
    assert!(title.starts_with("The recipients"), "{title}");
    assert_eq!(recipient, format!("http://{}  {at}  {at}", receiver.address()));
    assert!(!fs::read_to_string(log_file(&sandbox)).unwrap().contains("s3cret"));
}

fn the_log_shows_each_kind_of_outcome() {
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

fn an_event_that_is_not_sent_is_not_logged() {
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
    assert_eq!(records.len(), AT_ONCE);
    assert!(records.iter().all(|record| record["outcome"] == "204"), "{records:?}");
    let text = fs::read_to_string(log_file(&sandbox)).unwrap();
    assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), 2 * AT_ONCE);
}

/// Fills the log with events that were sent to this endpoint.
fn fill(sandbox: &Sandbox, endpoint: &str) {
    let line = format!("\n2026-01-01T00:00:00.000Z 1 sent {endpoint} {{\"old\":1}}");
    fs::create_dir_all(sandbox.state_dir()).unwrap();
    fs::write(log_file(sandbox), line.repeat(MAX_BYTES / line.len() + 1)).unwrap();
}

fn a_full_log_is_kept_until_the_next_is_full() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    fill(&sandbox, "https://old.example/x");
    let old = records(&sandbox).len();
    for _ in 0..3 {
        sends(&sandbox, &receiver).run().assert_silent();
    }
    assert_eq!(records(&sandbox).len(), old + 3);
    assert!(fs::metadata(log_file(&sandbox)).unwrap().len() < 5000);
    fill(&sandbox, "https://newer.example/x");
    sends(&sandbox, &receiver).run().assert_silent();
    let kept = records(&sandbox);
    assert!(kept.iter().all(|record| record["endpoint"] != "https://old.example/x"));
    assert_eq!(kept.last().expect("the last event")["outcome"], "204");
}

fn who_has_had_events_is_remembered_when_the_events_are_gone() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    sends(&sandbox, &receiver).run().assert_silent();
    let before = lines_with(&sandbox, "origin");
    assert_eq!(before[0]["origin"], format!("http://{}", receiver.address()));
    let elsewhere = Receiver::answering();
    for number in 0..4 {
        let mut text = fs::read_to_string(log_file(&sandbox)).unwrap();
        let line =
            format!("\n2026-01-0{number}T00:00:00.000Z 1 sent https://{number}.example/x {{}}");
        text += &line.repeat(MAX_BYTES / line.len() + 1);
        fs::write(log_file(&sandbox), text).unwrap();
        sends(&sandbox, &elsewhere).run().assert_silent();
    }
    let origins = lines_with(&sandbox, "origin");
    assert_eq!(origins.len(), 6, "{origins:?}");
    assert!(origins.contains(&before[0]), "{origins:?}");
    let kept: u64 = [log_file(&sandbox), log_file(&sandbox).with_extension("log.1")]
        .map(|file| fs::metadata(file).unwrap().len())
        .iter()
        .sum();
    assert!(kept < 2 * MAX_BYTES as u64, "{kept}");
}

fn a_log_with_foreign_content_is_not_printed_and_prevents_no_event() {
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
}

fn an_event_is_not_sent_if_only_the_log_cannot_be_written() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    fs::create_dir_all(log_file(&sandbox)).unwrap();
    sends(&sandbox, &receiver).run().assert_silent();
    let run = sends(&sandbox, &receiver).debug().run();
    let reason = run.assert_not_sent();
    assert!(reason.starts_with("telemetry.log can't be written: "), "{reason}");
    assert_eq!(receiver.connections(), 0);
    assert_eq!(sandbox.command(["log"]).run().stdout(), "Nothing has been sent.\n");
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
