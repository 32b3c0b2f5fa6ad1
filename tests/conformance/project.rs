//! docglow's example project in a sandbox. A shell runs docglow in it, with or without the hook.

use crate::common::sandbox::binary;
use crate::common::trials::tool_path;
use crate::common::{Invocation, Outcome, Receiver, Sandbox};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// docglow itself starts slowly, and several of these tests run at once on a busy machine.
pub const DOCGLOW_LIMIT: Duration = Duration::from_secs(300);

pub const SHELLS: [&str; 5] = ["bash", "zsh", "dash", "busybox", "fish"];

/// The program of docglow, if `DOCGLOW_VENV` is set.
pub fn docglow() -> Option<PathBuf> {
    std::env::var_os("DOCGLOW_VENV").map(|folder| {
        let folder = fs::canonicalize(folder).expect("DOCGLOW_VENV is a folder");
        folder.join("bin/docglow")
    })
}

/// The program that reports a command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reporter {
    /// docglow itself, without the hook.
    Docglow,
    /// The hook, which sends before it returns, so that no request can arrive later.
    Hook,
    /// The hook in its normal mode.
    DetachedHook,
}

pub struct Project {
    pub sandbox: Sandbox,
}

impl Project {
    pub fn new() -> Self {
        let project = Self { sandbox: Sandbox::new() };
        let artifacts =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/jaffle-shop/target");
        let target = project.sandbox.project().join("target");
        fs::create_dir(&target).expect("a target folder");
        for artifact in ["manifest.json", "catalog.json", "run_results.json"] {
            fs::copy(artifacts.join(artifact), target.join(artifact)).expect("an artifact");
        }
        let bin = |reporter| project.bin(reporter);
        for reporter in [Reporter::Docglow, Reporter::Hook, Reporter::DetachedHook] {
            fs::create_dir(bin(reporter)).expect("a folder for programs");
        }
        symlink(binary(), bin(Reporter::DetachedHook).join("docglow-telemetry"))
            .expect("a link to the hook");
        let waiting = bin(Reporter::Hook).join("docglow-telemetry");
        fs::write(&waiting, format!("#!/bin/sh\nexec '{}' --wait \"$@\"\n", binary().display()))
            .expect("a script");
        fs::set_permissions(waiting, fs::Permissions::from_mode(0o755))
            .expect("an executable script");
        project
    }

    fn bin(&self, reporter: Reporter) -> PathBuf {
        self.sandbox.root().join(format!("{reporter:?}"))
    }

    /// The shell with these lines and the real `docglow`. The caller turns telemetry on or off.
    pub fn script(&self, shell: &str, reporter: Reporter, lines: &str) -> Invocation {
        let set_up = match (reporter, shell) {
            (Reporter::Docglow, _) => String::new(),
            (_, "fish") => "docglow-telemetry init fish | source".into(),
            (_, "dash" | "busybox") => r#"eval "$(docglow-telemetry init sh)""#.into(),
            _ => format!(r#"eval "$(docglow-telemetry init {shell})""#),
        };
        let docglow = docglow().expect("DOCGLOW_VENV");
        let venv = docglow.parent().expect("its folder").display();
        let mut script = self.sandbox.hook();
        script.program = tool_path(shell).expect("the shell");
        let quiet: &[&str] = match shell {
            "bash" => &["--noprofile", "--norc"],
            "zsh" => &["-f"],
            "fish" => &["--no-config"],
            "busybox" => &["sh"],
            _ => &[],
        };
        script
            .args(quiet)
            .args(["-c", &format!("{set_up}\n{lines}")])
            .env("PATH", format!("{venv}:{}:/usr/bin:/bin", self.bin(reporter).display()))
            .env("LC_ALL", "C.UTF-8")
    }

    /// Runs one command line with telemetry on.
    pub fn report(
        &self,
        shell: &str,
        reporter: Reporter,
        line: &str,
        receiver: &Receiver,
    ) -> Outcome {
        self.script(shell, reporter, line).on().to(receiver).run_within(DOCGLOW_LIMIT)
    }

    /// Runs it with telemetry off, because docglow fills caches, and shows some hints only once.
    pub fn warm_up(&self, line: &str) -> Outcome {
        self.script("bash", Reporter::Docglow, line)
            .env("DOCGLOW_NO_TELEMETRY", "1")
            .run_within(DOCGLOW_LIMIT)
    }
}
