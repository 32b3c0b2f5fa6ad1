//! Hostile servers: whatever they do, the caller returns at once, the sender ends within 3 s, and
//! its memory stays small.

use crate::common::{Behaviour, Connection, Receiver, trials};
use crate::machine::memory_limit_kib;
use crate::support::{Hook, SENDER_LIFE, ThreeSeconds};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The peak memory of a sender, measured with musl and with glibc.
const PEAK_KIB: [u64; 2] = [1664, 2252];

/// The hook's limits for reading a response.
const MAX_HEAD_BYTES: usize = 300 << 10;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_server_that_never_answers_is_left_after_three_seconds,
        a_server_that_drips_its_answer_is_left_after_three_seconds,
        a_server_that_drips_headers_is_left_after_three_seconds,
        a_port_that_never_connects_is_left_after_three_seconds,
        a_server_that_sends_only_interim_answers_does_no_harm,
        the_answer_is_the_one_behind_interim_answers,
        a_redirect_behind_an_interim_answer_is_followed,
        headers_of_a_hundred_kilobytes_are_read,
        an_answer_is_read_with_any_headers,
        a_server_that_answers_before_it_is_asked_is_heard,
        a_server_that_closes_at_once_does_no_harm,
        a_server_that_closes_half_way_through_the_request_does_no_harm,
        a_server_that_resets_does_no_harm,
        a_refused_connection_does_no_harm,
        an_answer_that_is_no_http_does_no_harm,
        an_answer_that_is_not_text_does_no_harm,
        an_endless_status_line_is_cut_off,
        endless_headers_are_cut_off,
        an_endless_header_is_cut_off,
        a_redirect_is_followed_if_its_location_ends_within_the_limit,
        an_endless_body_is_not_read,
        an_impossible_content_length_does_no_harm,
        an_answer_that_stops_half_way_does_no_harm,
    ]
}

type Handler = fn(&mut Connection);

/// Runs the hook twice at the same time: detached, with its sender watched, and in debug. Returns
/// the debug line.
#[track_caller]
fn endure(handler: Handler) -> String {
    let hook = Hook::new();
    let seen = Arc::new(AtomicBool::new(false));
    let watched = Receiver::start(Behaviour::Custom(Box::new({
        let seen = seen.clone();
        move |connection| {
            while !seen.load(Ordering::Acquire) && !connection.pause(Duration::from_millis(1)) {}
            handler(connection);
        }
    })));
    let plain = Receiver::start(Behaviour::Custom(Box::new(handler)));
    thread::scope(|scope| {
        let debug = scope.spawn(|| Hook::new().call().to(&plain).debug().run());
        hook.call().to(&watched).run().assert_silent();
        let mut three_seconds = ThreeSeconds::begin();
        // The server delays its answer. The sender is still alive, so the caller did not wait for
        // it.
        let sender = hook.sender();
        seen.store(true, Ordering::Release);
        let peak = sender.watch_peak_kib();
        assert!(!three_seconds.are_over(), "the sender lived for more than {SENDER_LIFE:?}");
        assert!(peak < memory_limit_kib(PEAK_KIB), "the sender took {peak} KiB");
        let debug = debug.join().expect("the debug run");
        let line = debug.assert_success().stderr().to_owned();
        let result = line.strip_prefix(&format!("telemetry: POST {} -> ", plain.url()));
        result.unwrap_or_else(|| panic!("no debug line: {line:?}")).trim_end().to_owned()
    })
}

fn request_and(connection: &mut Connection, answer: &[u8]) {
    connection.read_request().ok();
    connection.stream.write_all(answer).ok();
}

/// Writes the same bytes again and again until the other side closes the connection.
fn flood(connection: &mut Connection, begin: &[u8], again: &[u8]) {
    request_and(connection, begin);
    let block = again.repeat(64 * 1024 / again.len());
    let end = Instant::now() + SENDER_LIFE * 2;
    while connection.stream.write_all(&block).is_ok() && Instant::now() < end {}
}

fn a_server_that_never_answers_is_left_after_three_seconds() {
    let silent = |connection: &mut Connection| {
        connection.read_request().ok();
        connection.hold();
    };
    assert_eq!(endure(silent), "failed (timed out)");
}

