//! The docglow in a command line of any kind, behind whatever launches it: `uv run docglow …`, `env A=1 nice docglow …`,
//! `python -m docglow …`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::platform::command::{self, is_named};
use crate::platform::python::PROGRAMS;

/// Programs that run what they are given as it is, with the PATH that they were given.
const TRANSPARENT: [&str; 10] =
    ["chrt", "env", "ionice", "nice", "nohup", "setsid", "stdbuf", "taskset", "time", "timeout"];

/// What launchers call the option that makes them work in another folder, where docglow.yml then is, or with variables from
/// elsewhere.
const ELSEWHERE: [&str; 6] = ["-C", "--chdir", "--cwd", "--directory", "--env-file", "--unset"];

/// Programs that run what they are given on another machine, or as another user, whose word is not known here.
const OTHER_PLACES: [&str; 10] =
    ["doas", "docker", "kubectl", "nerdctl", "podman", "ssh", "su", "sudo", "systemd-run", "wsl"];

/// A docglow in a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launched<'a> {
    launcher: &'a [OsString],
    docglow: &'a OsString,
    /// docglow's own arguments.
    pub arguments: &'a [OsString],
}

impl<'a> Launched<'a> {
    /// Each word that may be docglow's, in order: those whose file name is `docglow`. In `uv run --with docglow docglow health`
    /// it is the second.
    pub fn each(words: &'a [OsString]) -> impl Iterator<Item = Launched<'a>> {
        let is_docglow = |word: &OsString| is_named(Path::new(word), "docglow");
        words.iter().enumerate().filter(move |(_, word)| is_docglow(word)).map(|(at, docglow)| {
            Launched { launcher: &words[..at], docglow, arguments: &words[at + 1..] }
        })
    }

    /// What a launcher sets this variable to, as `env` does.
    pub fn assigned(&self, variable: &str) -> Option<OsString> {
        let value = |word: &OsString| {
            let word = word.to_string_lossy();
            let (name, value) = word.split_once('=')?;
            (name == variable).then(|| OsString::from(value))
        };
        self.launcher.iter().rev().find_map(value)
    }

    /// Whether a launcher may make docglow work in another folder, with another environment or on another machine than this
    /// one, where something else may have been decided.
    pub fn moves(&self) -> bool {
        let is_elsewhere = |word: &OsString| {
            let text = word.to_string_lossy();
            ELSEWHERE.iter().any(|option| text.starts_with(option))
                || OTHER_PLACES.iter().any(|program| is_named(Path::new(word), program))
        };
        self.launcher.iter().any(is_elsewhere)
    }

    /// The path of the docglow, or of the virtual environment's Python that is to run it, by which its version can be told.
    /// `None` where that is not sure. `variable` is the environment.
    pub fn program(&self, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        let launcher: Vec<_> =
            self.launcher.iter().map(|word| word.to_str()).collect::<Option<_>>()?;
        let all_transparent = |words: &[&str]| words.iter().all(|word| is_transparent(word));
        let find = |program: &OsStr| command::find(program, variable("PATH").as_deref());
        match launcher[..] {
            ref all if all_transparent(all) => find(self.docglow),
            [ref before @ .., python, "-m"] if all_transparent(before) => {
                // A folder of that name is what Python finds first.
                let is_installed =
                    !Path::new("docglow").exists() && !Path::new("docglow.py").exists();
                let is_python = Path::new(python).file_name()?.to_str()?.starts_with("python");
                (is_installed && is_python && self.docglow == "docglow")
                    .then(|| find(OsStr::new(python)))?
            }
            // uv has brought the project's environment up to date by the time it is looked at.
            [ref before @ .., "uv", "run"] if all_transparent(before) => {
                let is_project =
                    Path::new("uv.lock").is_file() && variable("UV_PROJECT_ENVIRONMENT").is_none();
                (is_project && self.docglow == "docglow")
                    .then(|| find(Path::new(".venv").join(PROGRAMS).join("docglow").as_os_str()))?
            }
            _ => None,
        }
    }
}

/// Whether a word of a launcher's leaves it as it is which docglow runs: one of these programs, an option, a number, `A=1`.
fn is_transparent(word: &str) -> bool {
    let is_known = TRANSPARENT.iter().any(|program| is_named(Path::new(word), program));
    is_known || word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) || word.contains('=')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::testing::A_PROGRAM;
    use std::env::consts::EXE_SUFFIX;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn a_docglow_is_a_word_whose_file_name_is_docglow() {
        for (line, arguments) in [
            ("docglow generate --static", &["generate --static"][..]),
            ("/opt/venv/bin/docglow health", &["health"]),
            ("./docglow", &[""]),
            ("uv run docglow generate", &["generate"]),
            ("python -m docglow health", &["health"]),
            ("env A=1 nice docglow serve", &["serve"]),
            ("uv run --with docglow docglow health", &["docglow health", "health"]),
            ("uv run --with docglow python x", &["python x"]),
            ("docglow generate --title docglow", &["generate --title docglow", ""]),
            ("docglow-telemetry generate", &[]),
            ("make docs", &[]),
            ("docglow.sh generate", &[]),
            ("docglow/x generate", &[]),
            ("", &[]),
        ] {
            let words = words(line);
            let found: Vec<Vec<OsString>> =
                Launched::each(&words).map(|found| found.arguments.to_vec()).collect();
            assert_eq!(
                found,
                arguments.iter().map(|line| self::words(line)).collect::<Vec<_>>(),
                "{line}"
            );
        }
    }

