//! A process id namespace, in which all processes end with the caller, as in a container.

use crate::common::process::{children, wait_until};
use crate::common::{Behaviour, EVENT, Invocation, Receiver, trials};
use crate::support::{Hook, SENDER_LIFE};
use std::fs;
use std::time::Duration;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_variable_waits_as_the_option_does,
        a_container_that_ends_with_the_hook_delivers_if_the_hook_waits needs ["root", "unshare"],
        a_waiting_hook_leaves_no_zombie_to_an_init_that_does_not_reap needs ["root", "unshare", "sh", "sleep"],
    ]
}

const WAIT: &str = "DOCGLOW_TELEMETRY_WAIT";

fn the_variable_waits_as_the_option_does() {
    for word in ["1", "true", " YES ", "on"] {
        let (hook, receiver) =
            (Hook::new(), Receiver::start(Behaviour::SlowBy(Duration::from_millis(200))));
        hook.call().env(WAIT, word).to(&receiver).run().assert_silent();
        let report = ["report", "--status", "0", "--", "health"];
        hook.call().env(WAIT, word).to(&receiver).args(report).run().assert_silent();
        assert_eq!((receiver.requests().len(), hook.senders()), (2, Vec::new()), "{word}");
    }
    for word in ["", "0", "off", "maybe", "3"] {
        let (hook, receiver) = (Hook::new(), Receiver::start(Behaviour::Silent));
        hook.call().env(WAIT, word).to(&receiver).run().assert_silent();
        hook.sender();
    }
}

/// The call in its own process id namespace, with these arguments before it.
fn contained(call: &Invocation, before: &[&str]) -> Invocation {
    let options = [&["--pid", "--fork", "--mount-proc", "--kill-child"], before].concat();
    let call = call.clone().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    call.under("unshare", options)
}

fn a_container_that_ends_with_the_hook_delivers_if_the_hook_waits() {
    const EVENTS: usize = 20;
    let delivered = |wait: &str| {
        let (hook, receiver) = (Hook::new(), Receiver::answering());
        for _ in 0..EVENTS {
            contained(&hook.call().to(&receiver).env(WAIT, wait), &[]).run().assert_silent();
        }
        receiver.requests().len()
    };
    assert_eq!(delivered("1"), EVENTS);
    // The README names this as the reason for waiting.
    assert!(delivered("0") < EVENTS);
}

/// The first process becomes a program that never waits for a child, while its own children call
/// the hook.
const INIT: &str = r#"(for _ in 1 2 3; do "$0" <"$EVENT"; done; : >"$DONE") & exec sleep 60"#;

fn a_waiting_hook_leaves_no_zombie_to_an_init_that_does_not_reap() {
    for (wait, left) in [("1", 0), ("0", 3)] {
        let (hook, receiver) = (Hook::new(), Receiver::answering());
        let [event, done] = ["event.json", "done"].map(|name| hook.sandbox.root().join(name));
        fs::write(&event, EVENT).expect("the event");
        let call =
            hook.call().to(&receiver).env(WAIT, wait).env("EVENT", &event).env("DONE", &done);
        let mut container =
            contained(&call, &["sh", "-c", INIT]).as_command().spawn().expect("unshare");
        wait_until("all calls have ended", || done.exists());
        receiver.wait_for(3, SENDER_LIFE);
        let init = children(container.id()).pop().expect("the first process");
        let defunct = || children(init).into_iter().filter(|pid| is_defunct_sender(*pid)).count();
        wait_until("the senders have ended", || hook.senders().is_empty() && defunct() == left);
        container.kill().expect("the container's end");
        container.wait().expect("the container's end");
    }
}

fn is_defunct_sender(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| stat.contains("(docglow-telemet) Z"))
}
