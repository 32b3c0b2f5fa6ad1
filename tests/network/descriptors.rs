//! The sender inherits none of the caller's open descriptors, so a reader of a pipe never waits for
//! the sender.

use crate::common::{Behaviour, EVENT, Receiver, trials};
use crate::support::{Hook, SENDER_LIFE};
use std::process::Stdio;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_callers_output_ends_while_the_sender_lives,
        a_pipe_on_descriptor_3_ends_while_the_sender_lives needs ["sight of senders", "sh"],
        pipes_on_hundreds_of_descriptors_end_while_the_sender_lives needs ["sight of senders", "bash"],
    ]
}

fn the_callers_output_ends_while_the_sender_lives() {
    let (hook, receiver) = (Hook::new(), Receiver::start(Behaviour::Silent));
    // Reads stdout and stderr to their ends.
    hook.call().to(&receiver).run().assert_silent();
    receiver.wait_for(1, SENDER_LIFE);
    assert_eq!(hook.senders().len(), 1);
}

/// Runs the hook in a shell after these redirections, with its own stdout and stderr redirected to
/// other files, and waits for the end of the pipe.
#[track_caller]
fn assert_pipe_ends(shell: &str, redirections: &str) {
    let (hook, receiver) = (Hook::new(), Receiver::start(Behaviour::Silent));
    let mut call = hook.call().to(&receiver);
    let script = format!(
        "{redirections}\nprintf %s '{EVENT}' | '{}' >/dev/null 2>&1",
        call.program.display()
    );
    call.program = crate::common::trials::tool_path(shell).expect("the shell");
    let mut command = call.args(["-c", &script]).as_command();
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .expect("the shell");
    assert_eq!((output.status.success(), output.stdout, output.stderr), (true, vec![], vec![]));
    receiver.wait_for(1, SENDER_LIFE);
    let sender = hook.sender();
    let pipes = sender
        .descriptors()
        .into_iter()
        .filter(|(_, path)| path.to_string_lossy().starts_with("pipe:"));
    assert!(pipes.filter(|(number, _)| *number > 0).count() == 0, "{:?}", sender.descriptors());
}

fn a_pipe_on_descriptor_3_ends_while_the_sender_lives() {
    assert_pipe_ends("sh", "exec 3>&1");
}

fn pipes_on_hundreds_of_descriptors_end_while_the_sender_lives() {
    assert_pipe_ends("bash", "for n in {3..240} 800 1000; do eval \"exec $n>&1\"; done");
}
