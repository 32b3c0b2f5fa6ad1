//! Standard input, output and error that are closed, full, of the wrong type, or without a peer.

use crate::common::platform::IS_LINUX;
use crate::common::{EVENT, Invocation, Receiver, Sandbox, trials};
use crate::wrapped::by_shell;
use std::fs::File;
use std::process::Stdio;

const COMMANDS: [&[&str]; 8] = [
    &[],
    &["--wait"],
    &["preview"],
    &["status"],
    &["status", "--json"],
    &["enable"],
    &["disable"],
    &["--help"],
];

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        any_of_the_three_may_be_closed,
        an_event_is_delivered_with_nowhere_to_print,
        an_input_that_cannot_be_read_is_no_event,
        output_without_a_reader_is_no_failure,
        output_to_a_full_device_is_no_failure,
    ]
}

fn any_of_the_three_may_be_closed() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    for closed in ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
        for command in COMMANDS.into_iter().chain([&["--unknown"][..], &["prompt"]]) {
            for hook in [sandbox.hook(), sandbox.hook().on().debug()] {
                let hook = hook.to(&receiver).args(command).stdin(EVENT);
                let outcome = by_shell(&hook, &format!("exec \"$@\" {closed}")).run();
                assert!(outcome.status.success(), "{command:?} {closed}: {outcome:?}");
            }
        }
    }
}

fn an_event_is_delivered_with_nowhere_to_print() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    for (index, closed) in [">&-", "2>&-", ">&- 2>&-"].into_iter().enumerate() {
        let hook = sandbox.hook().on().debug().to(&receiver).stdin(EVENT);
        by_shell(&hook, &format!("exec \"$@\" {closed}")).run().assert_success();
        assert_eq!(receiver.requests().len(), index + 1, "{closed}");
    }
}

fn an_input_that_cannot_be_read_is_no_event() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    for input in ["< .", "0> written", "0>> written"] {
        let hook = sandbox.hook().on().debug().to(&receiver);
        by_shell(&hook, &format!("exec \"$@\" {input}")).run().assert_not_sent();
    }
    assert_eq!(receiver.connections(), 0);
}

#[track_caller]
fn assert_no_failure(hook: &Invocation, output: impl Fn() -> Stdio) {
    for command in COMMANDS.into_iter().chain([&["--unknown"][..], &["init", "bash"]]) {
        let input = File::open(hook.folder.join("event.json")).expect("the event");
        let mut run = hook.clone().args(command).as_command();
        let status = run.stdin(input).stdout(output()).stderr(output()).status().expect("the hook");
        assert!(status.success(), "{command:?}: {status}");
    }
}

fn sandbox_with_event() -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.project().join("event.json"), EVENT).expect("the event");
    sandbox
}

fn output_without_a_reader_is_no_failure() {
    let (sandbox, receiver) = (sandbox_with_event(), Receiver::answering());
    let nobody = || {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        writer.into()
    };
    assert_no_failure(&sandbox.hook().on().debug().to(&receiver), nobody);
}

fn output_to_a_full_device_is_no_failure() {
    let full = std::path::Path::new("/dev/full");
    if IS_LINUX {
        let (sandbox, receiver) = (sandbox_with_event(), Receiver::answering());
        let open = || File::options().write(true).open(full).expect("/dev/full").into();
        assert_no_failure(&sandbox.hook().on().debug().to(&receiver), open);
    }
}
