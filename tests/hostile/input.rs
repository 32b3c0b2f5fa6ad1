//! Standard input that is not an event.

use crate::common::platform::IS_LINUX;
use crate::common::{EVENT, Invocation, Receiver, Sandbox, trials};
use std::fs;
use std::io::{ErrorKind, Write};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const MEBIBYTE: usize = 1 << 20;

/// The contract allows 1 MiB of the event in memory. A debug build needs some for itself.
const MEMORY_LIMIT_KIB: u64 = 32 << 10;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        input_that_is_no_event_is_not_sent,
        an_odd_but_good_event_is_sent,
        a_gibibyte_that_never_ends_its_string_is_read_to_its_end,
        a_gibibyte_that_is_no_event_is_read_to_its_end,
        with_telemetry_off_a_gibibyte_is_read_to_its_end_too,
        an_event_that_drips_for_longer_than_2_s_is_dropped,
        an_input_that_never_ends_and_is_no_event_is_read_for_10_s,
        an_input_that_is_not_ready_is_waited_for,
    ]
}

fn utf_16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

fn input_that_is_no_event_is_not_sent() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let nested = |count| [b"{\"a\":".to_vec(), b"[".repeat(count)].concat();
    let inputs: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\0".repeat(10_000),
        b"\n".repeat(10_000),
        utf_16(EVENT, u16::to_le_bytes),
        utf_16(&format!("\u{feff}{EVENT}"), u16::to_be_bytes),
        EVENT.replace("duckdb", "\0").into_bytes(),
        [EVENT.replace("}", ",\"x\":\"").as_bytes(), b"\xc3\x28\"}"].concat(),
        [&EVENT.as_bytes()[..20], b"\xff", &EVENT.as_bytes()[20..]].concat(),
        b"[]".to_vec(),
        format!("[{EVENT}]").into_bytes(),
        EVENT.replace("1446", "NaN").into_bytes(),
        EVENT.replace("1446", "Infinity").into_bytes(),
        EVENT.replace("generate", "\\u0067enerate\\u0000").into_bytes(),
        nested(10_000),
        nested(500_000),
        b"{".repeat(100_000),
        b"}".to_vec(),
        EVENT.replace('"', "'").into_bytes(),
        format!("\u{feff}\u{feff}{EVENT}").into_bytes(),
        b"\x1f\x8b\x08\x00".to_vec(),
    ];
    for input in inputs {
        let outcome = sandbox.hook().on().to(&receiver).debug().stdin(input.clone()).run();
        assert!(outcome.assert_not_sent().is_ascii(), "{outcome:?}");
        sandbox.hook().on().to(&receiver).stdin(input).run().assert_silent();
    }
    assert_eq!(receiver.connections(), 0);
}

fn an_odd_but_good_event_is_sent() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let brackets = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let with_duration = |duration: &str| EVENT.replace("1446", duration);
    let largest = 2_678_400_000_u64;
    let events = [
        (format!("\u{feff}{EVENT}"), 1446),
        (format!("{EVENT}{}", EVENT.replace("1446", "2")), 1446),
        (with_duration("1e999"), largest),
        (with_duration("-0"), 0),
        (with_duration("-1e999"), 0),
        (with_duration(&format!("1{}", "0".repeat(30))), largest),
        (with_duration("1446,\"duration_ms\":7"), 7),
        (with_duration(&brackets), 0),
        (with_duration(&format!("1446,\"x\":{brackets}")), 1446),
        (
            with_duration(&format!(
                "1446,\"x\":{}1{}",
                "{\"y\":".repeat(10_000),
                "}".repeat(10_000)
            )),
            1446,
        ),
        (with_duration(&"9".repeat(100_000)), largest),
    ];
    for (index, (event, duration)) in events.into_iter().enumerate() {
        let outcome = sandbox.hook().on().to(&receiver).debug().stdin(event).run();
        outcome.assert_sent(&receiver.url(), "204");
        assert_eq!(receiver.requests()[index].json()["duration_ms"], duration, "event {index}");
    }
}

