//! The log of the events that this account has sent: exact bodies, times, endpoints and outcomes.
//!
//! A sender appends one line to `telemetry.log` before it sends an event, one before it follows a
//! redirect, and one with the outcome. Appending needs no lock, so hundreds of senders do not wait
//! for each other. A full log is renamed to `telemetry.log.1` and replaces the previous one.
//! `telemetry.endpoints` keeps the recipients of the events that are lost that way.

use std::fs::{self, File};
use std::io::{ErrorKind, Result, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::platform::file::{
    WriteTarget, create_private, folder_of, open_append, open_lock, read_regular, replace,
    resolve_for_writing, with_suffix, without_links,
};
use crate::platform::owner::OwnersRights;
use crate::sender::http::Request;
use crate::sender::recipients::{Recipient, Recipients};

/// The size in bytes at which a log is full: about a thousand events.
const MAX_BYTES: u64 = 512 << 10;

/// The most bytes of a URL that are logged, so that one event cannot fill the log. URLs are ASCII.
const MAX_URL_BYTES: usize = 2000;

/// The outcome as long as there is no answer. It remains if the sender's time runs out.
const NO_ANSWER: &str = "no answer";

/// The log of a user, in docglow's configuration folder.
#[derive(Clone, Debug)]
pub struct Log {
    path: PathBuf,
    recipients: Recipients,
}

/// One event that was sent, as `log --json` prints it.
#[derive(Serialize)]
pub struct Record<'a> {
    /// RFC 3339, UTC: when sending began.
    at: &'a str,
    /// The endpoints that received it, including those of redirects: URLs without their queries.
    endpoint: String,
    /// The status code of the answer, or the reason for its absence.
    outcome: &'a str,
    /// The exact request body.
    body: &'a RawValue,
    #[serde(skip)]
    sender: &'a str,
}

impl Log {
    /// The log in docglow's configuration folder.
    pub fn in_folder(folder: &Path) -> Log {
        Log { path: folder.join("telemetry.log"), recipients: Recipients::in_folder(folder) }
    }

    /// The lines of this log and the previous one, if they can be read.
    pub fn text(&self) -> String {
        let _rights = OwnersRights::take(folder_of(&self.path));
        let log = resolve_for_writing(&self.path).unwrap_or(self.path.clone());
        // This program never appends to a larger log.
        let text = |file: &Path| read_regular(file, 3 * MAX_BYTES).unwrap_or_default();
        String::from_utf8_lossy(&[text(&previous(&log)), text(&log)].join(&b'\n')).into_owned()
    }

    /// All recipients of events, given the lines of the log.
    pub fn recipients(&self, text: &str) -> Vec<Recipient> {
        self.recipients.with(sendings(text))
    }

