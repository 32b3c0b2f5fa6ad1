//! Tests of the test harness: if the receiver or the sandbox missed something, other tests would
//! pass wrongly.

use crate::common::platform::A_TOOL;
use crate::common::trials::{trial, within};
use crate::common::{Behaviour, Receiver, trials};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

const SECONDS_10: Duration = Duration::from_secs(10);

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_request_is_recorded_whole,
        each_behaviour_does_as_its_name_says,
        a_refusing_port_refuses_and_a_black_hole_never_connects,
        a_dropped_receiver_leaves_no_port_and_no_connection,
        a_missing_tool_is_named_and_fails_only_in_ci,
        a_trial_that_never_ends_fails,
    ]
}

fn post(receiver: &Receiver) -> TcpStream {
    let mut stream = TcpStream::connect(receiver.address()).unwrap();
    stream.write_all(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-").unwrap();
    stream.write_all(b"Length: 3\r\n\r\n{\r\n").unwrap();
    stream
}

fn answer_to(receiver: &Receiver) -> String {
    let mut answer = String::new();
    post(receiver).read_to_string(&mut answer).unwrap();
    answer
}

fn a_request_is_recorded_whole() {
    let receiver = Receiver::answering();
    assert!(answer_to(&receiver).starts_with("HTTP/1.1 204 "));
    let request = receiver.only_request();
    assert_eq!((request.line.as_str(), request.text()), ("POST /x HTTP/1.1", "{\r\n"));
    assert_eq!(
        request.headers,
        [("Host".into(), "h".into()), ("Content-Length".into(), "3".into())]
    );
    assert_eq!(request.raw.len(), 51);
    drop((post(&receiver), post(&receiver)));
    assert_eq!(receiver.wait_for(3, SECONDS_10).len(), 3);
    assert_eq!(receiver.connections(), 3);
}

fn each_behaviour_does_as_its_name_says() {
    let location = vec![("Location".to_owned(), "/y".to_owned())];
    assert_eq!(
        answer_to(&Receiver::start(Behaviour::Answer(307, location))),
        "HTTP/1.1 307 Status\r\nConnection: close\r\nContent-Length: 0\r\nLocation: /y\r\n\r\n"
    );
    assert_eq!(answer_to(&Receiver::start(Behaviour::Bytes(b"junk".to_vec()))), "junk");
    let start = Instant::now();
    assert!(
        answer_to(&Receiver::start(Behaviour::SlowBy(Duration::from_millis(200))))
            .contains(" 204 ")
    );
    assert!(start.elapsed() >= Duration::from_millis(200));
    let silent = Receiver::start(Behaviour::Silent);
    let mut stream = post(&silent);
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let unread = stream.read(&mut [0]).unwrap_err().kind();
    assert!(matches!(unread, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{unread}");
    let drip = Receiver::start(Behaviour::Drip);
    let mut stream = post(&drip);
    let start = Instant::now();
    stream.read_exact(&mut [0; 2]).unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1));
    let closing = Receiver::start(Behaviour::CloseAtOnce);
    let mut stream = TcpStream::connect(closing.address()).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    let custom = Receiver::start(Behaviour::Custom(Box::new(|connection| {
        let request = connection.read_request().unwrap();
        connection.stream.write_all(&request.body).unwrap();
    })));
    assert_eq!(answer_to(&custom), "{\r\n");
}

fn a_refusing_port_refuses_and_a_black_hole_never_connects() {
    let connect = |receiver: &Receiver| {
        TcpStream::connect_timeout(&receiver.address(), Duration::from_millis(300))
    };
    assert_eq!(connect(&Receiver::refusing()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert_eq!(connect(&Receiver::black_hole()).unwrap_err().kind(), ErrorKind::TimedOut);
}

fn a_dropped_receiver_leaves_no_port_and_no_connection() {
    let receiver = Receiver::start(Behaviour::Silent);
    let address = receiver.address();
    let mut held = post(&receiver);
    receiver.wait_for(1, SECONDS_10);
    drop(receiver);
    assert_eq!(held.read(&mut [0]).unwrap(), 0);
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

fn a_missing_tool_is_named_and_fails_only_in_ci() {
    let missing = trial("x", &[A_TOOL, "no-such-tool"], || ());
    assert_eq!(missing.kind(), "needs no-such-tool");
    assert_eq!(missing.has_ignored_flag(), std::env::var_os("CI").is_none());
    let present = trial("x", &[A_TOOL], || ());
    assert_eq!((present.kind(), present.has_ignored_flag()), ("", false));
}

fn a_trial_that_never_ends_fails() {
    let endless = within(Duration::from_millis(1), || thread::sleep(SECONDS_10));
    assert!(endless.is_err_and(|failed| format!("{failed:?}").contains("did not end")));
    assert!(within(SECONDS_10, || ()).is_ok());
    let panic = std::panic::catch_unwind(|| within(SECONDS_10, || panic!("expected")));
    assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"expected"));
}
