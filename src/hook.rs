//! The hook itself: read the event, decide, hand it over.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use crate::decision::context::Context;
use crate::delivery::proxy::ProxySettings;
use crate::delivery::{self, Handover};
use crate::event::stdin::{self, Unreadable};
use crate::payload::Event;
use crate::platform::input::Input;

/// What the caller says beside the event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Where docglow.yml is looked for. Empty for the working directory.
    pub project_dir: OsString,
    /// dbt's target folder, for the counts and the adapter.
    pub target_dir: Option<OsString>,
    /// The docglow command, for the versions.
    pub docglow: Option<OsString>,
    /// Send before returning.
    pub wait: bool,
}

/// Reads the event from standard input and has it sent, if it may be. Says nothing, unless debug is on.
pub fn run(context: &Context, options: &Options) {
    // Read in any case: a writer must not meet a broken pipe only because telemetry is off.
    let text = stdin::read_object(&mut Input::standard());
    let outcome = send(context, options, text);
    if context.environment.debug() {
        let line = outcome.unwrap_or_else(|reason| format!("telemetry: not sent ({reason})"));
        // A closed stderr is no reason to fail.
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// The line that debug shows of a sent event, or why none was sent. It is known only where the sender was waited for.
fn send(context: &Context, options: &Options, text: Result<String, Unreadable>) -> Result<String, String> {
    let decision = context.decision();
    if !decision.is_active() {
        return Err(decision.to_string());
    }
    let handover = handover(context, options, &text.map_err(|unreadable| unreadable.to_string())?)?;
    let started = if options.wait || context.environment.debug() {
        delivery::send_and_wait(&handover, &context.environment)
    } else {
        delivery::send_detached(&handover, &context.environment).map(|()| String::new())
    };
    started.map_err(|not_started| not_started.to_string())
}

/// All that the sender needs for the event in `text`.
///
/// # Errors
/// Why the text is no event.
pub fn handover(context: &Context, options: &Options, text: &str) -> Result<Handover, String> {
    let event = Event::parse(text).map_err(|rejection| rejection.to_string())?;
    let destination = context.destination();
    // The sender works in `/`.
    let absolute = |path: &OsString| std::path::absolute(Path::new(path)).ok().map(OsString::from);
    Ok(Handover {
        event,
        endpoint: destination.endpoint,
        bypass_token: destination.bypass_token,
        proxy: ProxySettings::of(&context.environment),
        state_folder: context.environment.state_folder().map(OsString::from),
        target_dir: options.target_dir.as_ref().and_then(absolute),
        docglow: options.docglow.as_ref().and_then(absolute),
    })
}
