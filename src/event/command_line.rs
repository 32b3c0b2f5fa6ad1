//! docglow's own command line, as docglow 0.9.2 parses it with click 8: what it means, and what would be refused.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use lexopt::Arg;

use crate::event::settings::Settings;
use crate::payload::vocabulary::{Command, Feature, lookup};

/// Why a command line is no event: docglow reports none of it either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoEvent {
    AnotherCommand,
    Help,
    Refused,
    MissingProject,
    MissingSite,
}

impl fmt::Display for NoEvent {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            NoEvent::AnotherCommand => "the docglow command is not generate, health or serve",
            NoEvent::Help => "the docglow command line asks for help",
            NoEvent::Refused => "docglow refuses the command line",
            NoEvent::MissingProject => "there is no such project folder",
            NoEvent::MissingSite => "there is no site to serve",
        })
    }
}

/// What an option takes.
#[derive(Clone, Copy)]
enum Kind {
    Flag,
    /// Takes back the flag of this name.
    Not(&'static str),
    Text,
    Integer,
    Number,
    Existing,
    OneOf(&'static [&'static str]),
}

type Table = [(&'static str, Kind)];

const GENERATE: &Table = &[
    ("project-dir", Kind::Existing),
    ("target-dir", Kind::Text),
    ("output-dir", Kind::Text),
    ("profile", Kind::Flag),
    ("no-profile", Kind::Not("profile")),
    ("profile-adapter", Kind::OneOf(&["duckdb", "postgres", "snowflake"])),
    ("profile-connection", Kind::Text),
    ("profile-sample-size", Kind::Integer),
    ("profile-no-cache", Kind::Flag),
    ("select", Kind::Text),
    ("exclude", Kind::Text),
    ("static", Kind::Flag),
    ("ai", Kind::Flag),
    ("ai-key", Kind::Text),
    ("title", Kind::Text),
    ("theme", Kind::OneOf(&["light", "dark", "auto"])),
    ("skip-column-lineage", Kind::Flag),
    ("column-lineage-select", Kind::Text),
    ("column-lineage-depth", Kind::Integer),
    ("include-packages", Kind::Flag),
    ("slim", Kind::Flag),
    ("head-script", Kind::Existing),
    ("workers", Kind::Integer),
    ("verbose", Kind::Flag),
    ("fail-under", Kind::Number),
    ("enable-erd", Kind::Flag),
];

const HEALTH: &Table = &[
    ("project-dir", Kind::Existing),
    ("target-dir", Kind::Text),
    ("format", Kind::OneOf(&["table", "json", "markdown"])),
    ("select", Kind::Text),
    ("fail-under", Kind::Number),
];

const SERVE: &Table = &[
    ("port", Kind::Integer),
    ("host", Kind::Text),
    ("open", Kind::Flag),
    ("no-open", Kind::Not("open")),
    ("dir", Kind::Text),
    ("watch", Kind::Flag),
    ("project-dir", Kind::Existing),
    ("verbose", Kind::Flag),
];

/// A command line that docglow takes.
#[derive(Clone, Debug)]
pub struct CommandLine {
    pub command: Command,
    /// The options given, each once, with the value that counts.
    given: Vec<(&'static str, OsString)>,
}

impl CommandLine {
    /// Parses the words behind `docglow`. Relative paths are looked for in the working directory.
    ///
    /// # Errors
    /// Why docglow would report nothing.
    pub fn parse(arguments: &[OsString]) -> Result<CommandLine, NoEvent> {
        let mut parser = lexopt::Parser::from_args(arguments.to_vec());
        let command = match parser.next() {
            Ok(Some(Arg::Value(word))) => word.to_str().and_then(lookup).ok_or(NoEvent::AnotherCommand)?,
            Ok(Some(Arg::Long("help" | "version"))) => return Err(NoEvent::Help),
            Ok(None) => return Err(NoEvent::AnotherCommand),
            _ => return Err(NoEvent::Refused),
        };
        // A `--` before the command ends the options of docglow itself alone.
        let rest: Vec<OsString> = parser.raw_args().map_err(|_| NoEvent::Refused)?.collect();
        let table = match command {
            Command::Generate => GENERATE,
            Command::Health => HEALTH,
            Command::Serve => SERVE,
        };
        let line = CommandLine { command, given: options(table, rest)? };
        line.check(table)?;
        Ok(line)
    }

    /// docglow checks the value that counts, not those before it.
    fn check(&self, table: &Table) -> Result<(), NoEvent> {
        for (name, value) in &self.given {
            let kind = table.iter().find(|option| option.0 == *name).map(|option| option.1);
            let is_good = match kind {
                Some(Kind::Integer) => value.to_str().is_some_and(|text| text.trim().parse::<i64>().is_ok()),
                Some(Kind::Number) => value.to_str().is_some_and(|text| text.trim().parse::<f64>().is_ok()),
                Some(Kind::OneOf(choices)) => choices.iter().any(|choice| value == choice),
                Some(Kind::Existing) => fs::metadata(value).is_ok(),
                _ => true,
            };
            if !is_good {
                return Err(if *name == "project-dir" { NoEvent::MissingProject } else { NoEvent::Refused });
            }
        }
        let lineage = self.value("column-lineage-select");
        if self.value("column-lineage-depth").is_some() && lineage.is_none_or(OsStr::is_empty) {
            return Err(NoEvent::Refused);
        }
        if self.command == Command::Serve && fs::read_dir(self.site_dir()).is_err() {
            return Err(NoEvent::MissingSite);
        }
        Ok(())
    }

    /// The folder that docglow.yml is looked for in. Empty for the working directory.
    pub fn project_dir(&self) -> &Path {
        Path::new(self.value("project-dir").unwrap_or_default())
    }

    /// dbt's target folder, where docglow loads the manifest from.
    pub fn target_dir(&self) -> PathBuf {
        self.project_dir().join(self.value("target-dir").unwrap_or(OsStr::new("target")))
    }

    fn site_dir(&self) -> &Path {
        match self.value("dir") {
            Some(folder) if folder.is_empty() => Path::new("."),
            folder => Path::new(folder.unwrap_or(OsStr::new("target/docglow"))),
        }
    }

    /// The features that docglow uses for it, in docglow's order, where docglow.yml says `settings`.
    pub fn features(&self, settings: &Settings) -> Vec<Feature> {
        let is_filled = |name| self.value(name).is_some_and(|value| !value.is_empty());
        let format = self.value("format").and_then(OsStr::to_str).unwrap_or("table");
        match self.command {
            Command::Generate => [
                (
                    Feature::ColumnLineage,
                    !self.has("skip-column-lineage") && settings.column_lineage || is_filled("column-lineage-select"),
                ),
                (Feature::Profiling, self.has("profile")),
                (Feature::AiChat, self.has("ai") || settings.ai || is_filled("ai-key")),
                (Feature::Static, self.has("static")),
                (Feature::Slim, self.has("slim") || settings.slim),
            ]
            .into_iter()
            .filter_map(|(feature, is_used)| is_used.then_some(feature))
            .collect(),
            Command::Health => lookup(format).into_iter().collect(),
            Command::Serve => self.has("watch").then_some(Feature::Watch).into_iter().collect(),
        }
    }

    fn has(&self, flag: &str) -> bool {
        self.value(flag).is_some()
    }

    fn value(&self, name: &str) -> Option<&OsStr> {
        self.given.iter().find(|option| option.0 == name).map(|option| option.1.as_os_str())
    }
}

/// The options in `words`, each once with its last value.
fn options(table: &Table, words: Vec<OsString>) -> Result<Vec<(&'static str, OsString)>, NoEvent> {
    let mut given: Vec<(&'static str, OsString)> = Vec::new();
    let mut parser = lexopt::Parser::from_args(words);
    while let Some(argument) = parser.next().map_err(|_| NoEvent::Refused)? {
        let (name, kind) = match argument {
            Arg::Long("help") => return Err(NoEvent::Help),
            Arg::Long(name) => *table.iter().find(|option| option.0 == name).ok_or(NoEvent::Refused)?,
            _ => return Err(NoEvent::Refused),
        };
        let cleared = if let Kind::Not(flag) = kind { flag } else { name };
        given.retain(|option| option.0 != cleared);
        match kind {
            Kind::Not(_) => {}
            Kind::Flag => given.push((name, OsString::new())),
            _ => given.push((name, parser.value().map_err(|_| NoEvent::Refused)?)),
        }
    }
    Ok(given)
}
