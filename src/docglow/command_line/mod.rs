//! docglow's own command line, as docglow 0.9.2 parses it with click 8: what it means, and what would be refused.

mod click;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use click::{Given, Kind, Stop, Table};

use crate::docglow::settings::Settings;
use crate::payload::vocabulary::{Command, Feature, lookup};
use crate::platform::file::is_readable;

/// Why a command line is no event: docglow reports none of it either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoEvent {
    AnotherCommand,
    Help,
    /// For a usage error, or for the value of this option.
    Refused(Option<&'static str>),
    MissingSite,
}

impl fmt::Display for NoEvent {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            NoEvent::AnotherCommand => {
                f.write_str("the docglow command is not generate, health or serve")
            }
            NoEvent::Help => f.write_str("the docglow command line asks for help or the version"),
            NoEvent::Refused(None) => f.write_str("docglow refuses the command line"),
            NoEvent::Refused(Some(option)) => write!(f, "docglow refuses the value of --{option}"),
            NoEvent::MissingSite => f.write_str("there is no site for docglow to serve"),
        }
    }
}

impl From<Stop> for NoEvent {
    fn from(stop: Stop) -> NoEvent {
        match stop {
            Stop::Help => NoEvent::Help,
            Stop::Refused(option) => NoEvent::Refused(option),
        }
    }
}

const GENERATE: &Table = &[
    ("project-dir", Kind::ExistingPath),
    ("target-dir", Kind::Path),
    ("output-dir", Kind::Path),
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
    ("head-script", Kind::ExistingPath),
    ("workers", Kind::Integer),
    ("verbose", Kind::Flag),
    ("fail-under", Kind::Number),
    ("enable-erd", Kind::Flag),
];

const HEALTH: &Table = &[
    ("project-dir", Kind::ExistingPath),
    ("target-dir", Kind::Path),
    ("format", Kind::OneOf(&["table", "json", "markdown"])),
    ("select", Kind::Text),
    ("fail-under", Kind::Number),
];

const SERVE: &Table = &[
    ("port", Kind::Integer),
    ("host", Kind::Text),
    ("open", Kind::Flag),
    ("no-open", Kind::Not("open")),
    ("dir", Kind::Path),
    ("watch", Kind::Flag),
    ("project-dir", Kind::ExistingPath),
    ("verbose", Kind::Flag),
];

/// A command line that docglow carries out.
#[derive(Clone, Debug)]
pub struct CommandLine {
    pub command: Command,
    given: Given,
}

impl CommandLine {
    /// Parses the words behind `docglow`. Relative paths are looked for in the working directory.
    ///
    /// # Errors
    /// Why docglow would report nothing.
    pub fn parse(arguments: &[OsString]) -> Result<CommandLine, NoEvent> {
        let (word, rest) = click::command(arguments)?.ok_or(NoEvent::AnotherCommand)?;
        let command = word.to_str().and_then(lookup).ok_or(NoEvent::AnotherCommand)?;
        let table = match command {
            Command::Generate => GENERATE,
            Command::Health => HEALTH,
            Command::Serve => SERVE,
        };
        let line = CommandLine { command, given: Given::parse(table, rest)? };
        // An option's default is looked at as a value is.
        if !is_readable(line.project_dir()) {
            return Err(NoEvent::Refused(Some("project-dir")));
        }
        if line.given.has("column-lineage-depth") && !line.given.is_filled("column-lineage-select")
        {
            return Err(NoEvent::Refused(Some("column-lineage-depth")));
        }
        if command == Command::Serve && line.site_dir().read_dir().is_err() {
            return Err(NoEvent::MissingSite);
        }
        Ok(line)
    }

    /// The folder that docglow.yml is looked for in.
    pub fn project_dir(&self) -> &Path {
        Path::new(self.given.value("project-dir").unwrap_or(OsStr::new(".")))
    }

    /// dbt's target folder, where docglow loads the manifest from: below the project folder, unless its path is absolute.
    pub fn target_dir(&self) -> PathBuf {
        self.project_dir().join(self.given.value("target-dir").unwrap_or(OsStr::new("target")))
    }

    /// The folder that `serve` serves.
    fn site_dir(&self) -> &Path {
        match self.given.value("dir") {
            // Python's Path("") is the working directory.
            Some(folder) if folder.is_empty() => Path::new("."),
            folder => Path::new(folder.unwrap_or(OsStr::new("target/docglow"))),
        }
    }

