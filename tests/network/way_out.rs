//! The end of the caller's process group, session or terminal, right after the caller exits. All
//! events must arrive.

use crate::common::trials::tool_path;
use crate::common::{EVENT, Receiver, trials};
use crate::support::{Hook, SENDER_LIFE};
use std::os::unix::process::CommandExt;
use std::process::Stdio;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_group_that_is_killed_as_the_hook_returns_takes_no_event_along needs ["sh"],
        a_session_that_ends_with_the_hook_takes_no_event_along needs ["script"],
        a_terminal_that_is_closed_as_the_hook_returns_takes_no_event_along needs ["script"],
        an_init_that_ends_the_group_of_its_command_takes_no_event_along needs ["dumb-init"],
    ]
}

/// Each run is a race. A sender that detaches too late would win only half of the time.
const EVENTS: usize = 40;

/// Runs a program that starts the hook by a line of shell, in its own process group.
#[track_caller]
fn assert_all_arrive(program: &str, arguments: impl Fn(&str) -> Vec<String>) {
    let (hook, receiver) = (Hook::new(), Receiver::answering());
    let event = hook.sandbox.root().join("event.json");
    std::fs::write(&event, EVENT).expect("the event");
    let mut call =
        hook.call().to(&receiver).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let line = format!("'{}' <'{}'", call.program.display(), event.display());
    call.program = tool_path(program).expect("the program");
    call.arguments = arguments(&line).into_iter().map(Into::into).collect();
    for _ in 0..EVENTS {
        let mut command = call.as_command();
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        quiet.process_group(0).status().expect("the caller");
    }
    receiver.wait_for(EVENTS, SENDER_LIFE);
}

fn a_group_that_is_killed_as_the_hook_returns_takes_no_event_along() {
    assert_all_arrive("sh", |hook| vec!["-c".into(), format!("{hook}; kill -KILL 0")]);
}

fn a_session_that_ends_with_the_hook_takes_no_event_along() {
    assert_all_arrive("script", |hook| {
        vec!["-qc".into(), format!("exec {hook}"), "/dev/null".into()]
    });
}

/// `ssh -tt` does this to its command.
fn a_terminal_that_is_closed_as_the_hook_returns_takes_no_event_along() {
    assert_all_arrive("script", |hook| {
        vec!["-qc".into(), format!("{hook}; kill -KILL $PPID"), "/dev/null".into()]
    });
}

fn an_init_that_ends_the_group_of_its_command_takes_no_event_along() {
    assert_all_arrive("dumb-init", |hook| vec!["sh".into(), "-c".into(), format!("exec {hook}")]);
}