    #[test]
    fn what_env_sets_is_known_and_the_last_one_counts() {
        let words = words("env A=1 B=x=y A=2 docglow generate C=3");
        let found = Launched::each(&words).next().unwrap();
        for (name, value) in [("A", Some("2")), ("B", Some("x=y")), ("C", None), ("env", None)] {
            assert_eq!(found.assigned(name), value.map(OsString::from), "{name}");
        }
    }

    #[test]
    fn a_launcher_that_may_change_the_folder_is_known() {
        for (line, moves) in [
            ("env -C /x docglow generate", true),
            ("env --chdir=/x docglow generate", true),
            ("uv run --directory x docglow generate", true),
            ("nice docglow generate -C x", false),
            ("docglow generate", false),
        ] {
            assert_eq!(Launched::each(&words(line)).next().unwrap().moves(), moves, "{line}");
        }
    }

    #[test]
    fn the_path_is_that_of_the_docglow_that_will_run_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_str().unwrap();
        let [docglow, python] =
            ["docglow", "python3"].map(|name| format!("{root}/{name}{EXE_SUFFIX}"));
        for copy in [&docglow, &python] {
            std::fs::copy(A_PROGRAM, copy).unwrap();
        }
        let missing = format!("{root}/missing/docglow");
        for (line, path) in [
            ("docglow generate", Some(&docglow)),
            (&docglow, Some(&docglow)),
            (&missing, None),
            ("env A=1 nice -n 5 timeout 60s docglow generate", Some(&docglow)),
            ("env PATH=/missing docglow generate", None),
            ("python3 -m docglow health", Some(&python)),
            ("nohup python3 -m docglow health", Some(&python)),
            ("python3 -X dev -m docglow health", None),
            ("python3 -m docglow/docglow health", None),
            ("python3 docglow health", None),
            ("poetry -m docglow health", None),
            ("uv run docglow generate", None),
            ("uv run --with x docglow generate", None),
            ("sudo docglow generate", None),
            ("sudo -u docglow docglow generate", None),
        ] {
            let words = words(line);
            let variable = |found: &Launched, name: &str| {
                let path = (name == "PATH").then(|| OsString::from(root));
                found.assigned(name).or(path)
            };
            let program = Launched::each(&words)
                .last()
                .and_then(|found| found.program(|name| variable(&found, name)));
            assert_eq!(program.as_deref(), path.map(Path::new), "{line}");
        }
    }
}
