//! The sender survives whatever happens to its caller.

use crate::common::{Behaviour, EVENT, Receiver, trials};
use crate::support::{Hook, SENDER_LIFE};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        an_interrupted_caller_still_delivers needs ["sh"],
        a_caller_that_is_hung_up_still_delivers needs ["sh"],
        a_terminated_caller_still_delivers needs ["sh"],
        a_killed_caller_still_delivers needs ["sh"],
        closed_standard_streams_do_not_keep_an_event_back needs ["sh"],
    ]
}

/// Sends this signal to the caller's process group after the event's first request has arrived.
/// Only then is a redirect answered, so the sender makes its second request after the signal.
#[track_caller]
fn assert_delivers_after(signal: Signal) {
    for wait in [false, true] {
        let target = Receiver::answering();
        let location = vec![("Location".to_owned(), target.url())];
        let signalled = Arc::new(AtomicBool::new(false));
        let first = Receiver::start(Behaviour::Custom(Box::new({
            let signalled = signalled.clone();
            move |connection| {
                connection.read_request().ok();
                while !signalled.load(Ordering::Acquire)
                    && !connection.pause(Duration::from_millis(1))
                {}
                connection.answer(307, &location).ok();
            }
        })));
        let hook = Hook::new();
        let mut call = hook.call().to(&first);
        // The shell keeps the caller's group alive until the signal.
        let arguments = if wait { "--wait" } else { "" };
        let script = format!(
            "printf %s '{EVENT}' | '{}' {arguments}; read -r forever",
            call.program.display()
        );
        call.program = crate::common::trials::tool_path("sh").expect("sh");
        let mut command = call.args(["-c", &script]).as_command();
        let mut caller = command.process_group(0).stdin(Stdio::piped()).spawn().expect("sh");
        first.wait_for(1, SENDER_LIFE);
        kill_process_group(Pid::from_child(&caller), signal).expect("the caller's group");
        assert!(!caller.wait().expect("the caller").success());
        signalled.store(true, Ordering::Release);
        assert_eq!(target.wait_for(1, SENDER_LIFE).len(), 1);
    }
}

fn an_interrupted_caller_still_delivers() {
    assert_delivers_after(Signal::INT);
}

fn a_caller_that_is_hung_up_still_delivers() {
    assert_delivers_after(Signal::HUP);
}

fn a_terminated_caller_still_delivers() {
    assert_delivers_after(Signal::TERM);
}

fn a_killed_caller_still_delivers() {
    assert_delivers_after(Signal::KILL);
}

fn closed_standard_streams_do_not_keep_an_event_back() {
    let (hook, receiver) = (Hook::new(), Receiver::answering());
    let event = hook.sandbox.root().join("event.json");
    fs::write(&event, EVENT).expect("the event");
    let mut delivered = 0;
    for (arguments, debug) in [("", false), ("--wait", false), ("", true)] {
        for closed in [">&-", "2>&-", ">&- 2>&-", "<&-", "<&- >&- 2>&-"] {
            let mut call = hook.call().to(&receiver);
            if debug {
                call = call.debug();
            }
            let script = format!(
                "exec '{}' {arguments} <'{}' {closed}",
                call.program.display(),
                event.display()
            );
            call.program = crate::common::trials::tool_path("sh").expect("sh");
            let outcome = call.args(["-c", &script]).run();
            assert!(outcome.status.success() && outcome.stdout.is_empty(), "{closed}: {outcome:?}");
            assert!(
                debug && !closed.contains("2>") || outcome.stderr.is_empty(),
                "{closed}: {outcome:?}"
            );
            delivered += usize::from(!closed.contains('<'));
            assert_eq!(receiver.wait_for(delivered, SENDER_LIFE).len(), delivered, "{closed}");
        }
    }
}
