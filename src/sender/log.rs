//! What this machine has sent, to be read afterwards: the exact bodies, when, where to, and what came of it.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write;
use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::platform::escape::escape_for_terminal;
use crate::platform::shared_file::{Durability, MAX_BYTES, SharedFile};
use crate::sender::http::Request;

/// As much of a URL as is written down, or one from a docglow.yml could push all others out. URLs are ASCII.
const MAX_URL_BYTES: usize = 2000;

/// What stands in a record until there is an answer. It stays where the sender's time was over before.
const NO_ANSWER: &str = "no answer";

/// The log of a user: `telemetry.log` in docglow's configuration folder, a JSON object a line, the oldest first.
#[derive(Clone, Debug)]
pub struct Log(SharedFile);

/// One event that was sent.
#[derive(Serialize, Deserialize)]
pub struct Record<'a> {
    /// RFC 3339, UTC: when sending began.
    #[serde(borrow)]
    at: Cow<'a, str>,
    /// Where it went, along redirects, without queries.
    #[serde(borrow)]
    endpoint: Cow<'a, str>,
    /// The status code of the answer, or why there is none.
    #[serde(borrow)]
    outcome: Cow<'a, str>,
    /// The request body, to the letter.
    #[serde(borrow)]
    body: &'a RawValue,
}

impl Log {
    /// The log in docglow's configuration folder.
    pub fn in_folder(folder: &Path) -> Log {
        Log(SharedFile::in_folder(folder, "telemetry.log", Durability::InCache))
    }

    /// Its lines that are records, the oldest first. None where it can't be read.
    pub fn lines(&self) -> Vec<String> {
        let text = self.0.read().unwrap_or_default();
        text.lines().filter(|line| Record::parse(line).is_some()).map(str::to_owned).collect()
    }

    /// Writes down that a request is about to be sent, before any of it leaves. `None` where that can't be written down: sending
    /// then goes on without.
    pub fn begin(self, request: &Request) -> Option<Sending> {
        let body = serde_json::from_str(&request.body).unwrap_or(RawValue::NULL);
        let line = Record {
            at: humantime::format_rfc3339_millis(SystemTime::now()).to_string().into(),
            endpoint: way(request).into(),
            outcome: NO_ANSWER.into(),
            body,
        }
        .to_line();
        self.0.update(|text| Some(appended(text, &line))).ok()?;
        Some(Sending { log: self, line })
    }
}

/// All that have had the request, or are about to, in order.
fn way(request: &Request) -> String {
    let mut way = String::new();
    for endpoint in request.hops.iter().chain([&request.endpoint]) {
        let url = endpoint.to_string();
        // Writing to a String never fails.
        let _ = write!(
            way,
            "{}{}",
            if way.is_empty() { "" } else { " -> " },
            url.get(..MAX_URL_BYTES).unwrap_or(&url)
        );
    }
    way
}

fn appended(text: &str, line: &str) -> String {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    fitting(&format!("{text}{end}{line}\n"))
}

/// `text` less the oldest lines that no longer fit.
fn fitting(text: &str) -> String {
    let mut kept = text;
    while kept.len() > MAX_BYTES {
        kept = kept.split_once('\n').map_or("", |(_oldest, rest)| rest);
    }
    kept.to_owned()
}

/// A record whose outcome is yet to come.
pub struct Sending {
    log: Log,
    line: String,
}

impl Sending {
    /// Writes down that the request is about to be sent on, before any of it leaves.
    pub fn led_on(&mut self, request: &Request) {
        self.amend(request, NO_ANSWER);
    }

    /// Writes down what came of it.
    pub fn end(mut self, request: &Request, outcome: &str) {
        self.amend(request, outcome);
    }

    fn amend(&mut self, request: &Request, outcome: &str) {
        let Some(record) = Record::parse(&self.line) else { return };
        let amended =
            Record { endpoint: way(request).into(), outcome: outcome.into(), ..record }.to_line();
        let written = self.log.0.update(|text| {
            // Two that are alike to the millisecond may change places.
            let at = text.rfind(&self.line)?;
            Some(fitting(&format!("{}{amended}{}", &text[..at], &text[at + self.line.len()..])))
        });
        if written.is_ok() {
            self.line = amended;
        }
    }
}

impl<'a> Record<'a> {
    /// The record that a line holds; `None` for a line of something else.
    pub fn parse(line: &'a str) -> Option<Record<'a>> {
        serde_json::from_str(line).ok()
    }

    fn to_line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// When, where to, and what came of it, on one line.
    pub fn summary(&self) -> String {
        let mut text = String::new();
        for part in [&self.at, &self.endpoint, &self.outcome] {
            let _ = write!(
                text,
                "{}{}",
                if text.is_empty() { "" } else { "  " },
                escape_for_terminal(part)
            );
        }
        text
    }
}

/// As `log` prints it.
impl fmt::Display for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let body: String = self.body.get().chars().filter(|c| !c.is_control()).collect();
        write!(f, "{}\n{body}", self.summary())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_lines_go_first_and_a_line_without_its_end_stays_one() {
        assert_eq!(appended("", "b"), "b\n");
        assert_eq!(appended("a\n", "b"), "a\nb\n");
        assert_eq!(appended("a", "b"), "a\nb\n");
        let full = "a\n".repeat(MAX_BYTES / 2);
        assert_eq!(appended(&full, "bbb"), full["a\na\n".len()..].to_owned() + "bbb\n");
        assert_eq!(appended(&"x".repeat(MAX_BYTES), "b"), "b\n");
    }
}
