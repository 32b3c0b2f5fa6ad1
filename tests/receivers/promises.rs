//! What every receiver promises, whatever it stores in.

use crate::bodies::{GOOD, INSTANCE_ID, fixtures, payload};
use crate::common::{EVENT, trials::trial};
use crate::sender::Sender;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A receiver that runs.
pub trait Receiver {
    fn sender(&self) -> Sender;
    /// The stored payloads, in any order.
    fn rows(&self) -> Vec<Value>;
    /// As an accident does it: nothing is told to finish what it does.
    fn kill_and_restart(&mut self);
    /// Makes what this machine has sent look so many days old.
    fn age(&mut self, instance_id: &str, days: u64);
    /// What the README runs each day.
    fn purge(&mut self);
    /// What the README runs for a machine whose owner asks.
    fn forget(&mut self, instance_id: &str);
    /// The view of installs by adapter, last month.
    fn installs(&self) -> Vec<(String, u64)>;
}

/// A trial for each promise, named after the receiver. `refused` are bodies, each with what is wrong with it.
pub fn trials<R: Receiver + 'static>(
    name: &str,
    needs: &[&str],
    start: fn() -> R,
    refused: fn() -> Vec<(&'static str, String)>,
) -> Vec<Trial> {
    let trial = |promise: &str, body: Box<dyn FnOnce() + Send>| {
        trial(format!("receivers::{name}::{promise}"), needs, body)
    };
    vec![
        trial(
            "every_payload_is_stored_and_nothing_else",
            Box::new(move || every_payload_is_stored_and_nothing_else(&start(), refused())),
        ),
        trial(
            "what_was_answered_survives_accidents",
            Box::new(move || what_was_answered_survives_accidents(&mut start())),
        ),
        trial(
            "old_events_go_and_an_id_is_forgotten",
            Box::new(move || old_events_go_and_an_id_is_forgotten(&mut start())),
        ),
        trial(
            "installs_by_adapter_are_last_months",
            Box::new(move || installs_by_adapter_are_last_months(&mut start())),
        ),
    ]
}

fn every_payload_is_stored_and_nothing_else(
    receiver: &impl Receiver,
    refused: Vec<(&str, String)>,
) {
    let sender = receiver.sender();
    sender.be(INSTANCE_ID);
    let (events, payloads): (Vec<_>, Vec<_>) = fixtures()
        .into_iter()
        .filter_map(|fixture| Some((fixture.event, fixture.payload?)))
        .unzip();
    assert!(payloads.len() >= 218, "{}", payloads.len());
    for event in events {
        assert!(sender.send(event.clone()), "{}", String::from_utf8_lossy(&event));
    }
    assert_same(receiver.rows(), payloads.clone());
    for (wrong, body) in refused {
        let status = sender.post(body.as_bytes());
        assert!((400..500).contains(&status), "{wrong}: answered with {status}");
    }
    sender.post(GOOD.replace("duckdb", &"a".repeat(1 << 20)).as_bytes());
    assert_eq!(receiver.rows().len(), payloads.len(), "a body that is no payload was stored");
    assert!((200..300).contains(&sender.post(GOOD.as_bytes())));
    let more = [payloads, vec![payload(GOOD)]].concat();
    assert_same(receiver.rows(), more);
}

/// In any order: an arrival's time may have no more than seconds.
#[track_caller]
fn assert_same(mut rows: Vec<Value>, mut payloads: Vec<Value>) {
    assert_eq!(rows.len(), payloads.len());
    rows.sort_by_key(Value::to_string);
    payloads.sort_by_key(Value::to_string);
    rows.iter().zip(&payloads).for_each(|(row, payload)| assert_eq!(row, payload));
}

/// Between two accidents at least this many events are answered, one behind the other and across the accidents.
const ANSWERS_BETWEEN_ACCIDENTS: usize = 25;
const ACCIDENTS: usize = 4;

fn what_was_answered_survives_accidents(receiver: &mut impl Receiver) {
    let sender = receiver.sender();
    let answered = Mutex::new(Vec::new());
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in (0u64..).take_while(|_| !is_over.load(Ordering::Relaxed)) {
                let event = json!({"command": "serve", "result": "success", "duration_ms": number});
                if sender.send(event.to_string()) {
                    answered.lock().expect("the answered").push(number);
                }
            }
        });
        // Ends the sender before a panic is passed on.
        let done = catch_unwind(AssertUnwindSafe(|| {
            for accidents in 0..=ACCIDENTS {
                if accidents > 0 {
                    receiver.kill_and_restart();
                }
                await_more(&answered, ANSWERS_BETWEEN_ACCIDENTS);
            }
        }));
        is_over.store(true, Ordering::Relaxed);
        done.unwrap_or_else(|panic| resume_unwind(panic));
    });
    let answered = answered.into_inner().expect("the answered");
    let rows = receiver.rows();
    let stored: HashSet<_> =
        rows.iter().map(|row| row["duration_ms"].as_u64().expect("a number")).collect();
    let lost: Vec<_> = answered.iter().filter(|number| !stored.contains(number)).collect();
    assert!(lost.is_empty(), "answered with 2xx and not stored: {lost:?}");
}

