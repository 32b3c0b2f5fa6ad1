//! The sender, its caller, and the source of the caller's standard input.

use crate::common::{Behaviour, EVENT, Invocation, Receiver, Sandbox, trials};
use std::fs::{self, File};
use std::time::Duration;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_caller_that_waits_for_the_end_of_its_pipes_is_not_held_by_a_silent_endpoint,
        an_event_is_read_from_a_file,
    ]
}

/// The shortest time of a call until its pipes end.
fn time(hook: &Invocation) -> Duration {
    let times = (0..5).map(|_| hook.run().assert_silent().wall);
    times.min().expect("a time")
}

fn a_caller_that_waits_for_the_end_of_its_pipes_is_not_held_by_a_silent_endpoint() {
    let (sandbox, silent) = (Sandbox::new(), Receiver::start(Behaviour::Silent));
    let off = time(&sandbox.hook().to(&silent).stdin(EVENT));
    let on = time(&sandbox.hook().on().to(&silent).stdin(EVENT));
    silent.wait_for(5, Duration::from_secs(20));
    // A sender that held a pipe would hold it for 2.8 s. Only the start of one more process may be
    // added.
    assert!(on < 2 * off + Duration::from_millis(200), "off {off:?}, on {on:?}");
}

fn an_event_is_read_from_a_file() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let file = sandbox.root().join("event.json");
    fs::write(&file, EVENT).unwrap();
    let mut hook = sandbox.hook().on().to(&receiver).arg("--wait").as_command();
    let output = hook.stdin(File::open(&file).unwrap()).output().unwrap();
    assert!(
        output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
    assert_eq!(receiver.only_request().json()["command"], "generate");
}
