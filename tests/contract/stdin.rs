//! §1: how the event is read.

use crate::common::{EVENT, Receiver, Sandbox, trials};
use std::io::Write;
use std::process::{Child, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const MEBIBYTE: usize = 1024 * 1024;

/// The time limit for an event after its first byte.
const EVENT_LIMIT: Duration = Duration::from_secs(2);

/// After a complete value, stdin is drained for 50 ms. A hook that waits for the end of stdin would
/// take 2 s.
const DRAINED: Duration = Duration::from_millis(1_900);

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        an_event_of_one_mebibyte_is_sent_and_a_larger_one_is_dropped,
        a_larger_event_is_read_to_its_end_so_that_its_writer_never_fails,
        input_after_a_complete_event_is_drained,
        stdin_need_not_be_closed_after_a_whole_event,
        an_event_in_pieces_is_sent,
        an_event_that_stops_half_way_is_dropped_after_2_s,
        before_the_first_byte_the_hook_waits,
        with_telemetry_off_the_writer_never_fails_either,
        the_null_device_is_no_event,
    ]
}

/// The event with an unknown key that fills it up to this many bytes.
fn event_of(bytes: usize) -> String {
    let head = EVENT.strip_suffix('}').unwrap().to_owned() + r#","filler":""#;
    let filler = "x".repeat(bytes - head.len() - 2);
    head + &filler + "\"}"
}

/// Starts a run whose stdin the test keeps open.
fn start(sandbox: &Sandbox, receiver: &Receiver, arguments: &[&str]) -> Child {
    let mut command = sandbox.hook().on().to(receiver).args(arguments).as_command();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the hook")
}

/// Waits for the exit while stdin stays open, and returns the time.
fn time_to_exit(child: &mut Child) -> Duration {
    let stdin = child.stdin.take();
    let start = Instant::now();
    let status = child.wait().expect("the exit status");
    drop(stdin);
    assert!(status.success());
    start.elapsed()
}

fn an_event_of_one_mebibyte_is_sent_and_a_larger_one_is_dropped() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let hook = sandbox.hook().on().to(&receiver).debug();
    hook.clone().stdin(event_of(MEBIBYTE)).run().assert_sent(&receiver.url(), "204");
    hook.stdin(event_of(MEBIBYTE + 1)).run().assert_not_sent();
    assert_eq!(receiver.requests().len(), 1);
}

fn a_larger_event_is_read_to_its_end_so_that_its_writer_never_fails() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let hook = sandbox.hook().on().to(&receiver);
    hook.stdin(event_of(32 * MEBIBYTE)).run().assert_silent();
    assert_eq!(receiver.connections(), 0);
}

fn input_after_a_complete_event_is_drained() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let hook = sandbox.hook().on().to(&receiver).arg("--wait");
    let followed = EVENT.to_owned() + &" ".repeat(MEBIBYTE / 2);
    hook.stdin(followed).run().assert_silent();
    assert_eq!(receiver.requests().len(), 1);
}

fn stdin_need_not_be_closed_after_a_whole_event() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let mut child = start(&sandbox, &receiver, &[]);
    child.stdin.as_mut().unwrap().write_all(EVENT.as_bytes()).unwrap();
    let time = time_to_exit(&mut child);
    assert!(time < DRAINED, "{time:?}");
    receiver.wait_for(1, Duration::from_secs(10));
}

fn an_event_in_pieces_is_sent() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let mut child = start(&sandbox, &receiver, &["--wait"]);
    let stdin = child.stdin.as_mut().unwrap();
    for piece in EVENT.as_bytes().chunks(20) {
        stdin.write_all(piece).unwrap();
        thread::sleep(Duration::from_millis(20)); // no condition: the hook must see pieces
    }
    time_to_exit(&mut child);
    assert_eq!(receiver.requests().len(), 1);
}

fn an_event_that_stops_half_way_is_dropped_after_2_s() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let mut child = start(&sandbox, &receiver, &[]);
    let half = &EVENT.as_bytes()[..EVENT.len() / 2];
    child.stdin.as_mut().unwrap().write_all(half).unwrap();
    let time = time_to_exit(&mut child);
    assert!(time >= EVENT_LIMIT - Duration::from_millis(100) && time < 2 * EVENT_LIMIT, "{time:?}");
    assert_eq!(receiver.connections(), 0);
}

fn before_the_first_byte_the_hook_waits() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let mut child = start(&sandbox, &receiver, &["--wait"]);
    thread::sleep(EVENT_LIMIT + Duration::from_millis(300)); // no condition: nothing may happen
    assert_eq!(child.try_wait().unwrap(), None, "the hook did not wait for its event");
    child.stdin.as_mut().unwrap().write_all(EVENT.as_bytes()).unwrap();
    time_to_exit(&mut child);
    assert_eq!(receiver.requests().len(), 1);
}

fn with_telemetry_off_the_writer_never_fails_either() {
    let sandbox = Sandbox::new();
    let hook = sandbox.hook();
    hook.clone().stdin(event_of(MEBIBYTE)).run().assert_silent();
    hook.stdin(event_of(32 * MEBIBYTE)).run().assert_silent();
}

fn the_null_device_is_no_event() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let hook = sandbox.hook().on().to(&receiver);
    for (hook, said) in [(hook.clone(), ""), (hook.debug(), "telemetry: not sent (")] {
        assert_no_event(hook.as_command().stdin(Stdio::null()).output().unwrap(), said);
    }
    assert_eq!(receiver.connections(), 0);
}

/// Panics unless the only output is a text on stderr that begins like this.
#[track_caller]
pub fn assert_no_event(output: Output, said: &str) {
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with(said) && stderr.is_empty() == said.is_empty(), "{stderr}");
}