fn a_server_that_drips_its_answer_is_left_after_three_seconds() {
    let drip = |connection: &mut Connection| {
        connection.read_request().ok();
        connection.drip(b"HTTP/1.1 204 No Content\r\n\r\n").ok();
    };
    assert_eq!(endure(drip), "failed (timed out)");
}

fn a_server_that_drips_headers_is_left_after_three_seconds() {
    let drip = |connection: &mut Connection| {
        request_and(connection, b"HTTP/1.1 204 No Content\r\n");
        connection.drip(b"a: b\r\nc: d\r\ne: f\r\n\r\n").ok();
    };
    assert_eq!(endure(drip), "failed (timed out)");
}

fn a_port_that_never_connects_is_left_after_three_seconds() {
    let (hook, receiver) = (Hook::new(), Receiver::black_hole());
    hook.call().to(&receiver).run().assert_silent();
    let mut three_seconds = ThreeSeconds::begin();
    let peak = hook.sender().watch_peak_kib();
    assert!(!three_seconds.are_over(), "the sender lived for more than {SENDER_LIFE:?}");
    assert!(peak < memory_limit_kib(PEAK_KIB), "the sender took {peak} KiB");
    hook.call().to(&receiver).debug().run().assert_sent(&receiver.url(), "failed (timed out)");
}

fn a_server_that_sends_only_interim_answers_does_no_harm() {
    let line = endure(|connection| flood(connection, b"", b"HTTP/1.1 100 Continue\r\n\r\n"));
    assert!(["100", "failed (timed out)"].contains(&line.as_str()), "{line}");
}

fn the_answer_is_the_one_behind_interim_answers() {
    for interim in
        ["100 Continue\r\n", "103 Early Hints\r\nLink: </x>\r\n", "103 A\r\n\r\nHTTP/1.1 102 B\r\n"]
    {
        let answer = format!("HTTP/1.1 {interim}\r\nHTTP/1.1 204 No Content\r\n\r\n");
        let receiver = Receiver::start(Behaviour::Bytes(answer.into()));
        Hook::new().call().to(&receiver).debug().run().assert_sent(&receiver.url(), "204");
        receiver.only_request();
    }
}

fn a_redirect_behind_an_interim_answer_is_followed() {
    let target = Receiver::answering();
    let answer = format!(
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 308 Permanent Redirect\r\nLocation: {}\r\n\r\n",
        target.url()
    );
    let receiver = Receiver::start(Behaviour::Bytes(answer.into()));
    let outcome = Hook::new().call().to(&receiver).debug().run();
    outcome.assert_sent(&target.url(), "204");
    assert_eq!(receiver.only_request().body, target.only_request().body);
}

fn headers_of_a_hundred_kilobytes_are_read() {
    let header = format!("X-Filler: {}\r\n", "x".repeat(1000)).repeat(100);
    let receiver = Receiver::start(Behaviour::Bytes(
        format!("HTTP/1.1 204 No Content\r\n{header}\r\n").into(),
    ));
    Hook::new().call().to(&receiver).debug().run().assert_sent(&receiver.url(), "204");
}

fn an_answer_is_read_with_any_headers() {
    let (latin_1, long) = (b"X: \xe9\r\n".to_vec(), b"X: y\r\n".repeat(100_000));
    let no_number = b"Content-Length: abc\r\n".to_vec();
    for headers in [latin_1, long, no_number] {
        let answer = [b"HTTP/1.1 204 No Content\r\n", &headers[..], b"\r\n"].concat();
        let receiver = Receiver::start(Behaviour::Bytes(answer));
        Hook::new().call().to(&receiver).debug().run().assert_sent(&receiver.url(), "204");
        receiver.only_request();
    }
}

fn a_server_that_answers_before_it_is_asked_is_heard() {
    const TRIES: usize = 30;
    let hook = Hook::new();
    let receiver = Receiver::start(Behaviour::Custom(Box::new(|connection| {
        connection.answer(204, &[]).ok();
        connection.read_request().ok();
    })));
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("http://{host}:{}/", receiver.port());
        for _ in 0..TRIES {
            let call = hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url);
            call.debug().run().assert_sent(&url, "204");
        }
    }
}

fn a_server_that_closes_at_once_does_no_harm() {
    let line = endure(|_| {});
    assert!(line.starts_with("failed ("), "{line}");
}