fn await_more(answered: &Mutex<Vec<u64>>, more: usize) {
    let count = || answered.lock().expect("the answered").len();
    let (start, wanted) = (Instant::now(), count() + more);
    while count() < wanted {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing is answered any more");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn old_events_go_and_an_id_is_forgotten(receiver: &mut impl Receiver) {
    let [old, young, forgotten, new] = ids();
    let sender = receiver.sender();
    for id in [&old, &young, &forgotten, &new] {
        sender.be(id);
        (0..2).for_each(|_| assert!(sender.send(EVENT)));
    }
    receiver.age(&old, 366);
    receiver.age(&young, 364);
    receiver.purge();
    assert_eq!(ids_in(receiver), sorted([&young, &young, &forgotten, &forgotten, &new, &new]));
    receiver.forget(&forgotten);
    assert_eq!(ids_in(receiver), sorted([&young, &young, &new, &new]));
    assert!(sender.send(EVENT), "it does not store any more");
    assert_eq!(ids_in(receiver), sorted([&young, &young, &new, &new, &new]));
}

fn installs_by_adapter_are_last_months(receiver: &mut impl Receiver) {
    let [first, second, earlier, later] = ids();
    let sender = receiver.sender();
    let send = |id: &str, adapter: Option<&str>| {
        sender.be(id);
        assert!(sender.send(
            json!({"command": "generate", "result": "success", "adapter": adapter}).to_string()
        ));
    };
    for id in [&first, &second, &earlier, &later] {
        send(id, Some("duckdb"));
    }
    send(&first, Some("duckdb"));
    send(&second, Some("in_house"));
    send(&second, None);
    let last_day_of_last_month = day_of_month();
    receiver.age(&first, last_day_of_last_month);
    receiver.age(&second, last_day_of_last_month);
    receiver.age(&earlier, last_day_of_last_month + 31);
    let expected = [("duckdb", 2), ("none", 1), ("other", 1)]
        .map(|(adapter, installs)| (adapter.to_owned(), installs));
    assert_eq!(receiver.installs(), expected);
}

/// Neither of an event that is stored nor of one that is refused, in what `files` there are then.
pub fn no_address_and_no_header_is_written_down(receiver: &impl Receiver, files: &[PathBuf]) {
    let sender = receiver.sender();
    assert!(sender.send(EVENT));
    for body in [GOOD.to_owned(), GOOD.replace("duckdb", "acme"), "x".repeat(1 << 20)] {
        sender.post(body.as_bytes());
    }
    let texts: Vec<_> = files.iter().map(|file| fs::read_to_string(file).expect("a log")).collect();
    let text = texts.concat();
    assert_eq!(text.matches("instance_id").count(), 2, "{text}");
    for trace in [
        "127.0.0.1",
        "localhost",
        "User-Agent",
        "curl/",
        "docglow-telemetry/",
        "Content-Type: ",
        "acme",
        "xxx",
    ] {
        assert!(!text.contains(trace), "{trace} is in {text}");
    }
}

/// Four machines.
fn ids() -> [String; 4] {
    [1, 2, 3, 4].map(|number| format!("{number:08}-0000-4000-8000-000000000000"))
}

fn ids_in(receiver: &impl Receiver) -> Vec<String> {
    let rows = receiver.rows();
    let mut ids: Vec<_> =
        rows.iter().map(|row| row["instance_id"].as_str().expect("an id").to_owned()).collect();
    ids.sort();
    ids
}

fn sorted<const N: usize>(ids: [&String; N]) -> Vec<String> {
    let mut ids = ids.map(String::clone).to_vec();
    ids.sort();
    ids
}

/// Of today in UTC, from 1 on.
fn day_of_month() -> u64 {
    let date = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    date[8..10].parse().expect("a day")
}

/// Seconds since 1970 at the same time of day so many days ago.
pub fn days_ago(days: u64) -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs() - days * 24 * 60 * 60
}

/// A row of the view of installs.
pub fn install(row: &Value) -> (String, u64) {
    (
        row["adapter"].as_str().expect("an adapter").to_owned(),
        row["installs"].as_u64().expect("a number"),
    )
}
