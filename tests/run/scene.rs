//! A `docglow` on PATH that runs the shell code in `$STUB`, and the ways to call it.

use crate::common::process::PATIENCE;
use crate::common::{Invocation, Receiver, Request, Sandbox};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub struct Scene {
    pub sandbox: Sandbox,
    pub receiver: Receiver,
}

/// How a command line is run: directly, or by a `run` that becomes it or waits for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum By {
    Itself,
    RunOff,
    RunOn,
}

pub const BY_RUN: [By; 2] = [By::RunOff, By::RunOn];

impl Scene {
    pub fn new() -> Scene {
        Scene::to(Receiver::answering())
    }

    pub fn to(receiver: Receiver) -> Scene {
        let scene = Scene { sandbox: Sandbox::new(), receiver };
        fs::create_dir(scene.bin()).expect("a folder for programs");
        scene.script("docglow", "eval \"$STUB\"");
        let (hook, on_path) = (scene.sandbox.hook().program, scene.bin().join("docglow-telemetry"));
        if fs::hard_link(&hook, &on_path).is_err() {
            assert!(Command::new("cp").args([&hook, &on_path]).status().expect("cp").success());
        }
        scene
    }

    /// The folder on PATH that contains `docglow` and `docglow-telemetry`.
    pub fn bin(&self) -> PathBuf {
        self.sandbox.root().join("bin")
    }

    /// Creates a script of this name on PATH.
    pub fn script(&self, name: &str, code: &str) {
        executable(&self.bin().join(name), &format!("#!/bin/sh\n{code}\n"));
    }

    /// Runs a program of the machine in the scene's environment.
    pub fn program(&self, program: impl Into<PathBuf>) -> Invocation {
        let mut invocation = self.sandbox.hook().to(&self.receiver);
        invocation.program = program.into();
        invocation.env("PATH", format!("{}:/usr/bin:/bin", self.bin().display()))
    }

    /// Calls this command line in this way. The environment turns telemetry off or on.
    pub fn call(&self, by: By, words: &[impl AsRef<OsStr>]) -> Invocation {
        match by {
            By::Itself => self.program("/usr/bin/env").args(words),
            By::RunOff => self.run(words).env("DOCGLOW_TELEMETRY", "0"),
            By::RunOn => self.run(words).on(),
        }
    }

    /// `docglow-telemetry run WORDS…`, without a variable that turns telemetry on or off.
    pub fn run(&self, words: &[impl AsRef<OsStr>]) -> Invocation {
        self.program(self.bin().join("docglow-telemetry")).arg("run").args(words)
    }

    /// Waits for the only event.
    #[track_caller]
    pub fn event(&self) -> Request {
        self.receiver.wait_for(1, PATIENCE);
        self.receiver.only_request()
    }

    /// Panics if an event has been sent. Earlier calls must have waited for theirs (`--wait`).
    #[track_caller]
    pub fn assert_nothing_sent(&self) {
        assert_eq!(self.receiver.connections(), 0);
    }
}

/// Writes an executable file. Another process writes it. If this process wrote it, a program that
/// another trial starts at the same time could inherit the open file, and a file that is open for
/// writing cannot be executed.
pub fn executable(file: &Path, text: &str) {
    let write = ["-c", "printf %s \"$1\" >\"$2\" && chmod 755 \"$2\"", "sh", text];
    assert!(Command::new("/bin/sh").args(write).arg(file).status().expect("sh").success());
}

/// Starts a call with piped streams.
pub fn spawn(invocation: &Invocation) -> Child {
    let mut command: Command = invocation.as_command();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the call")
}

/// The text that a command writes to a file, once its last line is complete.
pub fn written(file: &Path) -> Option<String> {
    fs::read_to_string(file)
        .ok()
        .filter(|text| text.ends_with('\n'))
        .map(|text| text.trim_end().to_owned())
}
