//! The end of the first object on standard input is where serde_json's own stream reader sees it.

use std::io::Write;
use std::thread;

use docglow_telemetry::event::stdin;
use docglow_telemetry::platform::input::Input;
use serde::de::IgnoredAny;
use serde_json::Deserializer;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

pub fn check(data: &[u8]) {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let scanned = thread::scope(|scope| {
        // Closed when all is written. What the hook reads no further has lost its reader.
        scope.spawn(move || writer.write_all(data).ok());
        let scanned = stdin::read_object(&mut Input::pipe(&reader)).ok();
        drop(reader);
        scanned
    });
    let text = data.strip_prefix(BYTE_ORDER_MARK).unwrap_or(data);
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

/// The text up to the end of its first value, where that is an object.
fn first_object(text: &[u8]) -> Option<&[u8]> {
    if text.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    let mut values = Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(&text[..values.byte_offset()])
}
