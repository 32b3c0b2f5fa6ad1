//! Scripts in a sandbox, run with and without the hook.

use crate::common::sandbox::binary;
use crate::common::trials::tool_path;
use crate::common::{Invocation, Outcome, Receiver, Sandbox};
use crate::shell::Shell;
use crate::stubs::{self, Call};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

/// A sandbox with a shell, and with a stub of docglow and the real docglow-telemetry on PATH.
pub struct Stage {
    pub shell: Shell,
    pub sandbox: Sandbox,
    pub receiver: Receiver,
}

/// Whether the first line of a script sets the hook up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hook {
    With,
    Without,
}

/// Whether the environment turns telemetry on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Telemetry {
    Off,
    On,
}

pub const OFF_AND_ON: [Telemetry; 2] = [Telemetry::Off, Telemetry::On];

impl Stage {
    pub fn new(shell: Shell) -> Self {
        let stage = Self::empty(shell);
        stage.install("docglow");
        stage.install("docglow-telemetry");
        stage
    }

    /// A stage whose PATH has only the system's own tools.
    pub fn empty(shell: Shell) -> Self {
        let stage = Self { shell, sandbox: Sandbox::new(), receiver: Receiver::answering() };
        for folder in [stage.bin(), stage.records()] {
            fs::create_dir(folder).expect("a folder in the sandbox");
        }
        stage
    }

    pub fn install(&self, name: &str) {
        match name {
            "docglow" => stubs::install(&self.bin(), &self.records()),
            _ => symlink(binary(), self.bin().join(name)).expect("a link to the tool"),
        }
    }

    pub fn bin(&self) -> PathBuf {
        self.sandbox.root().join("bin")
    }

    fn records(&self) -> PathBuf {
        self.sandbox.root().join("records")
    }

    /// The line `. FILE` with the hook file.
    pub fn source_line(&self) -> String {
        format!(". '{}'", self.shell.hook_file().display())
    }

    /// The shell without a script.
    pub fn invocation(&self) -> Invocation {
        let mut invocation = self.sandbox.hook();
        invocation.program = tool_path(self.shell.name()).expect("the shell");
        invocation
            .args(self.shell.arguments())
            .env("PATH", format!("{}:/usr/bin:/bin", self.bin().display()))
            .env("LC_ALL", "C.UTF-8")
            .env("DOCGLOW_TELEMETRY_WAIT", "1")
            .to(&self.receiver)
    }

    /// A script file with exactly these lines. `@status` stands for the last exit status.
    pub fn script(&self, lines: &str) -> Invocation {
        let file = self.sandbox.root().join("script");
        fs::write(&file, lines.replace("@status", self.shell.status())).expect("a script");
        self.invocation().arg(file)
    }

    /// These lines, after the set-up line if the hook is used.
    pub fn script_with(&self, hook: Hook, lines: &str) -> Invocation {
        match hook {
            Hook::With => self.script(&format!("{}\n{lines}", self.shell.set_up())),
            Hook::Without => self.script(lines),
        }
    }

    /// Runs the lines with the hook and telemetry on. All events have arrived when it returns.
    pub fn run(&self, lines: &str) -> Outcome {
        self.script_with(Hook::With, lines).on().run()
    }

    /// Runs the lines with and without the hook, with telemetry off and on. Status, stdout and
    /// stderr must be the same. Returns stdout.
    #[track_caller]
    pub fn same_with_and_without(&self, lines: &str) -> String {
        let run = |invocation: Invocation| {
            let outcome = invocation.env("STUB_DOES", "read").stdin("stdin\n").run();
            (outcome.status, outcome.stdout().to_owned(), outcome.stderr().to_owned())
        };
        let without = run(self.script_with(Hook::Without, lines));
        for telemetry in OFF_AND_ON {
            let with = run(telemetry.of(self.script_with(Hook::With, lines)));
            assert_eq!(with, without, "{telemetry:?}: {lines}");
        }
        without.1
    }

    /// The calls of docglow so far.
    pub fn calls(&self) -> Vec<Call> {
        stubs::calls(&self.records())
    }

    /// The commands and results of the events that have arrived so far.
    pub fn events(&self) -> Vec<String> {
        let text = |request: &crate::common::Request| {
            let event = request.json();
            let word = |key: &str| event[key].as_str().expect("a word").to_owned();
            format!("{} {}", word("command"), word("result"))
        };
        self.receiver.requests().iter().map(text).collect()
    }
}

impl Telemetry {
    pub fn of(self, invocation: Invocation) -> Invocation {
        if self == Self::On { invocation.on() } else { invocation }
    }
}
