//! `log`: the events that this account has sent.

use crate::decision::context::Context;
use crate::sender::log::{Log, Record};

/// The log of sent events; `None` if there is no folder for it.
pub fn open(context: &Context) -> Option<Log> {
    context.environment.state_folder().map(|folder| Log::in_folder(&folder))
}

/// The events that were sent, the oldest first.
pub fn text(context: &Context, json: bool) -> String {
    let lines = open(context).map_or(Vec::new(), |log| log.lines());
    if json {
        return lines.iter().map(|line| format!("{line}\n")).collect();
    }
    if lines.is_empty() {
        return "Nothing has been sent.\n".to_owned();
    }
    lines
        .iter()
        .filter_map(|line| Record::parse(line))
        .map(|record| format!("{record}\n\n"))
        .collect()
}
