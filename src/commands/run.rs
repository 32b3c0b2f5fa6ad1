//! `run`: a command line of any kind, run as if nobody stood before it, and the docglow in it reported.

use std::ffi::OsString;
use std::io::{self, Write};
use std::panic;
use std::time::{Duration, Instant};

use crate::commands::hook::{self, Options};
use crate::decision::context::Context;
use crate::decision::environment::Environment;
use crate::docglow::command_line::CommandLine;
use crate::docglow::launcher::Launched;
use crate::event::elapsed::Elapsed;
use crate::payload::vocabulary;
use crate::platform::command::{self, Command};
use crate::platform::{exit, process};

/// The exit status where there is no command to run, as of `env` and `nice`.
const NO_COMMAND: i32 = 125;

/// Set for a command that is reported: a docglow that has telemetry of its own sends no second event.
const SILENCE: (&str, &str) = ("DOCGLOW_NO_TELEMETRY", "1");

/// Runs the command line and reports the docglow in it. This process becomes the command where there is nothing to report, or
/// nothing more; else it ends as the command did.
pub fn run(words: &[OsString], wait: bool) -> ! {
    exit::set_status(NO_COMMAND);
    let Some(mut command) = Command::new(words) else {
        let _ = writeln!(
            io::stderr(),
            "docglow-telemetry: run takes [--wait] [--] COMMAND...; see --help"
        );
        process::end()
    };
    let unreported = command.clone();
    // A bug of ours is no reason for the command not to run.
    panic::set_hook(Box::new(move |_| unreported.replace_this_process()));
    let docglow = match Docglow::to_report(words, wait) {
        Ok(docglow) => docglow,
        Err(reason) => {
            hook::tell(&Environment::read(), Err(reason));
            command.replace_this_process()
        }
    };
    let unreported = command.clone();
    let (name, value) = SILENCE;
    command.set(name, value);
    if docglow.line.command == vocabulary::Command::Serve {
        command::aside(|| docglow.report(0, Duration::ZERO));
        command.replace_this_process()
    }
    let begin = Instant::now();
    let Ok(running) = command.start(docglow.context.environment.debug()) else {
        unreported.replace_this_process()
    };
    let waiting = running.clone();
    panic::set_hook(Box::new(move |_| waiting.wait().imitate()));
    let end = running.wait();
    exit::set_status(end.status());
    panic::set_hook(Box::new(move |_| end.imitate()));
    docglow.report(end.status(), begin.elapsed());
    end.imitate()
}

/// A docglow that may be reported.
struct Docglow {
    line: CommandLine,
    context: Context,
    options: Options,
}

impl Docglow {
    /// The docglow in a command line, once the user was asked, if that is due. Else why it is not to be reported.
    fn to_report(words: &[OsString], wait: bool) -> Result<Docglow, String> {
        let (launched, line) = find(words)?;
        if launched.moves() {
            return Err("docglow may run elsewhere, where something else may be decided".to_owned());
        }
        let variable = |name: &str| launched.assigned(name).or_else(|| std::env::var_os(name));
        let program = words
            .first()
            .and_then(|program| command::find(program, std::env::var_os("PATH").as_deref()));
        program.ok_or("the command can't be started")?;
        let context = Context::new(Environment::of(variable), line.project_dir());
        hook::ask(&context, &line);
        let decision = context.decision();
        if !decision.is_active() {
            return Err(decision.to_string());
        }
        // What docglow is going to refuse is to be known before it has run.
        hook::event(&context, &line, 0, &Elapsed::Known(Duration::ZERO))?;
        let options = Options {
            docglow: launched.program(variable).map(OsString::from),
            wait,
            ..Default::default()
        };
        Ok(Docglow { line, context, options })
    }

    /// Has it sent that docglow ended with this status.
    fn report(&self, status: i32, duration: Duration) {
        hook::report(
            &self.context,
            &self.options,
            &self.line,
            status.into(),
            &Elapsed::Known(duration),
        );
    }
}

/// The first docglow in a command line whose own command line docglow takes. Else why there is none.
fn find(words: &[OsString]) -> Result<(Launched<'_>, CommandLine), String> {
    let mut reason = None;
    for launched in Launched::each(words) {
        match CommandLine::parse(launched.arguments) {
            Ok(line) => return Ok((launched, line)),
            Err(no_event) => reason = reason.or(Some(no_event)),
        }
    }
    Err(reason.map_or("there is no docglow in the command line".to_owned(), |no_event| {
        no_event.to_string()
    }))
}
