//! The end of the first object on standard input is where serde_json's own stream reader sees it.

use std::io::{PipeReader, PipeWriter, Write};
use std::thread;

use docglow_telemetry::event::stdin;
use docglow_telemetry::platform::input::Input;
use serde::de::IgnoredAny;
use serde_json::Deserializer;

/// A pipe takes this much before its reader has read anything. The fuzzer's inputs are no longer, and so need no thread, of whose
/// memory its leak detector knows too little.
const PIPE_BYTES: usize = 4096;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

pub fn check(data: &[u8]) {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let scanned = if data.len() <= PIPE_BYTES {
        writer.write_all(data).expect("the pipe takes it");
        drop(writer);
        stdin::read_object(&mut Input::pipe(&reader)).ok()
    } else {
        scanned_beside_its_writer(reader, writer, data)
    };
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

/// What the hook reads no further has lost its reader.
fn scanned_beside_its_writer(
    reader: PipeReader,
    mut writer: PipeWriter,
    data: &[u8],
) -> Option<String> {
    thread::scope(|scope| {
        scope.spawn(move || writer.write_all(data).ok());
        let scanned = stdin::read_object(&mut Input::pipe(&reader)).ok();
        drop(reader);
        scanned
    })
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
