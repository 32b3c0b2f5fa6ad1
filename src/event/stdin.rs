//! Reads the event from standard input. The writer must not get SIGPIPE, and the caller must not
//! wait, as far as both are possible.

use std::time::{Duration, Instant};

use crate::event::NotSent;
use crate::platform::BYTE_ORDER_MARK;
use crate::platform::input::{Read, TimedRead};
use crate::platform::memory::try_reserve;

/// An event has about 500 bytes. A much larger input is not an event, and is not kept in memory.
const MAX_BYTES: usize = 1 << 20;

/// How long an event may take from its first byte to its last.
const EVENT_TIME: Duration = Duration::from_secs(2);

/// How long to drain the input after a complete event, in case the writer has not finished.
const TRAILER_TIME: Duration = Duration::from_millis(50);

/// How long to drain input that is not an event, so that its writer does not get SIGPIPE.
const REFUSE_TIME: Duration = Duration::from_secs(10);

/// The longest pause in such input. After it, the input is not drained any further.
const REFUSE_PAUSE: Duration = EVENT_TIME;

/// Bytes per read. An event fits into one read, and a larger buffer would touch memory that most
/// calls do not need.
const CHUNK_BYTES: usize = 8 << 10;

/// Reads the first JSON object from `input`, and drains the rest. `input` may stay open after the
/// object.
///
/// Waits for the first byte without a limit, as any filter in a pipeline does.
///
/// # Errors
/// `NotSent` if no complete object of at most 1 MiB arrives within 2 s of the first byte. The input
/// is then drained for at most 10 s, as long as bytes keep coming.
pub fn read_object(input: &mut impl TimedRead) -> Result<String, NotSent> {
    read_first_object(input).map(|(object, _)| object)
}

/// The same, and whether anything except white space follows the object.
///
/// # Errors
/// Those of [`read_object`].
pub fn read_first_object(input: &mut impl TimedRead) -> Result<(String, bool), NotSent> {
    let object = receive_object(input);
    let has_more = match object {
        Ok(_) => drain(input, TRAILER_TIME, TRAILER_TIME),
        Err(NotSent::TooSlow) => drain(input, REFUSE_TIME, TRAILER_TIME),
        Err(_) => drain(input, REFUSE_TIME, REFUSE_PAUSE),
    };
    object.map(|(object, is_followed)| (object, is_followed || has_more))
}

/// Reads `input` to its end and drops it, for a call that needs no event.
pub fn discard(input: &mut impl TimedRead) {
    drain(input, REFUSE_TIME, REFUSE_PAUSE);
}

/// The object, and whether more than white space follows it in the bytes that were read with it.
fn receive_object(input: &mut impl TimedRead) -> Result<(String, bool), NotSent> {
    let mark = BYTE_ORDER_MARK.as_bytes();
    let mut scanner = Scanner::default();
    let mut text = Vec::new();
    let mut deadline = None;
    loop {
        let scanned = text.len();
        // Most events arrive in one read and need no clock.
        if scanned > 0 {
            deadline.get_or_insert_with(|| Instant::now() + EVENT_TIME);
        }
        if !try_reserve(&mut text, CHUNK_BYTES) {
            return Err(NotSent::NoMemory);
        }
        match input.read(&mut text, deadline) {
            Read::Bytes(_) => {}
            Read::End if text.is_empty() => return Err(NotSent::NoInput),
            Read::End => return Err(NotSent::Incomplete),
            Read::TimedOut => return Err(NotSent::TooSlow),
        }
        let begin = if text.starts_with(mark) { mark.len() } else { 0 };
        if begin == 0 && mark.starts_with(&text) {
            continue;
        }
        match scanner.scan(&text[begin.max(scanned)..]) {
            Scan::Complete(end) => {
                let end = begin.max(scanned) + end;
                let is_followed = !text[end..].trim_ascii().is_empty();
                text.truncate(end);
                text.drain(..begin);
                if text.len() > MAX_BYTES {
                    return Err(NotSent::TooLarge);
                }
                let text = String::from_utf8(text).map_err(|_| NotSent::NotUtf8)?;
                return Ok((text, is_followed));
            }
            Scan::NotAnObject => return Err(NotSent::NotAnObject),
            Scan::Open if text.len() > MAX_BYTES => return Err(NotSent::TooLarge),
            Scan::Open => {}
        }
    }
}

