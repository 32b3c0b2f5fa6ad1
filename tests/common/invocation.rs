//! One run of the hook: its input, and waiting for its output.

use super::platform::{kill, run_as};
use super::trials::tool_path;
use super::{Outcome, Receiver};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A run that takes longer is killed, and its test fails. It is ten times the slowest promise (3
/// s).
const RUN_LIMIT: Duration = Duration::from_secs(30);

/// A pipe accepts this many bytes before its reader reads, on every platform.
const PIPE_CAPACITY_BYTES: usize = 4096;

/// The description of one run of the hook.
#[derive(Clone)]
pub struct Invocation {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    pub environment: BTreeMap<OsString, OsString>,
    pub folder: PathBuf,
    pub stdin: Vec<u8>,
    /// Runs as this user and group.
    pub user: Option<u32>,
}

impl Invocation {
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().into());
        self
    }

    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().into()));
        self
    }

    /// The same call, run by a tool that takes a command line after these arguments.
    pub fn under(
        mut self,
        tool: &str,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Self {
        let path = tool_path(tool).unwrap_or_else(|| panic!("{tool} is on PATH"));
        let inner = std::mem::replace(&mut self.program, path);
        let rest = std::mem::take(&mut self.arguments);
        self.args(arguments).arg(inner).args(rest)
    }

    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.insert(name.as_ref().into(), value.as_ref().into());
        self
    }

    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.environment.remove(name.as_ref());
        self
    }

    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Turns telemetry on, by the environment.
    pub fn on(self) -> Self {
        self.env("DOCGLOW_TELEMETRY", "1")
    }

    /// Sends to this receiver. It does not turn telemetry on.
    pub fn to(self, receiver: &Receiver) -> Self {
        self.env("DOCGLOW_TELEMETRY_ENDPOINT", receiver.url())
    }

    /// Prints the debug line on stderr, so the event is sent before the hook returns.
    pub fn debug(self) -> Self {
        self.env("DOCGLOW_TELEMETRY_DEBUG", "1")
    }

    /// The command for a run that needs other streams, or another process around it. Nothing is
    /// piped, and the caller writes stdin.
    pub fn as_command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().envs(&self.environment).current_dir(&self.folder);
        if let Some(user) = self.user {
            run_as(&mut command, user);
        }
        command
    }

    /// Writes and closes stdin, and waits for the end of stdout and stderr and for the exit.
    pub fn run(&self) -> Outcome {
        self.run_within(RUN_LIMIT)
    }

    /// The same for a program that is not the hook and may take longer, such as docglow itself.
    pub fn run_within(&self, limit: Duration) -> Outcome {
        let mut command = self.as_command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let start = Instant::now();
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        let pid = child.id();
        let (done, finished) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let watchdog = scope.spawn(move || {
                let overdue = finished.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout);
                if overdue {
                    kill(pid);
                }
                overdue
            });
            let (output, stdin_error) = feed_and_wait(&mut child, &self.stdin);
            let status = child.wait().expect("the exit status");
            let wall = start.elapsed();
            drop(done);
            assert!(!watchdog.join().expect("the watchdog"), "it was killed after {limit:?}");
            let (stdout, stderr) = output;
            Outcome { status, stdout, stderr, wall, stdin_error }
        })
    }
}

type Output = (Vec<u8>, Vec<u8>);

fn feed_and_wait(child: &mut Child, bytes: &[u8]) -> (Output, Option<io::Error>) {
    let stdin = child.stdin.take().expect("a piped stdin");
    let mut stdout = child.stdout.take().expect("a piped stdout");
    let mut stderr = child.stderr.take().expect("a piped stderr");
    let feed = move || {
        let mut stdin = stdin; // closed at the end of this closure
        stdin.write_all(bytes).err()
    };
    thread::scope(|scope| {
        let (fed, feeder) = if bytes.len() <= PIPE_CAPACITY_BYTES {
            (feed(), None)
        } else {
            (None, Some(scope.spawn(feed)))
        };
        let errors = scope.spawn(move || read_all(&mut stderr));
        let output = (read_all(&mut stdout), errors.join().expect("stderr's reader"));
        let fed = feeder.map_or(fed, |feeder| feeder.join().expect("stdin's writer"));
        (output, fed)
    })
}

fn read_all(pipe: &mut impl io::Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).expect("the end of a pipe");
    bytes
}
