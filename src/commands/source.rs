//! The source of an event: a JSON object on standard input, or a docglow command line.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::decision::context::Context;
use crate::docglow::command_line::CommandLine;
use crate::event::{NotSent, stdin};
use crate::payload::Event;
use crate::platform::command::find;
use crate::platform::file::is_readable;
use crate::platform::input::Input;
use crate::sender::Handover;
use crate::sender::proxy::ProxySettings;

/// The options that come with an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The folder of docglow.yml. Empty for the working directory.
    pub project_dir: OsString,
    /// dbt's target folder, from which counts and adapter are taken.
    pub target_dir: Option<OsString>,
    /// The docglow command, from which versions are taken.
    pub docglow: Option<OsString>,
    /// Whether to send before returning.
    pub wait: bool,
}

/// A docglow command line that has ended, as the options of `report` describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub options: Options,
    /// docglow's own arguments.
    pub arguments: Vec<OsString>,
    /// docglow's exit status.
    pub status: i64,
    /// How long docglow ran, in milliseconds.
    pub duration_ms: u64,
}

/// The source of an event.
pub enum Source {
    Stdin { text: Result<String, NotSent>, options: Options },
    CommandLine { line: CommandLine, status: i64, duration_ms: u64, options: Options },
}

impl Source {
    /// Reads standard input, even if telemetry is off, so that the writer does not get SIGPIPE.
    pub fn stdin(options: Options) -> Source {
        Source::Stdin { text: stdin::read_object(&mut Input::standard()), options }
    }

    /// Parses the command line of a report.
    ///
    /// # Errors
    /// Why docglow sends no event for this command line.
    pub fn command_line(report: Report) -> Result<Source, NotSent> {
        let Report { options, arguments, status, duration_ms } = report;
        let line = CommandLine::parse(&arguments)?;
        Ok(Source::CommandLine { line, status, duration_ms, options })
    }

    /// The options that come with the event.
    pub fn options(&self) -> &Options {
        match self {
            Source::Stdin { options, .. } | Source::CommandLine { options, .. } => options,
        }
    }

    /// The folder of docglow.yml. Empty for the working directory.
    pub fn project_dir(&self) -> &Path {
        match self {
            Source::Stdin { options, .. } => Path::new(&options.project_dir),
            Source::CommandLine { line, .. } => line.project_dir(),
        }
    }

    /// The event, parsed.
    ///
    /// # Errors
    /// Why there is no event.
    pub fn event(&self, context: &Context) -> Result<Event, NotSent> {
        match self {
            Source::Stdin { text, .. } => Event::parse(text.as_ref().map_err(|error| *error)?),
            Source::CommandLine { line, status, duration_ms, .. } => {
                line.event(*status, *duration_ms, context.feature_settings())
            }
        }
    }

    /// Checks that `--project-dir` is a folder, because its docglow.yml takes part in the decision.
    /// The project folder of a command line has been checked as docglow checks it.
    ///
    /// # Errors
    /// `NoProjectDir`
    pub fn check_project_dir(&self) -> Result<(), NotSent> {
        let folder = Path::new(&self.options().project_dir);
        let is_usable = folder.as_os_str().is_empty() || folder.is_dir() && is_readable(folder);
        is_usable.then_some(()).ok_or(NotSent::NoProjectDir)
    }

    /// Everything that the sender needs for the event.
    ///
    /// # Errors
    /// `NoDocglow` for a command line whose `--docglow` is empty, or a bare name that is not on
    /// `PATH`.
    pub fn handover(&self, context: &Context, event: Event) -> Result<Handover, NotSent> {
        let destination = context.destination();
        let options = self.options();
        let docglow = options.docglow.as_deref().map(locate);
        let target_dir = match self {
            Source::Stdin { .. } => options.target_dir.as_ref().map(PathBuf::from),
            Source::CommandLine { .. } if docglow == Some(None) => return Err(NotSent::NoDocglow),
            Source::CommandLine { line, .. } => Some(line.target_dir()),
        };
        // The sender's working directory is `/`.
        let absolute = |path: PathBuf| std::path::absolute(path).ok().map(OsString::from);
        Ok(Handover {
            event,
            endpoint: destination.endpoint,
            bypass_token: destination.bypass_token,
            proxy: ProxySettings::of(&context.environment),
            state_folder: context.environment.state_folder().map(OsString::from),
            target_dir: target_dir.and_then(absolute),
            docglow: docglow.flatten().and_then(absolute),
        })
    }
}

/// The path of a docglow command. A name without a folder is looked up on `PATH`, as a shell does.
fn locate(docglow: &OsStr) -> Option<PathBuf> {
    if Path::new(docglow).parent() == Some(Path::new("")) {
        return find(docglow, std::env::var_os("PATH").as_deref());
    }
    Some(PathBuf::from(docglow)).filter(|path| !path.as_os_str().is_empty())
}
