//! Accidents of a receiver. The table in the README says what becomes of the events.

use crate::bodies::{GOOD, INSTANCE_ID};
use crate::promises::Receiver;
use crate::readme;
use crate::site::Site;
use serde_json::json;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// At least this many events are answered before, between and after the accidents.
const ANSWERS_BETWEEN_ACCIDENTS: usize = 25;

/// Enough to exhaust the blocks that a receiver has already allocated for its files.
const EVENTS_ON_A_FULL_DISK: usize = 200;

const KEPT: &str = "answered events are kept";
const LOST: &str = "events are lost";

pub fn kill_9_has_the_effect_in_the_table<R: Receiver>() {
    const ACCIDENTS: usize = 4;
    assert_table::<R>("`kill -9`", fate_of_answered_events(R::kill_and_restart, ACCIDENTS));
}

pub fn a_restart_has_the_effect_in_the_table<R: Receiver>() {
    const RESTARTS: usize = 2;
    assert_table::<R>("restart", fate_of_answered_events(R::restart, RESTARTS));
}

/// After a full disk, the receiver stores readable events again, and the README's other commands
/// work.
pub fn a_full_disk_has_the_effect_in_the_table<R: Receiver>() {
    let mut receiver = R::start(Site::on_a_small_disk(R::SMALL_DISK));
    let sender = receiver.sender();
    let before = sender.post_often(10, GOOD.as_bytes());
    receiver.site().fill_the_disk();
    let meanwhile = sender.post_often(EVENTS_ON_A_FULL_DISK, GOOD.as_bytes());
    receiver.site().free_the_disk();
    receiver.restart();

    let is_success = |status: &&u16| (200..300).contains(*status);
    assert_eq!(before.iter().filter(is_success).count(), 10, "{before:?}");
    let answered = 10 + meanwhile.iter().filter(is_success).count();
    let stored = receiver.rows().len();
    let status = meanwhile.iter().find(|status| !is_success(status)).unwrap_or(&meanwhile[0]);
    let fate = if stored < answered { LOST } else { KEPT };
    assert_table::<R>("full disk", format!("{status}, {fate}"));

    let later = GOOD.replace(INSTANCE_ID, "00000005-0000-4000-8000-000000000000");
    assert!(is_success(&&sender.post(later.as_bytes())));
    receiver.purge();
    receiver.forget("00000006-0000-4000-8000-000000000000");
    let ids: HashSet<_> =
        receiver.rows().iter().map(|row| row["instance_id"].as_str().map(str::to_owned)).collect();
    assert_eq!(ids.len(), 2, "the event after the accident cannot be read: {ids:?}");
}

pub fn a_wrong_host_has_the_effect_in_the_table<R: Receiver>() {
    let receiver = R::start(Site::new());
    let sender = receiver.sender();
    let options = ["--header", "Host: other.example"];
    let status = sender.curl(&sender.url, &options, GOOD.as_bytes())[0];
    let fate = if receiver.rows().is_empty() { "not stored" } else { "stored" };
    assert_table::<R>("wrong `Host`", format!("{status}, {fate}"));
}

#[track_caller]
pub fn assert_table<R: Receiver>(row: &str, measured: impl AsRef<str>) {
    assert_eq!(readme::cell(row, R::NAME), measured.as_ref(), "{row}, {}", R::NAME);
}

/// Sends events while accidents happen, and compares the answered events with the stored ones.
fn fate_of_answered_events<R: Receiver>(accident: fn(&mut R), accidents: usize) -> &'static str {
    let mut receiver = R::start(Site::new());
    let sender = receiver.sender();
    let answered = Mutex::new(Vec::new());
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
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
            for happened in 0..=accidents {
                if happened > 0 {
                    accident(&mut receiver);
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
    if answered.iter().all(|number| stored.contains(number)) { KEPT } else { LOST }
}

fn await_more(answered: &Mutex<Vec<u64>>, more: usize) {
    let count = || answered.lock().expect("the answered").len();
    let (start, wanted) = (Instant::now(), count() + more);
    while count() < wanted {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing is answered any more");
        thread::sleep(Duration::from_millis(5));
    }
}
