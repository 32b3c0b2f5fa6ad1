//! docglow's command line, as docglow 0.9.2 parses it, and the event that it stands for.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::docglow::click::{self, Kind, ParsedOptions, Strictness, Table};
use crate::docglow::feature_settings::FeatureSettings;
use crate::event::NotSent;
use crate::payload::vocabulary::{Command, CommandResult, Feature, lookup};
use crate::payload::{Event, Features, Milliseconds};
use crate::platform::file::is_readable;

/// The table needs to know which options take a value, but not the type of the value: docglow has
/// already checked it when the event is reported.
const GENERATE: &Table = &[
    ("project-dir", Kind::Text),
    ("target-dir", Kind::Text),
    ("output-dir", Kind::Text),
    ("profile", Kind::Flag),
    ("no-profile", Kind::NegatedFlag("profile")),
    ("profile-adapter", Kind::Text),
    ("profile-connection", Kind::Text),
    ("profile-sample-size", Kind::Text),
    ("profile-no-cache", Kind::Flag),
    ("select", Kind::Text),
    ("exclude", Kind::Text),
    ("static", Kind::Flag),
    ("ai", Kind::Flag),
    ("ai-key", Kind::Text),
    ("title", Kind::Text),
    ("theme", Kind::Text),
    ("skip-column-lineage", Kind::Flag),
    ("column-lineage-select", Kind::Text),
    ("column-lineage-depth", Kind::Text),
    ("include-packages", Kind::Flag),
    ("slim", Kind::Flag),
    ("head-script", Kind::Text),
    ("workers", Kind::Text),
    ("verbose", Kind::Flag),
    ("fail-under", Kind::Text),
    ("enable-erd", Kind::Flag),
];

const HEALTH: &Table = &[
    ("project-dir", Kind::Text),
    ("target-dir", Kind::Text),
    ("format", Kind::Text),
    ("select", Kind::Text),
    ("fail-under", Kind::Text),
];

/// `serve` is reported before it has an exit status, so this table has the types of the values,
/// too.
const SERVE: &Table = &[
    ("port", Kind::Integer),
    ("host", Kind::Text),
    ("open", Kind::Flag),
    ("no-open", Kind::NegatedFlag("open")),
    ("dir", Kind::Path),
    ("watch", Kind::Flag),
    ("project-dir", Kind::ExistingPath),
    ("verbose", Kind::Flag),
];

/// A command line of `generate`, `health` or `serve`.
#[derive(Clone, Debug)]
pub struct CommandLine {
    pub command: Command,
    options: ParsedOptions,
}

impl CommandLine {
    /// Parses docglow's arguments. Relative paths are resolved in the working directory.
    ///
    /// # Errors
    /// Why docglow sends no event for this command line, whatever its exit status is.
    pub fn parse(arguments: &[OsString]) -> Result<CommandLine, NotSent> {
        use Strictness::{Lenient, Strict};
        let click::Subcommand { name, words, has_unknown_options } = click::subcommand(arguments)?;
        let command = name.to_str().and_then(lookup).ok_or(NotSent::OtherCommand)?;
        let (table, strictness) = match command {
            Command::Generate => (GENERATE, Lenient),
            Command::Health => (HEALTH, Lenient),
            Command::Serve if has_unknown_options => return Err(NotSent::Refused(None)),
            Command::Serve => (SERVE, Strict),
        };
        let options = ParsedOptions::parse(table, words, strictness)?;
        let line = CommandLine { command, options };
        if !is_readable(line.project_dir()) {
            return Err(NotSent::NoProjectDir);
        }
        if command == Command::Serve && line.site_dir().read_dir().is_err() {
            return Err(NotSent::NoSite);
        }
        Ok(line)
    }

    /// The event of this command line after docglow has ended with `status`. `settings` come from
    /// the project's docglow.yml; they are missing if docglow 0.9.2 fails to load it.
    ///
    /// # Errors
    /// Why docglow sends no event.
    pub fn event(
        &self,
        status: i64,
        duration_ms: u64,
        settings: Option<FeatureSettings>,
    ) -> Result<Event, NotSent> {
        let result = CommandResult::of_status(status).ok_or(NotSent::ExitStatus)?;
        // `serve` has no exit status yet. For the other commands, 0 shows that docglow accepted the
        // whole command line.
        let may_end_early = result == CommandResult::Error || self.command == Command::Serve;
        if may_end_early && (settings.is_none() || self.has_depth_without_select()) {
            return Err(NotSent::EndedEarly);
        }
        Ok(Event {
            command: self.command,
            result,
            duration_ms: Milliseconds::new(duration_ms),
            adapter_type: None,
            project_shape: None,
            features_used: self.features(&settings.unwrap_or_default()),
            docglow_version: None,
            python_version: None,
        })
    }

    /// docglow 0.9.2 ends with status 1 and without an event in this case.
    fn has_depth_without_select(&self) -> bool {
        self.options.has("column-lineage-depth") && !self.options.is_truthy("column-lineage-select")
    }

    /// The folder of docglow.yml.
    pub fn project_dir(&self) -> &Path {
        Path::new(self.options.value("project-dir").unwrap_or(OsStr::new(".")))
    }

    /// dbt's target folder, which contains manifest.json. It is below the project folder, unless
    /// its path is absolute.
    pub fn target_dir(&self) -> PathBuf {
        let target_dir = self.options.value("target-dir").unwrap_or(OsStr::new("target"));
        self.project_dir().join(target_dir)
    }

    /// The folder that `serve` serves.
    fn site_dir(&self) -> &Path {
        match self.options.value("dir") {
            // Python's Path("") is the working directory.
            Some(folder) if folder.is_empty() => Path::new("."),
            folder => Path::new(folder.unwrap_or(OsStr::new("target/docglow"))),
        }
    }

