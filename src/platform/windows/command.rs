//! Running a command line of somebody else's: in this process's place, or as its child, unnoticed.

#![allow(unsafe_code)]

use std::env::consts::EXE_SUFFIX;
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Child};
use std::sync::{Arc, Mutex};

use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;

use crate::platform::exit;

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
    let mut name = program.to_owned();
    if Path::new(program).extension().is_none() {
        name.push(EXE_SUFFIX);
    }
    if Path::new(program).components().count() != 1 {
        return Some(PathBuf::from(name)).filter(|file| file.is_file());
    }
    std::env::split_paths(path?).map(|folder| folder.join(&name)).find(|file| file.is_file())
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
        let mut command = process::Command::new(&self.program);
        command.args(&self.arguments).envs(self.variable.clone());
        match command.spawn() {
            Ok(child) => {
                // Ctrl-C is the command's affair.
                // SAFETY: no handler is installed; the command was started before and takes no notice.
                unsafe { SetConsoleCtrlHandler(None, 1) };
                Ok(Running { child: Arc::new(Mutex::new(child)) })
            }
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.split(" (os error").next().unwrap_or_default();
                let program = self.program.to_string_lossy();
                let _ = writeln!(io::stderr(), "docglow-telemetry: '{}': {reason}", program.escape_debug());
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
