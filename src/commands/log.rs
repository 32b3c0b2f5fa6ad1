//! `log`: the events that this account has sent, and who received them.

use std::fmt::Write;

use serde::Serialize;

use crate::decision::context::Context;
use crate::platform::escape::escape_for_terminal;
use crate::sender::log::{Log, records};

/// The events, the oldest first, and then the recipients of all events. With `as_json`, each event
/// and each recipient is one line of JSON.
pub fn text(context: &Context, as_json: bool) -> String {
    let log = log_of(context);
    let lines = log.as_ref().map_or_else(String::new, Log::text);
    let (records, recipients) = (records(&lines), log.map(|log| log.recipients(&lines)));
    let recipients = recipients.unwrap_or_default();
    if as_json {
        return records.iter().map(json).chain(recipients.iter().map(json)).collect();
    }
    if recipients.is_empty() {
        return "Nothing has been sent.\n".to_owned();
    }
    let mut text = String::new();
    for record in records {
        let body: String = record.body().chars().filter(|c| !c.is_control()).collect();
        // Writing to a String never fails.
        let _ = writeln!(text, "{}\n{body}\n", in_columns(record.summary()));
    }
    text.push_str("The recipients, with the times of their first and last events:\n");
    for known in recipients {
        text += &in_columns([&known.origin, &known.first, &known.last]);
        text.push('\n');
    }
    text
}

/// The time, endpoint and outcome of the last event.
pub fn last(context: &Context) -> Option<String> {
    records(&log_of(context)?.text()).last().map(|record| in_columns(record.summary()))
}

/// The log of this account, if it has a home folder.
fn log_of(context: &Context) -> Option<Log> {
    context.environment.state_folder().map(|folder| Log::in_folder(&folder))
}

fn in_columns(parts: [&str; 3]) -> String {
    parts.map(escape_for_terminal).join("  ")
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}