    /// The features that the command used.
    pub fn features(&self, settings: &FeatureSettings) -> Features {
        let options = &self.options;
        let column_lineage = settings.column_lineage && !options.has("skip-column-lineage");
        let used = |features: &[(Feature, bool)]| {
            features.iter().filter(|(_, is_used)| *is_used).map(|(feature, _)| *feature).collect()
        };
        match self.command {
            Command::Generate => used(&[
                (
                    Feature::ColumnLineage,
                    column_lineage || options.is_truthy("column-lineage-select"),
                ),
                (Feature::Profiling, options.has("profile")),
                (Feature::AiChat, settings.ai || options.has("ai") || options.is_truthy("ai-key")),
                (Feature::Static, options.has("static")),
                (Feature::Slim, settings.slim || options.has("slim")),
            ]),
            Command::Health => {
                let format = options.value("format").and_then(OsStr::to_str).unwrap_or("table");
                let is_format = |feature: &Feature| {
                    matches!(feature, Feature::Table | Feature::Json | Feature::Markdown)
                };
                lookup(format).filter(is_format).into_iter().collect()
            }
            Command::Serve => used(&[(Feature::Watch, options.has("watch"))]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<CommandLine, NotSent> {
        CommandLine::parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    fn features(line: &str, settings: FeatureSettings) -> Features {
        parsed(line).unwrap_or_else(|reason| panic!("{line}: {reason}")).features(&settings)
    }

    #[test]
    fn flags_are_features_in_the_order_of_docglow() {
        use Feature::*;
        let mut tested = Vec::new();
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
            tested.extend(expected.clone());
            assert_eq!(
                features(line, FeatureSettings::default()),
                Features::from_iter(expected),
                "{line}"
            );
        }
        for feature in Feature::ALL {
            assert!(tested.contains(feature), "{feature:?} has no command line here");
        }
    }

    #[test]
    fn settings_are_features_of_generate_and_flags_win() {
        use Feature::*;
        let settings = FeatureSettings { slim: true, column_lineage: false, ai: true };
        for (line, expected) in [
            ("generate", vec![AiChat, Slim]),
            ("generate --slim --ai", vec![AiChat, Slim]),
            ("generate --column-lineage-select orders", vec![ColumnLineage, AiChat, Slim]),
            ("health", vec![Table]),
            ("serve --dir .", vec![]),
        ] {
            assert_eq!(features(line, settings), Features::from_iter(expected), "{line}");
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
    fn a_later_docglows_options_and_values_are_accepted() {
        use Feature::*;
        for (line, expected) in [
            ("--new generate", vec![ColumnLineage]),
            ("generate --new --static", vec![ColumnLineage, Static]),
            ("generate --new value --static", vec![ColumnLineage, Static]),
            ("generate all --theme blue --workers many", vec![ColumnLineage]),
            ("generate --workers", vec![ColumnLineage]),
            ("generate --head-script missing", vec![ColumnLineage]),
            ("health --static --format=json", vec![Json]),
            ("health --format html", vec![]),
            ("health --format static", vec![]),
        ] {
            assert_eq!(
                features(line, FeatureSettings::default()),
                Features::from_iter(expected),
                "{line}"
            );
        }
    }

    #[test]
    fn a_command_line_without_an_event_says_why() {
        for (line, reason) in [
            ("", NotSent::OtherCommand),
            ("telemetry status", NotSent::OtherCommand),
            ("Generate", NotSent::OtherCommand),
            ("--version", NotSent::HelpRequested),
            ("generate --help", NotSent::HelpRequested),
            ("generate --project-dir missing", NotSent::NoProjectDir),
            ("generate --project-dir=", NotSent::NoProjectDir),
            ("serve", NotSent::NoSite),
            ("serve --dir Cargo.toml", NotSent::NoSite),
            ("serve --dir missing", NotSent::NoSite),
            ("serve --dir . --new", NotSent::Refused(None)),
            ("--new serve --dir .", NotSent::Refused(None)),
            ("serve --dir . --port x", NotSent::Refused(Some("port"))),
            ("serve --dir . --project-dir missing", NotSent::Refused(Some("project-dir"))),
        ] {
            assert_eq!(parsed(line).map(|_| ()), Err(reason), "{line}");
        }
    }

    #[test]
    fn the_exit_status_decides_whether_docglow_sends_an_event() {
        use CommandResult::{Error, Success};
        let settings = Some(FeatureSettings::default());
        for (line, status, settings, expected) in [
            ("generate", 0, settings, Ok(Success)),
            ("generate", 1, settings, Ok(Error)),
            ("generate --new", 0, settings, Ok(Success)),
            ("generate --new", 1, settings, Ok(Error)),
            ("generate", 2, settings, Err(NotSent::ExitStatus)),
            ("generate", 127, settings, Err(NotSent::ExitStatus)),
            ("generate", 130, settings, Err(NotSent::ExitStatus)),
            ("generate", 0, None, Ok(Success)),
            ("generate", 1, None, Err(NotSent::EndedEarly)),
            ("serve --dir .", 0, None, Err(NotSent::EndedEarly)),
            ("generate --column-lineage-depth 1", 0, settings, Ok(Success)),
            ("generate --column-lineage-depth 1", 1, settings, Err(NotSent::EndedEarly)),
            ("generate --column-lineage-depth 1 --column-lineage-select x", 1, settings, Ok(Error)),
        ] {
            let event = parsed(line).unwrap().event(status, 7, settings);
            assert_eq!(event.map(|event| event.result), expected, "{line}: {status}");
        }
    }
}
