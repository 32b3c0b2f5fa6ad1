//! The hook itself: read the event, decide, hand it over.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;

use crate::commands::prompt;
use crate::decision::Decision;
use crate::decision::context::Context;
use crate::decision::environment::Environment;
use crate::docglow::command_line::CommandLine;
use crate::event::elapsed::Elapsed;
use crate::event::stdin;
use crate::payload::vocabulary::{Command, CommandResult};
use crate::payload::{Event, Milliseconds};
use crate::platform::command;
use crate::platform::input::Input;
use crate::sender::proxy::ProxySettings;
use crate::sender::{self, Handover, REPORT};

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
    let event = || {
        let text = text.map_err(|unreadable| unreadable.to_string())?;
        Event::parse(&text).map_err(|rejection| rejection.to_string())
    };
    tell(&context.environment, send(context, options, event));
}

/// Has the docglow command line sent that ended with `status`, if it may be: a context for the line's own
/// project folder. Says nothing, unless debug is on.
pub fn report(
    context: &Context,
    options: &Options,
    line: &CommandLine,
    status: i64,
    elapsed: &Elapsed,
) {
    let (docglow, missing) = match located(options.docglow.as_deref()) {
        Ok(docglow) => (docglow, None),
        Err(missing) => (None, Some(missing)),
    };
    let options =
        Options { target_dir: Some(line.target_dir().into()), docglow, ..options.clone() };
    let event = || {
        missing.map_or_else(
            || event(context, line, status, elapsed),
            |missing| Err(missing.to_owned()),
        )
    };
    tell(&context.environment, send(context, &options, event));
}

/// The command that a shell ran: a name without a folder is searched for on PATH, where a shell knows it from.
///
/// # Errors
/// That there is none: then none ran.
pub fn located(docglow: Option<&OsStr>) -> Result<Option<OsString>, &'static str> {
    match docglow {
        None => Ok(None),
        Some(name) if Path::new(name).parent() == Some(Path::new("")) => {
            let found = command::find(name, std::env::var_os("PATH").as_deref());
            found.map(|path| Some(path.into())).ok_or("there is no docglow on PATH")
        }
        Some(path) => Ok(Some(path.to_owned()).filter(|path| !path.is_empty())),
    }
}

/// The event of a docglow command line that ended with `status`.
///
/// # Errors
/// Why it is none.
pub fn event(
    context: &Context,
    line: &CommandLine,
    status: i64,
    elapsed: &Elapsed,
) -> Result<Event, String> {
    let result = CommandResult::of_status(status)
        .ok_or("docglow reports nothing with such an exit status")?;
    let settings = context
        .settings()
        .ok_or("docglow can't use the project's docglow.yml, or its settings can't be told")?;
    Ok(Event {
        command: line.command,
        result,
        duration_ms: Milliseconds::new(
            elapsed.duration().as_millis().try_into().unwrap_or(u64::MAX),
        ),
        adapter_type: None,
        project_shape: None,
        features_used: line.features(&settings).into_iter().collect(),
        docglow_version: None,
        python_version: None,
    })
}

/// Asks before the docglow command line runs, if it is a generate that could be reported.
pub fn ask(context: &Context, line: &CommandLine) {
    // Nothing is read of docglow.yml that a kill switch makes idle.
    let is_open = line.command == Command::Generate && context.decision() == Decision::OffByDefault;
    if is_open && context.settings().is_some() {
        prompt::prompt(context);
    }
}

/// Shows what came of an event, where debug is on.
pub fn tell(environment: &Environment, outcome: Result<String, String>) {
    if environment.debug() {
        let line = outcome.unwrap_or_else(|reason| format!("{REPORT}not sent ({reason})"));
        // A closed stderr is no reason to fail.
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// The line that debug shows of a sent event, or why none was sent. It is known only where the sender was waited for.
fn send(
    context: &Context,
    options: &Options,
    event: impl FnOnce() -> Result<Event, String>,
) -> Result<String, String> {
    let decision = context.decision();
    if !decision.is_active() {
        return Err(decision.to_string());
    }
    let handover = handover(context, options, event()?);
    let started = if options.wait || context.environment.wait() || context.environment.debug() {
        sender::send_and_wait(&handover, &context.environment)
    } else {
        sender::send_detached(&handover, &context.environment).map(|()| String::new())
    };
    started.map_err(|not_started| not_started.to_string())
}

/// All that the sender needs for the event.
pub fn handover(context: &Context, options: &Options, event: Event) -> Handover {
    let destination = context.destination();
    // The sender works in `/`.
    let absolute = |path: &OsString| std::path::absolute(Path::new(path)).ok().map(OsString::from);
    Handover {
        event,
        endpoint: destination.endpoint,
        bypass_token: destination.bypass_token,
        proxy: ProxySettings::of(&context.environment),
        state_folder: context.environment.state_folder().map(OsString::from),
        target_dir: options.target_dir.as_ref().and_then(absolute),
        docglow: options.docglow.as_ref().and_then(absolute),
    }
}
