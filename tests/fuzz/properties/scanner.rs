//! The first object on standard input ends at the same byte as with serde_json's stream reader.

use std::time::Instant;

use docglow_telemetry::event::stdin;
use docglow_telemetry::platform::BYTE_ORDER_MARK;
use docglow_telemetry::platform::input::{Read, TimedRead};
use serde::de::IgnoredAny;
use serde_json::Deserializer;

struct Bytes<'a>(&'a [u8]);

impl TimedRead for Bytes<'_> {
    fn has_writer(&self) -> bool {
        true
    }

    fn read(&mut self, buffer: &mut Vec<u8>, _: Option<Instant>) -> Read {
        let length = self.0.len().min(buffer.capacity() - buffer.len());
        let (chunk, rest) = self.0.split_at(length);
        self.0 = rest;
        buffer.extend_from_slice(chunk);
        if length == 0 { Read::End } else { Read::Bytes(length) }
    }
}

pub fn check(data: &[u8]) {
    let scanned = stdin::read_object(&mut Bytes(data)).ok();
    let text = data.strip_prefix(BYTE_ORDER_MARK.as_bytes()).unwrap_or(data);
    let first = first_object(text);
    match (scanned, first) {
        (Some(scanned), Some(first)) => assert_eq!(scanned.as_bytes(), first),
        (Some(scanned), None) => {
            assert!(serde_json::from_str::<IgnoredAny>(&scanned).is_err(), "{scanned}")
        }
        (None, Some(first)) => {
            assert!(std::str::from_utf8(first).is_err(), "{}", String::from_utf8_lossy(first))
        }
        (None, None) => {}
    }
}

/// The text up to the end of its first value, if that value is an object.
fn first_object(text: &[u8]) -> Option<&[u8]> {
    if text.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    let mut values = Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(&text[..values.byte_offset()])
}
