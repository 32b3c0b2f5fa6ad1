//! `run`: runs a command and, if it is docglow, reports it.
//!
//! `run` stands directly in front of docglow. So docglow runs in the very environment, working
//! folder, user and machine in which the decision is made.

use std::ffi::OsString;
use std::panic;
use std::path::PathBuf;
use std::time::Instant;

use crate::commands::prompt::{self, Asked};
use crate::commands::source::{Options, Source};
use crate::commands::{hook, print_error};
use crate::decision::Decision;
use crate::decision::context::Context;
use crate::decision::environment::{self, Environment};
use crate::docglow::command_line::CommandLine;
use crate::docglow::docglow_command::DocglowCommand;
use crate::event::NotSent;
use crate::payload::vocabulary;
use crate::platform::command::{self, Command};
use crate::platform::{exit, process};
use crate::sender::installation;

/// Set for a docglow that is reported, so that its own telemetry does not send a second event. Also
/// set after a question without an answer, so that docglow does not ask the same question.
const SILENCE: (&str, &str) = (environment::NO_TELEMETRY, "1");

/// Runs the command and reports it if it is docglow. This process waits for the command and ends as
/// it did. It becomes the command instead if there is no event to report, and for `serve`, which is
/// reported before it starts.
pub fn run(words: &[OsString], wait: bool) -> ! {
    exit::set_status(exit::FAILED);
    let Some(mut command) = Command::new(words) else {
        print_error("run needs a command; see --help");
        process::end()
    };
    let unreported = command.clone();
    // The command must run even if this program has a bug.
    panic::set_hook(Box::new(move |_| unreported.replace_this_process()));
    let docglow = match Docglow::recognize(words, wait) {
        Ok(docglow) => docglow,
        Err(reason) => {
            if reason == NotSent::NoAnswer {
                command.set(SILENCE.0, SILENCE.1);
            }
            hook::print_debug(&Environment::read(), Err(reason));
            command.replace_this_process()
        }
    };
    let unreported = command.clone();
    command.set(SILENCE.0, SILENCE.1);
    if docglow.line.command == vocabulary::Command::Serve {
        command::run_in_fork(|| docglow.report(0, 0));
        command.replace_this_process()
    }
    let start = Instant::now();
    let Ok(running) = command.start(docglow.context.environment.debug()) else {
        unreported.replace_this_process()
    };
    let waiting = running.clone();
    panic::set_hook(Box::new(move |_| waiting.wait().exit_the_same_way()));
    let end = running.wait();
    exit::set_status(end.status());
    panic::set_hook(Box::new(move |_| end.exit_the_same_way()));
    let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    docglow.report(end.status().into(), duration_ms);
    end.exit_the_same_way()
}

/// A docglow command that will be reported.
struct Docglow {
    line: CommandLine,
    context: Context,
    options: Options,
    /// The file that is executed: docglow, or the Python that runs it as a module.
    program: PathBuf,
    is_module: bool,
}

impl Docglow {
    /// Recognizes a docglow, asks the user if the question is due, and decides.
    ///
    /// # Errors
    /// Why the command is not reported.
    fn recognize(words: &[OsString], wait: bool) -> Result<Docglow, NotSent> {
        let command = DocglowCommand::of(words).ok_or(NotSent::NotDocglow)?;
        let line = CommandLine::parse(command.arguments)?;
        let context = Context::new(Environment::read(), line.project_dir());
        let mut decision = context.decision();
        let may_ask = decision == Decision::OFF_BY_DEFAULT
            && line.command == vocabulary::Command::Generate
            && prompt::is_attended();
        // While telemetry is off, `run` does nothing more before docglow starts.
        if !may_ask {
            decision.check()?;
        }
        let program = command.program().ok_or(NotSent::NoDocglow)?;
        let can_run = || {
            context.feature_settings().is_some()
                && installation::may_be_installed(&program, command.is_module)
        };
        if may_ask && can_run() {
            if prompt::prompt(&context) == Asked::NoAnswer {
                return Err(NotSent::NoAnswer);
            }
            decision = context.decision();
        }
        decision.check()?;
        if line.command == vocabulary::Command::Serve {
            // A `serve` that fails at once must not be reported.
            line.event(0, 0, context.feature_settings())?;
        }
        let docglow = Some(program.clone().into_os_string());
        let options = Options { docglow, wait, ..Default::default() };
        Ok(Docglow { line, context, options, program, is_module: command.is_module })
    }

    /// Sends the event of this command. For `serve`, which has not started yet, the status and the
    /// duration are 0.
    fn report(&self, status: i64, duration_ms: u64) {
        // Python's status is 1, too, if docglow cannot be imported.
        let has_started =
            status != 1 || installation::may_be_installed(&self.program, self.is_module);
        let outcome = if !has_started {
            Err(NotSent::NoDocglow)
        } else {
            let (line, options) = (self.line.clone(), self.options.clone());
            let source = Source::CommandLine { line, status, duration_ms, options };
            hook::send(&self.context, &source)
        };
        hook::print_debug(&self.context.environment, outcome);
    }
}
