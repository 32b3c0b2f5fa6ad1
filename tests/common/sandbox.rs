//! A home, a configuration folder and a project folder for one test. The hook runs in them with no
//! other variables in its environment.

use super::Invocation;
use super::platform::{
    CONFIG_HOME, CONFIG_IN_SANDBOX, HOME, SANDBOX_PREFIX, SYSTEM_VARIABLES, give_to, is_root,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The event of the tests that do not test the event.
pub const EVENT: &str =
    r#"{"command":"generate","result":"success","duration_ms":1446,"adapter_type":"duckdb"}"#;

/// The hook's executable.
pub fn binary() -> PathBuf {
    match std::env::var_os("DOCGLOW_TELEMETRY_BIN") {
        Some(path) => fs::canonicalize(path).expect("DOCGLOW_TELEMETRY_BIN names the hook"),
        None => PathBuf::from(env!("CARGO_BIN_EXE_docglow-telemetry")),
    }
}

/// Temporary folders, which are deleted when it is dropped.
pub struct Sandbox {
    root: tempfile::TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        Self::named(SANDBOX_PREFIX)
    }

    /// A sandbox for wine. Its `cmd` splits a path at a blank, and a path that is not ASCII needs a
    /// locale.
    pub fn for_wine() -> Self {
        Self::named("docglow-telemetry-")
    }

    fn named(prefix: &str) -> Self {
        let root = tempfile::Builder::new().prefix(prefix).tempdir().expect("a temporary folder");
        let sandbox = Self { root };
        for folder in [sandbox.home(), sandbox.config_home(), sandbox.project()] {
            fs::create_dir_all(folder).expect("a folder in the sandbox");
        }
        sandbox
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    pub fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    /// The configuration folder of every run.
    pub fn config_home(&self) -> PathBuf {
        self.root().join(CONFIG_IN_SANDBOX)
    }

    /// The working directory of every run, so it is the default project folder.
    pub fn project(&self) -> PathBuf {
        self.root().join("project")
    }

    pub fn state_dir(&self) -> PathBuf {
        self.config_home().join("docglow")
    }

    pub fn state_file(&self) -> PathBuf {
        self.state_dir().join("telemetry.json")
    }

    pub fn write_state(&self, content: impl AsRef<[u8]>) {
        fs::create_dir_all(self.state_dir()).expect("the state folder");
        fs::write(self.state_file(), content).expect("the state file");
    }

    /// The state file as JSON, if it exists. Panics if it is not JSON.
    pub fn state(&self) -> Option<serde_json::Value> {
        let bytes = fs::read(self.state_file()).ok()?;
        Some(serde_json::from_slice(&bytes).expect("the state file is JSON"))
    }

    /// Writes `docglow.yml` in the project folder.
    pub fn write_config(&self, content: impl AsRef<[u8]>) {
        fs::write(self.project().join("docglow.yml"), content).expect("docglow.yml");
    }

    /// The hook without arguments and with an empty stdin.
    pub fn hook(&self) -> Invocation {
        let folders = [(HOME, self.home().into()), (CONFIG_HOME, self.config_home().into())];
        let system =
            SYSTEM_VARIABLES.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
        Invocation {
            program: binary(),
            arguments: Vec::new(),
            environment: folders
                .into_iter()
                .chain(system)
                .map(|(name, value)| (name.into(), value))
                .collect(),
            folder: self.project(),
            stdin: Vec::new(),
            user: None,
        }
    }

    /// The hook as a user to whom file modes apply. If the tests run as root, that is `nobody`, who
    /// then owns the sandbox.
    pub fn as_nobody(&self) -> Invocation {
        let mut hook = self.hook();
        if is_root() {
            hook.program = self.copy_of_the_hook();
            give_to(NOBODY, self.root());
            hook.user = Some(NOBODY);
        }
        hook
    }

    /// A copy of the hook's executable that everybody can execute and a test may delete. Another
    /// process writes it. If this process wrote it, a program that another test starts at the same
    /// time could inherit the open file, and a file that is open for writing cannot be executed.
    pub fn copy_of_the_hook(&self) -> PathBuf {
        let copy = self.root().join("docglow-telemetry");
        assert!(Command::new("cp").args([&binary(), &copy]).status().expect("cp").success());
        copy
    }

    /// `docglow-telemetry ARGUMENT…`, for example `sandbox.command(["status", "--json"])`.
    pub fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Invocation {
        self.hook().args(arguments)
    }
}

const NOBODY: u32 = 65534;
