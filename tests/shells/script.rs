//! Scripts in a sandbox, run with the shell hook and without it.

use crate::common::trials::tool_path;
use crate::common::{Invocation, Outcome, Sandbox};
use crate::shell::Shell;
use crate::stubs::{self, Call, Report};
use std::fs;
use std::path::PathBuf;

/// A sandbox with a shell, the stubs on PATH and records of their calls.
pub struct Stage {
    pub shell: Shell,
    pub sandbox: Sandbox,
}

/// Whether a script's first line is the one that sets the hook up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hook {
    With,
    Without,
}

impl Stage {
    pub fn new(shell: Shell) -> Self {
        let stage = Self::empty(shell);
        stage.install("docglow");
        stage.install("docglow-telemetry");
        stage
    }

    /// Nothing is on PATH but the system's own tools.
    pub fn empty(shell: Shell) -> Self {
        let stage = Self { shell, sandbox: Sandbox::new() };
        for folder in [stage.bin(), stage.records()] {
            fs::create_dir(folder).expect("a folder in the sandbox");
        }
        stage
    }

    pub fn install(&self, name: &str) {
        stubs::install(name, &self.bin(), &self.records(), &self.shell.hook_file());
    }

    pub fn bin(&self) -> PathBuf {
        self.sandbox.root().join("bin")
    }

    fn records(&self) -> PathBuf {
        self.sandbox.root().join("records")
    }

    /// `.` and the path of the hook file.
    pub fn source_line(&self) -> String {
        format!(". '{}'", self.shell.hook_file().display())
    }

    /// The shell, nothing to do yet.
    pub fn invocation(&self) -> Invocation {
        let mut invocation = self.sandbox.hook();
        invocation.program = tool_path(self.shell.name()).expect("the shell");
        invocation
            .args(self.shell.arguments())
            .env("PATH", format!("{}:/usr/bin:/bin", self.bin().display()))
            .env("LC_ALL", "C.UTF-8")
    }

    /// A script file with these lines as they are; `@status` is the last exit status.
    pub fn script(&self, lines: &str) -> Invocation {
        let file = self.sandbox.root().join("script");
        fs::write(&file, lines.replace("@status", self.shell.status())).expect("a script");
        self.invocation().arg(file)
    }

    /// These lines after the set-up line, or without it.
    pub fn script_with(&self, hook: Hook, lines: &str) -> Invocation {
        match hook {
            Hook::With => self.script(&format!("{}\n{lines}", self.shell.set_up())),
            Hook::Without => self.script(lines),
        }
    }

    /// Runs the script with the hook.
    pub fn run(&self, lines: &str) -> Outcome {
        self.script_with(Hook::With, lines).run()
    }

    pub fn calls(&self) -> Vec<Call> {
        stubs::calls(&self.records())
    }

    pub fn calls_of(&self, name: &str) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.name == name).collect()
    }

    /// What the hook's binary was told to report.
    pub fn reports(&self) -> Vec<Report> {
        self.calls_of("docglow-telemetry").iter().filter_map(Report::of).collect()
    }

    pub fn forget_calls(&self) {
        fs::remove_dir_all(self.records()).expect("the records");
        fs::create_dir(self.records()).expect("a folder in the sandbox");
    }
}