    /// Logs that a request is about to be sent. If no file in the folder can be written, for
    /// example on a full disk, there is no record, and the event is sent anyway.
    ///
    /// # Errors
    /// If only the log cannot be written. The event must then not be sent.
    pub fn begin(&self, request: &Request) -> Result<Option<Sending>> {
        let at = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        let text = line(&at, SENT, &format!("{} {}", url(request), request.body));
        match self.append(&text) {
            Ok(file) => Ok(Some(Sending { file, at })),
            Err(_) if !self.is_folder_writable(&text) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Appends a line to the log, and returns the file.
    fn append(&self, line: &str) -> Result<File> {
        let target = WriteTarget::prepare(&self.path)?;
        let may_create = !target.is_anothers;
        let mut file = open_append(&target.path, may_create)?;
        if may_create && file.metadata()?.len() > MAX_BYTES {
            // If that fails, the next event tries again.
            let _ = self.rotate(&target.path);
            file = open_append(&target.path, may_create)?;
        }
        if file.metadata()?.len() > 2 * MAX_BYTES {
            return Err(ErrorKind::FileTooLarge.into());
        }
        write_at_once(&mut file, line)?;
        Ok(file)
    }

    /// Whether this line can be written to a new file in the folder.
    fn is_folder_writable(&self, line: &str) -> bool {
        let folder = folder_of(&self.path);
        if !matches!(OwnersRights::take(folder), Ok(None)) {
            return false;
        }
        let Ok(folder) = without_links(folder) else { return false };
        let other = folder.join(format!("telemetry.log.{}", std::process::id()));
        let written = create_private(&other).and_then(|mut file| write_at_once(&mut file, line));
        let _ = fs::remove_file(other);
        written.is_ok()
    }

    /// Renames a full log, unless another process is doing so. Remembers its recipients first.
    fn rotate(&self, target: &Path) -> Result<()> {
        let lock = open_lock(&with_suffix(target, ".lock"))?;
        if lock.try_lock().is_err() || fs::metadata(target)?.len() <= MAX_BYTES {
            return Ok(());
        }
        self.recipients.remember(sendings(&self.text()))?;
        replace(target, &previous(target))
    }
}

/// An event that has no outcome yet.
pub struct Sending {
    file: File,
    at: String,
}

impl Sending {
    /// Logs that the request is about to follow a redirect.
    ///
    /// # Errors
    /// If the log cannot be written. The redirect must not be followed then.
    pub fn redirect(&mut self, request: &Request) -> Result<()> {
        write_at_once(&mut self.file, &line(&self.at, REDIRECTED, &url(request)))
    }

    /// Logs the outcome, which is one line.
    pub fn end(mut self, outcome: &str) {
        // The event has left already.
        let _ = write_at_once(&mut self.file, &line(&self.at, ENDED, outcome));
    }
}

/// The kinds of lines, and the text after each: the URL and the body, the URL, or the outcome.
const SENT: &str = "sent";
const REDIRECTED: &str = "redirected";
const ENDED: &str = "ended";

/// A line. The time and the process id identify the event.
///
/// It starts with a line break, in case a full disk has cut the line before it.
fn line(at: &str, kind: &str, text: &str) -> String {
    format!("\n{at} {} {kind} {text}", std::process::id())
}

/// The lines of a log: time, process id, kind and text. Other lines are skipped.
fn entries(text: &str) -> impl Iterator<Item = [&str; 4]> {
    text.lines().filter_map(|line| {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        words.try_into().ok()
    })
}

/// The events in the lines of a log, the oldest first.
pub fn records(text: &str) -> Vec<Record<'_>> {
    let mut records: Vec<Record> = Vec::new();
    for [at, sender, kind, text] in entries(text) {
        let is_same = |record: &&mut Record| record.sender == sender && record.at == at;
        match (kind, records.iter_mut().rev().find(is_same)) {
            (SENT, _) => {
                let Some((url, body)) = text.split_once(' ') else { continue };
                let Ok(body) = serde_json::from_str(body) else { continue };
                let endpoint = url.to_owned();
                records.push(Record { at, endpoint, outcome: NO_ANSWER, body, sender });
            }
            (REDIRECTED, Some(record)) => {
                record.endpoint = format!("{} -> {text}", record.endpoint)
            }
            (ENDED, Some(record)) => record.outcome = text,
            _ => {}
        }
    }
    records
}

/// The time and the URL of each sending, redirects included.
fn sendings(text: &str) -> impl Iterator<Item = (&str, &str)> {
    entries(text).filter_map(|[at, _, kind, text]| match kind {
        SENT => text.split_once(' ').map(|(url, _body)| (at, url)),
        REDIRECTED => Some((at, text)),
        _ => None,
    })
}

impl Record<'_> {
    /// Time, endpoints and outcome.
    pub fn summary(&self) -> [&str; 3] {
        [self.at, &self.endpoint, self.outcome]
    }

    pub fn body(&self) -> &str {
        self.body.get()
    }
}

fn url(request: &Request) -> String {
    let mut url = request.endpoint.to_string();
    url.truncate(MAX_URL_BYTES);
    url
}

/// Appends the text with one system call, so that lines of several processes never mix.
fn write_at_once(file: &mut File, text: &str) -> Result<()> {
    if file.write(text.as_bytes())? == text.len() {
        Ok(())
    } else {
        Err(ErrorKind::StorageFull.into())
    }
}

/// The path of the previous log.
fn previous(log: &Path) -> PathBuf {
    with_suffix(log, ".1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_event_are_one_record_and_all_others_are_passed_over() {
        let text = "\n1 7 sent https://a/x {\"a\":1}\n1 8 sent https://b/ {}garbage\n\u{1b} \0\n2 8 sent https://b/ {}\
            \n1 7 redirected https://c/\n2 8 ended Connection refused\n1 7 ended 204\n3 9 ended 204\n4 9 sent https://d/";
        let records = records(text);
        let shown: Vec<_> =
            records.iter().map(|record| (record.summary(), record.body())).collect();
        assert_eq!(
            shown,
            [
                (["1", "https://a/x -> https://c/", "204"], r#"{"a":1}"#),
                (["2", "https://b/", "Connection refused"], "{}"),
            ]
        );
        let urls: Vec<_> = sendings(text).collect();
        assert_eq!(urls.len(), 4, "{urls:?}");
    }

    #[test]
    fn records_are_read_as_they_were_written() {
        let sender = std::process::id().to_string();
        for (kind, text) in [(SENT, "https://a/ {}"), (REDIRECTED, "https://a/"), (ENDED, "a b")] {
            let line = line("now", kind, text);
            assert_eq!(line, format!("\nnow {sender} {kind} {text}"));
            assert_eq!(entries(&line).collect::<Vec<_>>(), [["now", &sender, kind, text]]);
        }
    }
}
