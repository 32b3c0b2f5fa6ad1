//! The head of an answer: its status is valid, its location fits into a header, and no byte after
//! it is read.

use docglow_telemetry::sender::answer::Answer;
use docglow_telemetry::sender::head::Head;

const LIMIT: usize = 1024;

pub fn check(data: &[u8]) {
    let mut rest = data;
    let Ok(head) = Head::read(&mut rest, LIMIT) else { return };
    let read = &data[..data.len() - rest.len()];
    assert!(read.len() <= LIMIT && read.starts_with(&b"HTTP/1."[..read.len().min(7)]));
    assert!(head.is_whole() || rest.is_empty() || read.len() == LIMIT);
    assert!(head.status().is_none_or(|status| (100..1000).contains(&status)));
    if let Some(location) = head.location() {
        assert!(location.is_ascii() && !location.contains([' ', '\n']), "{location:?}");
    }
    if let Ok(answer) = Answer::read(&mut &*data) {
        let again = Answer::read(&mut answer.to_head().as_bytes()).expect("an answer");
        let location = answer.location.filter(|location| !location.is_empty());
        assert_eq!((again.status, again.location), (answer.status, location));
    }
}