fn a_server_that_closes_half_way_through_the_request_does_no_harm() {
    let half = |connection: &mut Connection| {
        drop(std::io::Read::read(&mut connection.stream, &mut [0; 20]))
    };
    let line = endure(half);
    assert!(line.starts_with("failed ("), "{line}");
}

fn a_server_that_resets_does_no_harm() {
    // Because of the unread bytes, closing resets the connection.
    let line = endure(|connection| drop(connection.stream.peek(&mut [0])));
    assert!(line.starts_with("failed ("), "{line}");
}

fn a_refused_connection_does_no_harm() {
    let (hook, receiver) = (Hook::new(), Receiver::refusing());
    hook.call()
        .to(&receiver)
        .debug()
        .run()
        .assert_sent(&receiver.url(), "failed (Connection refused)");
}

fn an_answer_that_is_no_http_does_no_harm() {
    for answer in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 20",
        "HTTP/1.1 000 X\r\n\r\n",
        "HTTP/1.1 1000 X\r\n\r\n",
    ] {
        let receiver = Receiver::start(Behaviour::Bytes(answer.into()));
        let outcome = Hook::new().call().to(&receiver).debug().run();
        outcome.assert_sent(&receiver.url(), "failed (the answer is not HTTP)");
    }
}

fn an_answer_that_is_not_text_does_no_harm() {
    let line = endure(|connection| request_and(connection, b"\xff\xfe\x00\n\xff\n\n"));
    assert!(line.starts_with("failed ("), "{line}");
}

fn an_endless_status_line_is_cut_off() {
    assert_eq!(endure(|connection| flood(connection, b"HTTP/1.1 204 ", b"x")), "204");
}

fn endless_headers_are_cut_off() {
    const BEGIN: &[u8] = b"HTTP/1.1 204 No Content\r\n";
    assert_eq!(endure(|connection| flood(connection, BEGIN, b"name: value\r\n")), "204");
}

fn an_endless_header_is_cut_off() {
    const BEGIN: &[u8] = b"HTTP/1.1 204 No Content\r\nname: ";
    assert_eq!(endure(|connection| flood(connection, BEGIN, b"x")), "204");
}

fn a_redirect_is_followed_if_its_location_ends_within_the_limit() {
    let target = Receiver::answering();
    let location = format!("Location: {}\r\n", target.url());
    for (bytes, is_read) in [(MAX_HEAD_BYTES, true), (MAX_HEAD_BYTES + 1, false)] {
        let begin = "HTTP/1.1 307 X\r\nname: ";
        let padding = "x".repeat(bytes - begin.len() - 2 - location.len());
        let head = format!("{begin}{padding}\r\n{location}\r\n");
        let receiver = Receiver::start(Behaviour::Bytes(head.into_bytes()));
        let outcome = Hook::new().call().to(&receiver).debug().run();
        if is_read {
            outcome.assert_sent(&target.url(), "204");
        } else {
            outcome.assert_sent(&receiver.url(), "failed (redirect without a Location)");
        }
    }
    target.only_request();
}

fn an_endless_body_is_not_read() {
    assert_eq!(endure(|connection| flood(connection, b"HTTP/1.1 200 OK\r\n\r\n", b"body")), "200");
}

fn an_impossible_content_length_does_no_harm() {
    for length in ["18446744073709551615", "99999999999999999999999", "-1", "x", ""] {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        let receiver = Receiver::start(Behaviour::Bytes(answer.into_bytes()));
        let outcome = Hook::new().call().to(&receiver).debug().run();
        let line = outcome.assert_success().stderr();
        assert!(line.ends_with(" -> 200\n") || line.contains("-> failed ("), "{line}");
        assert!(!line.contains("timed out"), "{length:?}: {line}");
    }
}

fn an_answer_that_stops_half_way_does_no_harm() {
    for answer in [
        "HTTP/1.1",
        "HTTP/1.1 2",
        "HTTP/1.1 204 No Content\r\na",
        "HTTP/1.1 204 No Content\r\na: b\r\n",
    ] {
        let receiver = Receiver::start(Behaviour::Bytes(answer.into()));
        let outcome = Hook::new().call().to(&receiver).debug().run();
        let line = outcome.assert_success().stderr();
        assert!(
            line.starts_with("telemetry: POST ") && !line.contains("timed out"),
            "{answer:?}: {line}"
        );
    }
}
