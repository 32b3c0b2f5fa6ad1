//! A home, a config folder and a project folder of a test's own, and the hook run in them with nothing else in its environment.

use super::Invocation;
use super::platform::{
    CONFIG_HOME, CONFIG_IN_SANDBOX, HOME, SANDBOX_PREFIX, SYSTEM_VARIABLES, give_to, is_root,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The event of the tests that are not about the event.
pub const EVENT: &str =
    r#"{"command":"generate","result":"success","duration_ms":1446,"adapter_type":"duckdb"}"#;

/// The hook's executable.
pub fn binary() -> PathBuf {
    match std::env::var_os("DOCGLOW_TELEMETRY_BIN") {
        Some(path) => fs::canonicalize(path).expect("DOCGLOW_TELEMETRY_BIN names the hook"),
        None => PathBuf::from(env!("CARGO_BIN_EXE_docglow-telemetry")),
    }
}

/// Temporary folders, gone when dropped.
pub struct Sandbox {
    root: tempfile::TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        let root =
            tempfile::Builder::new().prefix(SANDBOX_PREFIX).tempdir().expect("a temporary folder");
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

    /// The folder of configurations of every run.
    pub fn config_home(&self) -> PathBuf {
        self.root().join(CONFIG_IN_SANDBOX)
    }

    /// The working directory of every run, so the default project folder.
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

    /// The state file as JSON; `None` where there is no file. Panics where it is no JSON.
    pub fn state(&self) -> Option<serde_json::Value> {
        let bytes = fs::read(self.state_file()).ok()?;
        Some(serde_json::from_slice(&bytes).expect("the state file is JSON"))
    }

    /// Writes `docglow.yml` of the project folder.
    pub fn write_config(&self, content: impl AsRef<[u8]>) {
        fs::write(self.project().join("docglow.yml"), content).expect("docglow.yml");
    }

    /// The hook without arguments, its stdin empty.
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

    /// The hook as a user whom file modes bind: `nobody`, who then owns the sandbox, where the tests run as root.
    pub fn as_nobody(&self) -> Invocation {
        let mut hook = self.hook();
        if is_root() {
            hook.program = self.copy_of_the_hook();
            give_to(NOBODY, self.root());
            hook.user = Some(NOBODY);
        }
        hook
    }

    /// The hook's executable where everybody can reach it, and a test may delete it. Another process writes it: what another test
    /// starts meanwhile would hold it open, and what is open for writing can't be run.
    pub fn copy_of_the_hook(&self) -> PathBuf {
        let copy = self.root().join("docglow-telemetry");
        assert!(Command::new("cp").args([&binary(), &copy]).status().expect("cp").success());
        copy
    }

    /// `docglow-telemetry ARGUMENT…`, for `sandbox.command(["status", "--json"])`.
    pub fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Invocation {
        self.hook().args(arguments)
    }
}

const NOBODY: u32 = 65534;
