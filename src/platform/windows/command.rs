//! Running a command line of somebody else's: in this process's place, or as its child, unnoticed.

use std::env::consts::EXE_SUFFIX;
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, Write};
use std::mem;
use std::os::windows::io::AsRawHandle;
use std::path::{Path, PathBuf};
use std::process::{self, Child};
use std::sync::{Arc, Mutex};

use windows_sys::Win32::System::JobObjects::{
    JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK,
};

use crate::platform::exit;
use crate::platform::printable::printable;

use super::console::Uninterrupted;
use super::error::reason;
use super::job::Job;

/// What `env` exits with where the command is not there, and where it can't be run.
const NOT_FOUND: i32 = 127;
const NOT_RUN: i32 = 126;

/// The exit status where the command's can't be had.
const UNKNOWN: i32 = 125;

/// A command line, ready to be executed.
#[derive(Clone)]
pub struct Command {
    program: OsString,
    arguments: Vec<OsString>,
    variable: Option<(String, String)>,
}

/// The file that `program` is executed from, searched for in `path`. `None` where there is none.
pub fn find(program: &OsStr, path: Option<&OsStr>) -> Option<PathBuf> {
    let mut with_suffix = program.to_owned();
    with_suffix.push(EXE_SUFFIX);
    // What has a suffix already may have another one behind it: `python3.13`.
    let has_suffix = Path::new(program).extension().is_some();
    let names = has_suffix.then_some(program).into_iter().chain([with_suffix.as_os_str()]);
    let is_path = Path::new(program).components().count() != 1;
    let folders: Vec<PathBuf> = if is_path { vec![PathBuf::new()] } else { std::env::split_paths(path?).collect() };
    let files = folders.iter().flat_map(|folder| names.clone().map(|name| folder.join(name)));
    files.into_iter().find(|file| file.is_file())
}

impl Command {
    /// The command line of these words, the first of which is the program. `None` where there is none.
    pub fn new(words: &[OsString]) -> Option<Command> {
        let (program, arguments) = words.split_first()?;
        Some(Command { program: program.clone(), arguments: arguments.to_vec(), variable: None })
    }

    /// Sets a variable in the command's environment, and nowhere else.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variable = Some((name.to_owned(), value.to_owned()));
    }

    /// Runs the command and ends as it does: on Windows, no process becomes another one.
    pub fn replace_this_process(&self) -> ! {
        match self.start(true) {
            Ok(running) => running.wait().imitate(),
            Err(_) => super::process::end(),
        }
    }

    /// Starts the command as a child. Where that can't be, says so and ends as `env` does.
    ///
    /// # Errors
    /// None.
    pub fn start(&self, _keep_stderr: bool) -> io::Result<Running> {
        // Ctrl-C is the command's affair, from now until this process ends.
        mem::forget(Uninterrupted::begin(None));
        let file = find(&self.program, std::env::var_os("PATH").as_deref());
        let file = file.map_or(self.program.clone(), OsString::from);
        match process::Command::new(file).args(&self.arguments).envs(self.variable.clone()).spawn() {
            Ok(child) => {
                // Where this process is ended from outside, so is the command. What the command starts is its own affair.
                let limits = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
                let job = Job::new(limits, 0).inspect(|job| job.take(child.as_raw_handle())).ok();
                // The job is closed with this process.
                mem::forget(job);
                Ok(Running { child: Arc::new(Mutex::new(child)) })
            }
            Err(error) => {
                let reason = reason(&error);
                let program = self.program.to_string_lossy();
                let _ = writeln!(io::stderr(), "docglow-telemetry: '{}': {reason}", printable(&program));
                exit::set_status(if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { NOT_RUN });
                super::process::end()
            }
        }
    }
}

/// Does something of ours before the command runs.
pub fn aside(work: impl FnOnce()) {
    work();
}

/// A command that runs as a child.
#[derive(Clone)]
pub struct Running {
    child: Arc<Mutex<Child>>,
}

/// How a command ended: its exit status.
#[derive(Clone, Copy)]
pub struct End(i32);

impl Running {
    /// Waits for the command's end.
    pub fn wait(&self) -> End {
        let status = self.child.lock().ok().and_then(|mut child| child.wait().ok());
        End(status.and_then(|status| status.code()).unwrap_or(UNKNOWN))
    }
}

impl End {
    /// The exit status.
    pub fn status(self) -> i32 {
        self.0
    }

    /// Ends this process in the same way.
    pub fn imitate(self) -> ! {
        exit::set_status(self.0);
        super::process::end()
    }
}
