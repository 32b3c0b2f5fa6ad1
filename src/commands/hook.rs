//! The hook: reads the event, decides, and starts the sender, which builds the payload. On Unix,
//! the new process also parses the event, unless this one waits for the answer.

use std::io::{self, Write};

use crate::commands::source::Source;
use crate::decision::context::Context;
use crate::decision::environment::Environment;
use crate::event::NotSent;
use crate::sender;

/// Sends the event of `source`, if the decision allows it. It prints nothing unless debug is on.
pub fn run(source: Result<Source, NotSent>) {
    let environment = Environment::read();
    let outcome = match source {
        Ok(source) => send(&Context::new(environment.clone(), source.project_dir()), &source),
        Err(reason) => Err(reason),
    };
    print_debug(&environment, outcome);
}

/// Starts the sender, if the decision allows it. Returns the sender's report if it was waited for.
///
/// # Errors
/// Why no event was sent. If the sender is not waited for, the reason may only be found after this
/// returns, and is lost.
pub fn send(context: &Context, source: &Source) -> Result<Option<String>, NotSent> {
    source.check_project_dir()?;
    context.decision().check()?;
    let handover = || source.handover(context, source.event(context)?);
    let environment = &context.environment;
    if source.options().wait || environment.wait() || environment.debug() {
        sender::send_and_wait(&handover()?, environment).map(Some)
    } else {
        sender::send_detached(handover, environment).map(|()| None)
    }
}

/// Prints one line about an event on stderr, if debug is on.
pub fn print_debug(environment: &Environment, outcome: Result<Option<String>, NotSent>) {
    if environment.debug() {
        let line = match outcome {
            Ok(report) => report.unwrap_or_default(),
            Err(reason) => sender::not_sent(reason),
        };
        // stderr may be closed.
        let _ = writeln!(io::stderr(), "{line}");
    }
}