/// Drains the input, so that the writer does not get SIGPIPE. Returns whether more than white space
/// came.
fn drain(input: &mut impl TimedRead, time: Duration, pause: Duration) -> bool {
    let mut is_used = false;
    if !input.has_writer() {
        return is_used;
    }
    let end = Instant::now() + time;
    let mut dropped = Vec::with_capacity(CHUNK_BYTES);
    while let Read::Bytes(_) = input.read(&mut dropped, Some(end.min(Instant::now() + pause))) {
        is_used |= !dropped.trim_ascii().is_empty();
        dropped.clear();
    }
    is_used
}

/// Finds the end of a JSON object by its brackets and strings alone. The parser checks the rest of
/// the syntax.
#[derive(Default)]
struct Scanner {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Scan {
    /// The object ends before this byte of the last scan.
    Complete(usize),
    Open,
    NotAnObject,
}

impl Scanner {
    fn scan(&mut self, bytes: &[u8]) -> Scan {
        for (i, byte) in bytes.iter().enumerate() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' if self.depth > 0 => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' => self.depth += 1,
                b'[' if self.depth > 0 => self.depth += 1,
                b'}' | b']' if self.depth == 1 => return Scan::Complete(i + 1),
                b'}' | b']' if self.depth > 1 => self.depth -= 1,
                b' ' | b'\t' | b'\n' | b'\r' => {}
                _ if self.depth == 0 => return Scan::NotAnObject,
                _ => {}
            }
        }
        Scan::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe that contains these bytes. After them, reading returns `then`.
    struct Pipe<'a> {
        bytes: &'a [u8],
        then: Read,
    }

    impl TimedRead for Pipe<'_> {
        fn has_writer(&self) -> bool {
            true
        }

        fn read(&mut self, buffer: &mut Vec<u8>, _: Option<Instant>) -> Read {
            let length = self.bytes.len().min(buffer.capacity() - buffer.len());
            let (chunk, rest) = self.bytes.split_at(length);
            self.bytes = rest;
            buffer.extend_from_slice(chunk);
            if length == 0 { self.then } else { Read::Bytes(length) }
        }
    }

    fn read(bytes: &[u8]) -> Result<String, NotSent> {
        let mut pipe = Pipe { bytes, then: Read::End };
        let object = read_object(&mut pipe);
        assert!(pipe.bytes.is_empty(), "the writer would get SIGPIPE");
        object
    }

    #[test]
    fn the_first_object_is_read_and_the_rest_is_drained() {
        for (input, object) in [
            (r#"{"a":1}"#, r#"{"a":1}"#),
            (" \r\n\t{}\n", " \r\n\t{}"),
            ("\u{feff}{}", "{}"),
            (r#"{"a":"}\"}"}{"b":2}"#, r#"{"a":"}\"}"}"#),
            (r#"{"a":[{"b":"\\"}]}garbage"#, r#"{"a":[{"b":"\\"}]}"#),
        ] {
            assert_eq!(read(input.as_bytes()).as_deref(), Ok(object), "{input}");
        }
    }

    #[test]
    fn a_second_object_is_noticed() {
        for (input, is_followed) in [("{} \n", false), ("{}\n{}", true), ("{}x", true)] {
            let mut pipe = Pipe { bytes: input.as_bytes(), then: Read::End };
            let object = read_first_object(&mut pipe);
            assert_eq!(object, Ok(("{}".to_owned(), is_followed)), "{input}");
        }
    }

    #[test]
    fn input_that_is_not_an_object_gives_a_reason() {
        let large = [b"{\"a\":\"".to_vec(), vec![b'x'; MAX_BYTES], b"\"}".to_vec()].concat();
        for (input, unreadable) in [
            (&b""[..], NotSent::NoInput),
            (b"[1]", NotSent::NotAnObject),
            (b"null", NotSent::NotAnObject),
            (b"\0\0", NotSent::NotAnObject),
            (b"\"a\"", NotSent::NotAnObject),
            (b"\\x", NotSent::NotAnObject),
            (b"}", NotSent::NotAnObject),
            (b"]", NotSent::NotAnObject),
            (b"\xff\xfe{\0}\0", NotSent::NotAnObject),
            (b"{\"a\":\"\xff\"}", NotSent::NotUtf8),
            (b"{\"a\":", NotSent::Incomplete),
            (b"   ", NotSent::Incomplete),
            (b"\xef\xbb", NotSent::Incomplete),
            (&large, NotSent::TooLarge),
            (&vec![b'x'; 3 * MAX_BYTES], NotSent::NotAnObject),
        ] {
            assert_eq!(
                read(input),
                Err(unreadable),
                "{:?}",
                String::from_utf8_lossy(&input[..input.len().min(20)])
            );
        }
    }

    #[test]
    fn an_object_is_found_however_it_is_cut_into_pieces() {
        let text = br#"{"a":"\\\"}","b":[{"c":"]"}]}"#;
        for cut in 0..text.len() {
            let mut scanner = Scanner::default();
            assert_eq!(scanner.scan(&text[..cut]), Scan::Open);
            assert_eq!(scanner.scan(&text[cut..]), Scan::Complete(text.len() - cut));
        }
    }

    /// An input that stays open. It records the deadline of each read.
    struct OpenInput<'a> {
        pieces: &'a [&'a str],
        deadlines: Vec<Option<Instant>>,
    }

    impl OpenInput<'_> {
        fn of<'a>(pieces: &'a [&'a str]) -> OpenInput<'a> {
            OpenInput { pieces, deadlines: Vec::new() }
        }

        /// Checks that each read had this limit, counted from a moment since `begin`.
        fn assert_limits(&self, begin: Instant, limits: &[Option<Duration>]) {
            let end = Instant::now();
            assert_eq!(self.deadlines.len(), limits.len());
            for (deadline, limit) in self.deadlines.iter().zip(limits) {
                let is_right = match (deadline, limit) {
                    (Some(deadline), Some(limit)) => {
                        begin + *limit <= *deadline && *deadline <= end + *limit
                    }
                    (deadline, limit) => deadline.is_none() && limit.is_none(),
                };
                assert!(is_right, "{:?} instead of {limit:?}", deadline.map(|at| at - begin));
            }
        }
    }

    impl TimedRead for OpenInput<'_> {
        fn has_writer(&self) -> bool {
            true
        }

        fn read(&mut self, buffer: &mut Vec<u8>, deadline: Option<Instant>) -> Read {
            self.deadlines.push(deadline);
            let Some((piece, rest)) = self.pieces.split_first() else { return Read::TimedOut };
            self.pieces = rest;
            buffer.extend_from_slice(piece.as_bytes());
            Read::Bytes(piece.len())
        }
    }

    #[test]
    fn each_wait_has_the_published_limit() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let trailer = Some(Duration::from_millis(50));
        for (pieces, limits) in [
            (&["{\"a\"", ":1", "}"][..], &[None, seconds(2), seconds(2), trailer][..]),
            (&["{"], &[None, seconds(2), trailer]),
            (&["x", "x"], &[None, seconds(2), seconds(2)]),
        ] {
            let (mut input, begin) = (OpenInput::of(pieces), Instant::now());
            let _ = read_object(&mut input);
            input.assert_limits(begin, limits);
        }
    }

    #[test]
    fn an_open_input_ends_with_its_object() {
        let mut pipe = Pipe { bytes: b"{}", then: Read::TimedOut };
        assert_eq!(read_object(&mut pipe).as_deref(), Ok("{}"));
    }

    #[test]
    fn only_the_first_byte_is_waited_for_without_a_limit() {
        let mut input = OpenInput::of(&["{", "\"a\":", "1}", " ", "x", "y"]);
        let begin = Instant::now();
        assert_eq!(read_first_object(&mut input), Ok(("{\"a\":1}".to_owned(), true)));
        let [event, trailer] = [EVENT_TIME, TRAILER_TIME].map(Some);
        input.assert_limits(begin, &[None, event, event, trailer, trailer, trailer, trailer]);
        assert_eq!(input.deadlines[1], input.deadlines[2]);
    }

    #[test]
    fn white_space_behind_an_object_is_no_second_one() {
        let mut input = OpenInput::of(&["{}", " \n"]);
        assert_eq!(read_first_object(&mut input), Ok(("{}".to_owned(), false)));
    }

    #[test]
    fn input_without_a_use_is_read_to_its_end() {
        let (mut input, begin) = (OpenInput::of(&["x", "y"]), Instant::now());
        discard(&mut input);
        assert_eq!(input.pieces.len(), 0);
        input.assert_limits(begin, &[Some(REFUSE_PAUSE); 3]);
    }

    #[test]
    fn an_event_of_exactly_the_limit_is_read() {
        let event = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
        assert!(read(event(MAX_BYTES).as_bytes()).is_ok());
        assert_eq!(read(event(MAX_BYTES + 1).as_bytes()), Err(NotSent::TooLarge));
        let open = event(3 * MAX_BYTES).replace('}', "");
        assert_eq!(read(open.as_bytes()), Err(NotSent::TooLarge));
        // The byte-order mark does not count.
        let marked = format!("\u{feff}{}", event(MAX_BYTES));
        let (first, rest) = marked.split_at(MAX_BYTES);
        let pieces = [first, rest];
        let mut input = OpenInput::of(&pieces);
        assert_eq!(read_object(&mut input).map(|object| object.len()), Ok(MAX_BYTES));
    }
}
