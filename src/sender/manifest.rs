//! Counts and adapter from dbt's `manifest.json`. The file is streamed, because it may be 100 MB
//! large.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::payload::vocabulary::Adapter;
use crate::payload::{Event, ProjectShape};
use crate::platform::file::open_regular;

/// The time limit for reading. If the sender did not wait for a slot, about half of its 3 s remain
/// for sending.
const READING_TIME: Duration = Duration::from_millis(1500);

/// Bytes per read.
const CHUNK_BYTES: usize = 64 << 10;

/// Adds counts and adapter from `manifest.json` in `target_dir` to an event that lacks them. If the
/// manifest cannot be read completely, the event stays as it is.
pub fn complete(event: &mut Event, target_dir: &Path) {
    if event.project_shape.is_some() && event.adapter_type.is_some() {
        return;
    }
    let Ok(file) = open_regular(&target_dir.join("manifest.json")) else { return };
    let Ok(counter) =
        Counter::read(FileWithDeadline { file, deadline: Instant::now() + READING_TIME })
    else {
        return;
    };
    event.project_shape = event.project_shape.or(Some(counter.shape));
    event.adapter_type = event.adapter_type.or(counter.adapter);
}

/// A file whose reads fail after a deadline.
struct FileWithDeadline {
    file: File,
    deadline: Instant,
}

impl Read for FileWithDeadline {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if Instant::now() > self.deadline {
            Err(Error::from(ErrorKind::TimedOut))
        } else {
            self.file.read(buffer)
        }
    }
}

/// Counts the members of a manifest while its bytes are read.
///
/// It tracks brackets and strings, and compares only strings of the upper three levels with the few
/// known keys and words. It does not check the rest of the syntax. So it is four times as fast as
/// serde_json's reader on files of 100 MB.
#[derive(Default)]
struct Counter {
    depth: usize,
    is_in_string: bool,
    is_escaped: bool,
    /// The beginning of the current string, if it is on one of the upper three levels.
    string: Vec<u8>,
    /// Whether the current string follows a colon.
    is_value: bool,
    /// The last key of each of the upper three levels, with its closing quote.
    keys: [Vec<u8>; MEMBER],
    /// Whether the text is not a single object.
    is_broken: bool,
    /// Whether the object has ended.
    is_complete: bool,
    shape: ProjectShape,
    adapter: Option<Adapter>,
}

/// Levels of brackets inside the manifest: its sections, and their members.
const SECTION: usize = 2;
const MEMBER: usize = 3;

/// The longest string that is compared. Every known key and word is shorter.
const MAX_STRING_BYTES: usize = 32;

impl Counter {
    /// Reads a manifest to its end.
    ///
    /// # Errors
    /// Those of `reader`, and `InvalidData` if the text is not one complete object.
    fn read(mut reader: impl Read) -> Result<Counter> {
        let mut counter = Counter::default();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            match reader.read(&mut chunk)? {
                0 if counter.is_complete && !counter.is_broken => return Ok(counter),
                0 => return Err(ErrorKind::InvalidData.into()),
                length => counter.feed(&chunk[..length]),
            }
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        let mut i = 0;
        while i < bytes.len() {
            if self.is_in_string {
                i += self.feed_string(&bytes[i..]);
                continue;
            }
            match bytes[i] {
                b'"' => {
                    self.is_in_string = true;
                    self.string.clear();
                }
                b'{' | b'[' => {
                    self.is_broken |= self.is_complete || self.depth == 0 && bytes[i] == b'[';
                    self.depth += 1;
                    self.is_value = false;
                }
                b'}' | b']' => {
                    self.is_broken |= self.depth == 0;
                    self.depth = self.depth.saturating_sub(1);
                    self.is_complete = self.depth == 0;
                    self.is_value = false;
                }
                b':' => self.is_value = true,
                b',' => self.is_value = false,
                byte => self.is_broken |= self.depth == 0 && !byte.is_ascii_whitespace(),
            }
            i += 1;
        }
    }

    /// Consumes bytes of a string and returns their number.
    fn feed_string(&mut self, bytes: &[u8]) -> usize {
        if self.is_escaped {
            self.is_escaped = false;
            return 1;
        }
        let plain =
            bytes.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(bytes.len());
        if self.depth <= MEMBER {
            // The backslash is kept, so that a string with an escape matches no known word.
            let kept = (plain + 1).min(bytes.len()).min(MAX_STRING_BYTES - self.string.len());
            self.string.extend_from_slice(&bytes[..kept]);
        }
        match bytes.get(plain) {
            Some(b'"') => {
                self.is_in_string = false;
                if self.depth <= MEMBER {
                    self.end_string();
                }
            }
            Some(_) => self.is_escaped = true,
            None => {}
        }
        (plain + 1).min(bytes.len())
    }