    /// The features that docglow uses for it, in docglow's order, where docglow.yml says `settings`.
    pub fn features(&self, settings: &Settings) -> Vec<Feature> {
        let given = &self.given;
        let column_lineage = settings.column_lineage && !given.has("skip-column-lineage");
        let used = |features: &[(Feature, bool)]| {
            features.iter().filter(|(_, is_used)| *is_used).map(|(feature, _)| *feature).collect()
        };
        match self.command {
            Command::Generate => used(&[
                (
                    Feature::ColumnLineage,
                    column_lineage || given.is_filled("column-lineage-select"),
                ),
                (Feature::Profiling, given.has("profile")),
                (Feature::AiChat, settings.ai || given.has("ai") || given.is_filled("ai-key")),
                (Feature::Static, given.has("static")),
                (Feature::Slim, settings.slim || given.has("slim")),
            ]),
            Command::Health => {
                let format = given.value("format").and_then(OsStr::to_str).unwrap_or("table");
                lookup(format).into_iter().collect()
            }
            Command::Serve => used(&[(Feature::Watch, given.has("watch"))]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<CommandLine, NoEvent> {
        CommandLine::parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    fn features(line: &str, settings: Settings) -> Vec<Feature> {
        parsed(line).unwrap_or_else(|reason| panic!("{line}: {reason}")).features(&settings)
    }

    #[test]
    fn flags_are_features_in_the_order_of_docglow() {
        use Feature::*;
        for (line, expected) in [
            ("generate", vec![ColumnLineage]),
            (
                "generate --slim --static --ai --profile",
                vec![ColumnLineage, Profiling, AiChat, Static, Slim],
            ),
            ("generate --skip-column-lineage", vec![]),
            ("generate --skip-column-lineage --column-lineage-select orders", vec![ColumnLineage]),
            ("generate --skip-column-lineage --column-lineage-select=", vec![]),
            ("generate --column-lineage-select x --column-lineage-depth 2", vec![ColumnLineage]),
            ("generate --profile --no-profile", vec![ColumnLineage]),
            ("generate --no-profile --profile", vec![ColumnLineage, Profiling]),
            ("generate --ai-key secret", vec![ColumnLineage, AiChat]),
            ("generate --ai-key=", vec![ColumnLineage]),
            ("generate --title --slim", vec![ColumnLineage]),
            (
                "generate --profile-no-cache --enable-erd --include-packages --verbose",
                vec![ColumnLineage],
            ),
            ("-- generate --static --", vec![ColumnLineage, Static]),
            ("health", vec![Table]),
            ("health --format json", vec![Json]),
            ("health --format json --format=markdown --fail-under nan", vec![Markdown]),
            ("serve --dir . --watch --no-open --port 1", vec![Watch]),
            ("serve --dir=", vec![]),
        ] {
            assert_eq!(features(line, Settings::default()), expected, "{line}");
        }
    }

    #[test]
    fn settings_are_features_of_generate_and_flags_win() {
        use Feature::*;
        let settings = Settings { slim: true, column_lineage: false, ai: true };
        for (line, expected) in [
            ("generate", vec![AiChat, Slim]),
            ("generate --slim --ai", vec![AiChat, Slim]),
            ("generate --column-lineage-select orders", vec![ColumnLineage, AiChat, Slim]),
            ("health", vec![Table]),
            ("serve --dir .", vec![]),
        ] {
            assert_eq!(features(line, settings), expected, "{line}");
        }
    }

    #[test]
    fn the_target_folder_lies_below_the_project_folder_unless_its_path_is_absolute() {
        for (line, project, target) in [
            ("generate", ".", "./target"),
            ("generate --project-dir src", "src", "src/target"),
            ("health --project-dir src --target-dir event", "src", "src/event"),
            ("generate --target-dir /x --project-dir=src", "src", "/x"),
            ("generate --target-dir=", ".", "./"),
            ("serve --dir src --project-dir=tests", "tests", "tests/target"),
        ] {
            let line = parsed(line).unwrap();
            assert_eq!(
                (line.project_dir(), line.target_dir()),
                (Path::new(project), PathBuf::from(target)),
                "{line:?}"
            );
        }
    }

    #[test]
    fn what_docglow_reports_nothing_of_is_no_event() {
        for (line, reason) in [
            ("", NoEvent::AnotherCommand),
            ("telemetry status", NoEvent::AnotherCommand),
            ("Generate", NoEvent::AnotherCommand),
            ("--version", NoEvent::Help),
            ("generate --help", NoEvent::Help),
            ("--verbose generate", NoEvent::Refused(None)),
            ("generate --watch", NoEvent::Refused(None)),
            ("generate all", NoEvent::Refused(None)),
            ("health --static", NoEvent::Refused(None)),
            ("health --format html", NoEvent::Refused(Some("format"))),
            ("generate --project-dir missing", NoEvent::Refused(Some("project-dir"))),
            ("generate --project-dir=", NoEvent::Refused(Some("project-dir"))),
            ("generate --head-script missing", NoEvent::Refused(Some("head-script"))),
            ("generate --theme blue", NoEvent::Refused(Some("theme"))),
            ("generate --workers", NoEvent::Refused(Some("workers"))),
            ("generate --column-lineage-depth 1", NoEvent::Refused(Some("column-lineage-depth"))),
            (
                "generate --column-lineage-depth 1 --column-lineage-select=",
                NoEvent::Refused(Some("column-lineage-depth")),
            ),
            ("serve", NoEvent::MissingSite),
            ("serve --dir Cargo.toml", NoEvent::MissingSite),
            ("serve --dir missing", NoEvent::MissingSite),
        ] {
            assert_eq!(parsed(line).map(|_| ()), Err(reason), "{line}");
        }
    }
}
