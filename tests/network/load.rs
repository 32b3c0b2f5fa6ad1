//! Hundreds of hooks at the same time.

use crate::common::{Behaviour, EVENT, Receiver, trials};
use crate::support::{Hook, ThreeSeconds};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::time::Duration;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        five_hundred_events_at_once_all_arrive,
        five_hundred_hooks_with_a_silent_endpoint_leave_no_process_behind,
    ]
}

const HOOKS: usize = 500;

/// The largest number of simultaneous senders of one user, as in the README.
const MAX_SENDERS: usize = 64;

/// Starts all hooks, which wait for their events, and then gives each one an event with a duration
/// of its own.
fn release(hook: &Hook, receiver: &Receiver, debug: bool) -> Vec<Child> {
    let call = if debug { hook.call().to(receiver).debug() } else { hook.call().to(receiver) };
    let start = |_| {
        let mut command = call.as_command();
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a hook")
    };
    let mut hooks: Vec<Child> = (0..HOOKS).map(start).collect();
    for (number, hook) in hooks.iter_mut().enumerate() {
        let event = EVENT.replace("1446", &number.to_string());
        hook.stdin.take().expect("a pipe").write_all(event.as_bytes()).expect("the event");
    }
    hooks
}

/// Their output, in order. Panics if one of them fails.
fn lines(hooks: Vec<Child>) -> Vec<String> {
    let line = |mut hook: Child| {
        let mut line = String::new();
        hook.stderr.take().expect("a pipe").read_to_string(&mut line).expect("stderr");
        assert!(hook.wait().expect("a hook").success());
        line
    };
    hooks.into_iter().map(line).collect()
}

fn durations(receiver: &Receiver) -> Vec<u64> {
    receiver
        .requests()
        .iter()
        .map(|request| request.json()["duration_ms"].as_u64().expect("a duration"))
        .collect()
}

/// On a busy machine, a sender may wait for more than a second, and then it gives up. That is rare:
/// in one of these rounds all events arrive.
const ROUNDS: usize = 10;

fn five_hundred_events_at_once_all_arrive() {
    let mut delivered = Vec::new();
    while delivered.len() < ROUNDS && !delivered.contains(&HOOKS) {
        delivered.push(deliver_at_once());
    }
    println!("{HOOKS} hooks at once: {delivered:?} delivered");
    assert!(delivered.contains(&HOOKS), "{delivered:?}");
}

/// The number of events that arrive. Panics if a debug line is wrong, or if an event arrives twice.
fn deliver_at_once() -> usize {
    let (hook, receiver) = (Hook::new(), Receiver::answering());
    let lines = lines(release(&hook, &receiver, true));
    let sent = format!("telemetry: POST {} -> 204\n", receiver.url());
    let dropped = "telemetry: not sent (too many events are being sent already)\n";
    let delivered = durations(&receiver);
    let distinct: BTreeSet<_> = delivered.iter().copied().collect();
    assert_eq!(distinct.len(), delivered.len(), "an event was doubled");
    for (number, line) in lines.iter().enumerate() {
        let arrived = distinct.contains(&(number as u64));
        assert!(
            if arrived { *line == sent } else { line == dropped },
            "{number}: {line:?}, arrived: {arrived}"
        );
    }
    assert!(delivered.len() >= MAX_SENDERS, "only {} of {HOOKS} were delivered", delivered.len());
    delivered.len()
}

fn five_hundred_hooks_with_a_silent_endpoint_leave_no_process_behind() {
    let (hook, receiver) = (Hook::new(), Receiver::start(Behaviour::Silent));
    for line in lines(release(&hook, &receiver, false)) {
        assert_eq!(line, "");
    }
    let mut three_seconds = ThreeSeconds::begin();
    let (mut most, mut most_kib) = (0, 0);
    while !three_seconds.are_over() {
        let senders = hook.senders();
        if senders.is_empty() {
            break;
        }
        if senders.len() > most {
            most = senders.len();
            most_kib = senders.iter().filter_map(|sender| sender.proportional_kib()).sum::<u64>();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(hook.senders().len(), 0, "three seconds after the last hook returned");
    let arrived = durations(&receiver);
    assert_eq!(
        arrived.iter().collect::<BTreeSet<_>>().len(),
        arrived.len(),
        "an event was doubled"
    );
    // On a busy machine, some senders start after others have ended.
    let requests = receiver.requests();
    let first_second = requests.first().expect("an event").at + Duration::from_secs(1);
    let at_once = requests.iter().filter(|request| request.at < first_second).count();
    assert!(at_once <= MAX_SENDERS, "{at_once} senders were at work");
    println!(
        "{HOOKS} hooks before a silent endpoint: {} sent, at most {most} senders, {most_kib} KiB in all",
        arrived.len()
    );
}
