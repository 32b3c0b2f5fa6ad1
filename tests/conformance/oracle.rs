//! docglow's own parser and settings, in one Python process.

use crate::common::Sandbox;
use crate::project::docglow;
use crate::random::encoded;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The options of each command, by name.
pub type Options = BTreeMap<String, BTreeMap<String, Kind>>;

/// The value that an option takes.
pub enum Kind {
    Flag,
    Text,
    Integer,
    Number,
    Choice(Vec<String>),
    Path,
}

impl Kind {
    fn of(option: &Value) -> Kind {
        let choices = option["choices"].as_array().expect("choices").iter();
        match option["kind"].as_str() {
            Some("flag") => Kind::Flag,
            Some("text") => Kind::Text,
            Some("integer") => Kind::Integer,
            Some("float") => Kind::Number,
            Some("choice") => Kind::Choice(
                choices.map(|choice| choice.as_str().expect("a choice").to_owned()).collect(),
            ),
            Some("path") => Kind::Path,
            kind => panic!("an option of another kind: {kind:?}"),
        }
    }
}

pub struct Oracle {
    process: Child,
    questions: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    pub options: Options,
}

impl Oracle {
    /// Starts docglow 0.9.2, or the docglow in this folder of packages.
    pub fn start(sandbox: &Sandbox, packages: Option<&Path>) -> Oracle {
        let python = docglow().expect("DOCGLOW_VENV").with_file_name("python");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/oracle.py");
        let mut process = Command::new(python)
            .arg(script)
            .env_clear()
            .envs([("HOME", sandbox.home()), ("XDG_CONFIG_HOME", sandbox.config_home())])
            .env("LC_ALL", "C.UTF-8")
            .env("PYTHONPATH", packages.unwrap_or(Path::new("")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python");
        let questions = process.stdin.take().expect("a piped stdin");
        let answers = BufReader::new(process.stdout.take().expect("a piped stdout")).lines();
        let mut oracle = Oracle { process, questions, answers, options: Options::new() };
        let options = |command: &Value| {
            let options = command.as_object().expect("options").iter();
            options.map(|(name, option)| (name.clone(), Kind::of(option))).collect()
        };
        let commands = oracle.answer();
        let commands = commands.as_object().expect("commands").iter();
        oracle.options = commands.map(|(name, command)| (name.clone(), options(command))).collect();
        oracle
    }

    /// docglow's result for a command line in a folder.
    pub fn ask(&mut self, folder: &Path, arguments: &[OsString]) -> Value {
        let folder = folder.as_os_str().to_owned();
        let line = encoded([&folder].into_iter().chain(arguments));
        writeln!(self.questions, "{line}").expect("a question");
        self.answer()
    }

    fn answer(&mut self) -> Value {
        let line = self.answers.next().expect("an answer").expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