fn start(hook: &Invocation) -> Child {
    let mut command = hook.as_command();
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the hook")
}

/// Writes one gibibyte after `beginning`. The pipe must not break, and the hook must not need much
/// memory.
fn feed_a_gibibyte(hook: &Invocation, beginning: &[u8]) {
    let mut child = start(hook);
    let mut stdin = child.stdin.take().expect("its stdin");
    stdin.write_all(beginning).expect("the beginning");
    let mebibyte = vec![b'x'; MEBIBYTE];
    for number in 0..1024 {
        stdin.write_all(&mebibyte).unwrap_or_else(|error| panic!("after {number} MiB: {error}"));
    }
    if IS_LINUX {
        let status =
            fs::read_to_string(format!("/proc/{}/status", child.id())).expect("the hook in /proc");
        let peak =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak memory");
        let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("kB");
        assert!(peak < MEMORY_LIMIT_KIB, "{peak} KiB");
    }
    drop(stdin);
    let output = child.wait_with_output().expect("its end");
    assert!(
        output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
}

fn a_gibibyte_that_never_ends_its_string_is_read_to_its_end() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    feed_a_gibibyte(&sandbox.hook().on().to(&receiver), b"{\"command\":\"");
    assert_eq!(receiver.connections(), 0);
}

fn a_gibibyte_that_is_no_event_is_read_to_its_end() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    feed_a_gibibyte(&sandbox.hook().on().to(&receiver), b"");
    assert_eq!(receiver.connections(), 0);
}

fn with_telemetry_off_a_gibibyte_is_read_to_its_end_too() {
    feed_a_gibibyte(&Sandbox::new().hook(), b"{\"command\":\"");
}

fn an_event_that_drips_for_longer_than_2_s_is_dropped() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let mut child = start(&sandbox.hook().on().to(&receiver));
    let mut stdin = child.stdin.take().expect("its stdin");
    let begin = Instant::now();
    // One byte every 100 ms: the last one would arrive after 8 s.
    for byte in EVENT.as_bytes().chunks(1) {
        match stdin.write_all(byte) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            written => written.expect("a byte"),
        }
        if child.try_wait().expect("its state").is_some() {
            break;
        }
        thread::sleep(Duration::from_millis(100)); // no condition: this is the drip
    }
    drop(stdin);
    let output = child.wait_with_output().expect("its end");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert!(begin.elapsed() >= Duration::from_millis(1_900), "{:?}", begin.elapsed());
    assert_eq!(receiver.connections(), 0);
}

fn an_input_that_never_ends_and_is_no_event_is_read_for_10_s() {
    const LIMIT: Duration = Duration::from_secs(10);
    let mut child = start(&Sandbox::new().hook().on());
    let mut stdin = child.stdin.take().expect("its stdin");
    let begin = Instant::now();
    while child.try_wait().expect("its state").is_none() && begin.elapsed() < 2 * LIMIT {
        // The last byte may find no reader.
        let _ = stdin.write_all(b"x");
        thread::sleep(Duration::from_millis(50)); // no condition: this is the drip
    }
    let time = begin.elapsed();
    assert!(time > LIMIT * 9 / 10 && time < LIMIT * 3 / 2, "{time:?}");
    assert!(child.wait().expect("its end").success());
}

fn an_input_that_is_not_ready_is_waited_for() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let (mut writer, reader) = std::os::unix::net::UnixStream::pair().expect("a pair of sockets");
    reader.set_nonblocking(true).expect("a stdin that does not block");
    let mut command = sandbox.hook().on().to(&receiver).arg("--wait").as_command();
    let mut child = command.stdin(std::os::fd::OwnedFd::from(reader)).spawn().expect("the hook");
    let (first, second) = EVENT.as_bytes().split_at(10);
    thread::sleep(Duration::from_millis(50)); // no condition: the hook must find nothing to read
    writer.write_all(first).expect("the first half");
    thread::sleep(Duration::from_millis(50));
    writer.write_all(second).expect("the second half");
    assert!(child.wait().expect("its end").success());
    assert_eq!(receiver.requests().len(), 1);
}
