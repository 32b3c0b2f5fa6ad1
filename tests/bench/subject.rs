//! The programs that are measured, each with its arguments, environment and standard input.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The size of the event in bytes, which is typical of docglow's own.
const EVENT_BYTES: usize = 500;

/// The event before it is padded with an unknown key, which the hook drops.
const EVENT: &str = r#"{"command":"generate","result":"success","duration_ms":1446,"docglow_version":"0.9.2","python_version":"3.11.7","adapter_type":"duckdb","project_shape":{"models":13,"sources":6,"seeds":0,"tests":27,"macros":786},"features_used":["column_lineage","static"],"padding":""}"#;

/// An event of this many bytes, or the shortest one.
pub fn event(bytes: usize) -> String {
    let padding = "x".repeat(bytes.saturating_sub(EVENT.len()));
    EVENT.replace(r#""padding":"""#, &format!(r#""padding":"{padding}""#))
}

/// A program that is measured, and its C library.
pub struct Program {
    pub libc: &'static str,
    pub path: PathBuf,
    source: PathBuf,
}

impl Program {
    /// The program at `source`, to be installed at `path`.
    pub fn new(source: PathBuf, path: PathBuf) -> Self {
        let bytes = fs::read(&source).expect("the program");
        let is_glibc =
            [&b"glibc.malloc"[..], b"libc.so.6"].iter().any(|name| contains(&bytes, name));
        let program = Self { libc: if is_glibc { "glibc" } else { "musl" }, path, source };
        program.install();
        program
    }

    /// Copies it again. The position of its pages in memory changes the result by a tenth or more.
    pub fn install(&self) {
        fs::create_dir_all(self.path.parent().expect("the root at least")).expect("a folder");
        // Processes that still run the old copy keep it.
        let _ = fs::remove_file(&self.path);
        fs::copy(&self.source, &self.path).expect("a copy of the program");
        read_from_disk(&self.path);
        // After this run, the program is in the processor's caches.
        let _ = Command::new(&self.path).arg("--version").stdout(Stdio::null()).status();
    }
}

fn contains(bytes: &[u8], name: &[u8]) -> bool {
    bytes.windows(name.len()).any(|piece| piece == name)
}

/// The folders and files of the measured programs. They are deleted at the end.
pub struct Workshop {
    root: tempfile::TempDir,
    /// The hook: first the product, then a build with another C library.
    pub hooks: Vec<Program>,
}

impl Workshop {
    pub fn new() -> Self {
        let root = tempfile::Builder::new()
            .prefix("docglow-telemetry-bench-")
            .tempdir()
            .expect("a temporary folder");
        let product = std::env::var_os("DOCGLOW_TELEMETRY_BIN")
            .unwrap_or(env!("CARGO_BIN_EXE_docglow-telemetry").into());
        let other =
            std::env::var_os("DOCGLOW_TELEMETRY_OTHER_BIN").filter(|other| !other.is_empty());
        let hooks = [Some(product), other].into_iter().flatten().enumerate();
        let install = |(i, source): (usize, OsString)| {
            Program::new(source.into(), root.path().join(format!("hook-{i}/docglow-telemetry")))
        };
        let hooks = hooks.map(install).collect();
        fs::write(root.path().join("event.json"), event(EVENT_BYTES)).expect("the event");
        Self { root, hooks }
    }

    /// The product.
    pub fn hook(&self) -> &Path {
        &self.hooks[0].path
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("the root at least")).expect("a folder");
        fs::write(&path, content).expect("a file");
        path
    }

    /// A program without arguments and with an empty environment. It has its own home and project
    /// folder, and the event on its standard input.
    pub fn subject(&self, name: &str, program: impl Into<PathBuf>) -> Subject {
        let folder =
            self.path(&format!("work/{}", name.replace(|c: char| !c.is_alphanumeric(), "-")));
        fs::create_dir_all(folder.join("project")).expect("a project folder");
        let subject = Subject {
            name: name.to_owned(),
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            stdin: self.path("event.json"),
            folder,
        };
        let home = subject.folder.clone();
        subject.env("HOME", home)
    }

    /// The product with telemetry on, sending to this URL.
    pub fn hook_on(&self, name: &str, url: &str) -> Subject {
        self.on(name, self.hook(), url)
    }

    /// A hook with telemetry on, sending to this URL.
    pub fn on(&self, name: &str, hook: &Path, url: &str) -> Subject {
        self.subject(name, hook)
            .env("DOCGLOW_TELEMETRY", "1")
            .env("DOCGLOW_TELEMETRY_ENDPOINT", url)
    }

    /// curl with the same request as the hook.
    pub fn curl(&self, name: &str, url: &str) -> Option<Subject> {
        let curl = which("curl")?;
        let body = self.path("event.json");
        let arguments = [
            "-m",
            "2",
            "-s",
            "-o",
            "/dev/null",
            "-H",
            "Content-Type: application/json",
            "--data-binary",
            "@-",
        ];
        let subject = Subject { stdin: body, ..self.subject(name, curl) };
        Some(subject.args(arguments).args([url]))
    }
}

/// Makes a program look like one that was installed long ago: read from disk and cached. A file
/// that was just written is in larger blocks of the cache, and starts up to a fifth faster.
pub fn read_from_disk(program: &Path) {
    let file = File::open(program).expect("the program");
    file.sync_all().expect("the program on disk");
    let uncached =
        Command::new("dd").args(["iflag=nocache", "count=0", "status=none"]).stdin(file).status();
    assert!(uncached.expect("dd").success(), "the cache is not empty");
    fs::read(program).expect("the program, from disk");
}

pub fn which(tool: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(tool))
        .find(|path| path.is_file())
}

#[derive(Clone)]
pub struct Subject {
    pub name: String,
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    stdin: PathBuf,
    folder: PathBuf,
}

impl Subject {
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.into(), value.as_ref().to_owned()));
        self
    }

    pub fn stdin(mut self, path: PathBuf) -> Self {
        self.stdin = path;
        self
    }

    /// Writes this docglow.yml to its project folder.
    pub fn docglow_yml(self, content: &str) -> Self {
        fs::write(self.folder.join("project/docglow.yml"), content).expect("docglow.yml");
        self
    }

    /// Writes this state file.
    pub fn state(self, content: &str) -> Self {
        let folder = self.folder.join(".config/docglow");
        fs::create_dir_all(&folder).expect("the configuration folder");
        fs::write(folder.join("telemetry.json"), content).expect("the state file");
        self
    }

    /// The same, started by another program that takes it as its arguments.
    pub fn under(&self, program: &Path, arguments: &[&str]) -> Self {
        let mut under = self.clone();
        under.program = program.to_path_buf();
        under.arguments = arguments.iter().map(OsString::from).collect();
        under.arguments.push(self.program.clone().into());
        under.arguments.extend(self.arguments.iter().cloned());
        under
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.folder.join("project"));
        command
            .stdin(File::open(&self.stdin).expect("standard input"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// The time from the start of the program until its caller sees the end.
    pub fn time(&self) -> Duration {
        let mut command = self.command();
        let start = Instant::now();
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        child.wait().expect("the program's end");
        start.elapsed()
    }
}
