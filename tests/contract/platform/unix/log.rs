//! The log with links, limits and hundreds of writers.

use crate::common::platform::NO_REGULAR_FILES;
use crate::common::{Behaviour, EVENT, Receiver, Sandbox, trials};
use crate::log::{log_file, records, sends};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_held_lock_keeps_no_event_out_of_the_log,
        an_event_that_cannot_be_logged_is_not_sent,
        a_redirect_that_can_not_be_logged_is_not_followed needs ["dash"],
        every_event_of_five_hundred_beside_a_busy_machine_that_arrived_is_logged,
        every_event_of_six_hundred_in_bursts_is_logged,
    ]
}

fn a_held_lock_keeps_no_event_out_of_the_log() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    fs::create_dir(sandbox.state_dir()).unwrap();
    let folder = File::open(sandbox.state_dir()).unwrap();
    let files = ["telemetry.log.lock", "telemetry.log"]
        .map(|name| File::create(sandbox.state_dir().join(name)).unwrap());
    files.iter().chain([&folder]).for_each(|file| file.lock().unwrap());
    for _ in 0..3 {
        sends(&sandbox, &receiver).run().assert_silent();
    }
    assert_eq!((receiver.requests().len(), records(&sandbox).len()), (3, 3));
}

fn an_event_that_cannot_be_logged_is_not_sent() {
    for (name, make) in NO_REGULAR_FILES {
        let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
        fs::create_dir(sandbox.state_dir()).unwrap();
        make(&log_file(&sandbox));
        let run = sends(&sandbox, &receiver).debug().run();
        // A link of this user's may lead to a file that does not exist yet.
        let expected = usize::from(*name == "a dangling link");
        if expected == 0 {
            let reason = run.assert_not_sent();
            assert!(reason.starts_with("telemetry.log can't be written: "), "{name}: {reason}");
        }
        assert_eq!(receiver.requests().len(), expected, "{name}");
        assert_eq!(records(&sandbox).len(), expected, "{name}");
    }
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    fs::create_dir(sandbox.state_dir()).unwrap();
    fs::write(log_file(&sandbox), "").unwrap();
    let hook = sandbox.as_nobody().on().to(&receiver).debug().stdin(EVENT);
    fs::set_permissions(log_file(&sandbox), fs::Permissions::from_mode(0o400)).unwrap();
    assert!(hook.run().assert_not_sent().ends_with("Permission denied"));
    assert_eq!(receiver.connections(), 0);
}

fn a_redirect_that_can_not_be_logged_is_not_followed() {
    let (sandbox, last) = (Sandbox::new(), Receiver::answering());
    let first = Receiver::start(Behaviour::Answer(307, vec![("Location".to_owned(), last.url())]));
    sends(&sandbox, &first).run().assert_silent();
    assert_eq!((first.requests().len(), last.requests().len()), (1, 1));
    let text = fs::read_to_string(log_file(&sandbox)).unwrap();
    let line = text.lines().find(|line| line.contains(" sent ")).expect("the event").len();
    // The unit of `ulimit -f`.
    const BLOCK: usize = 512;
    fs::write(log_file(&sandbox), "x".repeat(8 * BLOCK - line - 50)).unwrap();
    let shell = ["-c", "ulimit -f 8; exec \"$@\"", "sh"];
    sends(&sandbox, &first)
        .debug()
        .under("dash", shell)
        .run()
        .assert_sent(&last.url(), "failed (telemetry.log can't be written: no storage space)");
    assert_eq!((first.requests().len(), last.requests().len()), (2, 1));
}

/// Starts these hooks, which wait for their events, and then gives each one an event with a
/// duration of its own.
fn run_at_once(sandbox: &Sandbox, receiver: &Receiver, numbers: std::ops::Range<usize>) {
    let mut command = sandbox.hook().on().to(receiver).arg("--wait").as_command();
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = |_| command.spawn().expect("the hook");
    let mut hooks: Vec<Child> = numbers.clone().map(start).collect();
    for (number, hook) in numbers.zip(&mut hooks) {
        let event = EVENT.replace("1446", &number.to_string());
        hook.stdin.take().expect("a pipe").write_all(event.as_bytes()).expect("the event");
    }
    hooks.iter_mut().for_each(|hook| assert!(hook.wait().expect("the hook").success()));
}

#[track_caller]
fn assert_all_are_logged(sandbox: &Sandbox, receiver: &Receiver) -> usize {
    let logged: BTreeSet<String> =
        records(sandbox).iter().map(|record| record["body"].to_string()).collect();
    let arrived: BTreeSet<String> =
        receiver.requests().iter().map(|request| request.json().to_string()).collect();
    let lost = arrived.difference(&logged).count();
    assert_eq!(lost, 0, "of {} that arrived", arrived.len());
    arrived.len()
}

fn every_event_of_five_hundred_beside_a_busy_machine_that_arrived_is_logged() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop()
                }
            });
        }
        run_at_once(&sandbox, &receiver, 0..500);
        is_over.store(true, Ordering::Relaxed);
    });
    let arrived = assert_all_are_logged(&sandbox, &receiver);
    println!("500 hooks at once beside two busy loops: {arrived} arrived, all of them logged");
    assert!(arrived >= 64, "{arrived}");
}

fn every_event_of_six_hundred_in_bursts_is_logged() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    for burst in 0..12 {
        run_at_once(&sandbox, &receiver, 50 * burst..50 * (burst + 1));
    }
    let arrived = assert_all_are_logged(&sandbox, &receiver);
    println!("600 hooks in bursts of 50: {arrived} arrived, all of them logged");
    assert_eq!(arrived, records(&sandbox).len());
}