    /// Evaluates the current string, which ends with its closing quote.
    fn end_string(&mut self) {
        let Some(level) = self.depth.checked_sub(1) else {
            self.is_broken = true;
            return;
        };
        if !self.is_value {
            std::mem::swap(&mut self.keys[level], &mut self.string);
        }
        let [section, key, key_of_member] = self.keys.each_ref().map(|key| key.strip_suffix(b"\""));
        match (self.depth, self.is_value, section) {
            (SECTION, false, Some(b"sources")) => self.shape.sources += 1,
            (SECTION, false, Some(b"macros")) => self.shape.macros += 1,
            (SECTION, true, Some(b"metadata")) if key == Some(b"adapter_type") => {
                let name = self.string.strip_suffix(b"\"").unwrap_or(b"other");
                self.adapter = Adapter::named(&String::from_utf8_lossy(name));
            }
            (MEMBER, true, Some(b"nodes")) if key_of_member == Some(b"resource_type") => {
                match self.string.as_slice() {
                    b"model\"" => self.shape.models += 1,
                    b"seed\"" => self.shape.seeds += 1,
                    b"test\"" => self.shape.tests += 1,
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Count;

    fn parse(text: &str) -> Option<(ProjectShape, Option<Adapter>)> {
        Counter::read(text.as_bytes()).ok().map(|counter| (counter.shape, counter.adapter))
    }

    #[test]
    fn nodes_are_counted_by_type_and_sources_and_macros_by_number() {
        let manifest = r#"{
            "metadata": {"adapter_type": "DuckDB", "project_name": "acme"},
            "nodes": {
                "model.acme.a": {
                    "name": "a",
                    "resource_type": "model",
                    "config": {"resource_type": "seed"}
                },
                "model.acme.b": {"resource_type": "model"},
                "seed.acme.c": {"resource_type": "seed"},
                "test.acme.d": {
                    "resource_type": "test",
                    "raw_code": "{\"resource_type\": \"model\"}"
                },
                "snapshot.acme.e": {"resource_type": "snapshot"},
                "x": {}
            },
            "sources": {"source.acme.f": {"resource_type": "source"}},
            "macros": {"macro.dbt.g": {}, "macro.dbt.h": {}},
            "docs": {"doc.acme.i": {}}
        }"#;
        let shape = ProjectShape {
            models: Count::new(2),
            sources: Count::new(1),
            seeds: Count::new(1),
            tests: Count::new(1),
            macros: Count::new(2),
        };
        assert_eq!(parse(manifest), Some((shape, Adapter::named("duckdb"))));
    }

    #[test]
    fn an_empty_manifest_has_no_members_and_no_adapter() {
        for text in ["{}", r#"{"metadata":{"adapter_type":null}}"#, r#"{"nodes":{},"sources":{}}"#]
        {
            assert_eq!(parse(text), Some((ProjectShape::default(), None)), "{text}");
        }
    }

    #[test]
    fn a_broken_manifest_is_not_counted() {
        for text in [
            "",
            "null",
            "[]",
            "{",
            r#"{"nodes":{"a":{"resource_type":"model"}}"#,
            "{\"a",
            "{} {}",
            "{}}",
            "x{}",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_whole_words_on_their_level_count() {
        for member in [
            r#""resource_type\n":"model""#,
            r#""resource_type":"model\"""#,
            r#""resource_type":"models_and_much_more_than_32_bytes_of_text""#,
            r#""resource_type":["model"]"#,
            r#""resource_type":{"resource_type":"model"}"#,
            r#""x":"resource_type","y":"model""#,
            r#""resource_type":1,"x":"model""#,
            r#""resource_type":"snapshot"}},"macros":{},"metadata":{"x":"duckdb","y":{"#,
        ] {
            let manifest = format!(
                r#"{{"nodes":{{"a":{{{member}}}}},"docs":{{"b":{{"resource_type":"model"}}}}}}"#
            );
            assert_eq!(parse(&manifest), Some((ProjectShape::default(), None)), "{member}");
        }
    }

    #[test]
    fn a_manifest_is_counted_however_it_is_cut_into_chunks() {
        let text =
            br#"{"metadata":{"adapter_type":"duckdb"},"nodes":{"a\"b":{"resource_type":"seed"}}}"#;
        for cut in 0..text.len() {
            let counter = Counter::read(text[..cut].chain(&text[cut..])).unwrap();
            assert_eq!(
                (counter.shape.seeds, counter.adapter),
                (Count::new(1), Adapter::named("duckdb"))
            );
        }
    }

    #[test]
    fn nesting_of_any_depth_is_skipped_without_recursion() {
        let deep = format!(r#"{{"docs":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse(&deep).is_some());
    }
}
