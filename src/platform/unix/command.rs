//! Runs a command line of the user's, in place of this process or as its child. The command must
//! not notice any difference.

#![allow(unsafe_code)]

use std::ffi::{CStr, CString, OsStr, OsString, c_char};
use std::io::{self, Error, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::id as process_id;
use std::ptr;

use rustix::fs::{Access, access};

use crate::platform::exit;

use super::group_probe::GroupProbe;
use super::running::Running;
use super::signals::Blocked;
use super::{inherited, process};

/// The C library's search path if PATH is not set.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// The interpreter of a script without a `#!` line, as in a shell and `execvp(3)`.
const SHELL: &CStr = c"/bin/sh";

unsafe extern "C" {
    static environ: *const *const c_char;
}

/// A command line, ready to be executed.
#[derive(Clone)]
pub struct Command {
    program: OsString,
    /// The files to try, in this order.
    files: Vec<CString>,
    arguments: Vec<CString>,
    /// `NAME=VALUE`, to be added to its environment.
    variable: Option<CString>,
}

/// The file that is executed for `program`. It is looked up in `path`, as in `execvp(3)`.
pub fn find(program: &OsStr, path: Option<&OsStr>) -> Option<PathBuf> {
    let is_executable = |file: &PathBuf| file.is_file() && access(file, Access::EXEC_OK).is_ok();
    files(program, path).into_iter().find(is_executable)
}

/// Whether `path` is that of a program called `name`.
pub fn is_named(path: &Path, name: &str) -> bool {
    path.file_name() == Some(OsStr::new(name))
}

fn files(program: &OsStr, path: Option<&OsStr>) -> Vec<PathBuf> {
    if program.is_empty() {
        return Vec::new();
    }
    if program.as_bytes().contains(&b'/') {
        return vec![PathBuf::from(program)];
    }
    // An empty entry in PATH means the working folder. Joining a name to an empty path has the same
    // effect.
    let path = path.unwrap_or(OsStr::new(DEFAULT_PATH));
    std::env::split_paths(path).map(|folder| folder.join(program)).collect()
}

impl Command {
    /// The command line of these words, the first of which is the program. `None` if there is no
    /// word.
    pub fn new(words: &[OsString]) -> Option<Command> {
        let program = words.first()?.clone();
        let text = |text: &OsStr| CString::new(text.as_bytes()).ok();
        let files = files(&program, std::env::var_os("PATH").as_deref());
        Some(Command {
            files: files.iter().filter_map(|file| text(file.as_os_str())).collect(),
            arguments: words.iter().filter_map(|word| text(word)).collect(),
            variable: None,
            program,
        })
    }

    /// Sets a variable in the command's environment only.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variable = CString::new(format!("{name}={value}")).ok();
    }

    /// Becomes the command. If that fails, prints the reason and exits as `env` does.
    pub fn replace_this_process(&self) -> ! {
        inherited::restore_signals();
        exit::end_without(&self.program, &self.execute())
    }

    /// Tries to execute each file. If all fail, returns the error of one that exists, otherwise the
    /// last error.
    fn execute(&self) -> Error {
        let environment = self.environment();
        let mut found = None;
        let mut last = Error::from_raw_os_error(libc::ENOENT);
        for file in &self.files {
            let arguments = self.arguments.iter().map(CString::as_c_str);
            last = execute(file, arguments.clone(), &environment);
            match last.raw_os_error() {
                Some(libc::ENOEXEC) => {
                    let script = [SHELL, file].into_iter().chain(arguments.skip(1));
                    return execute(SHELL, script, &environment);
                }
                Some(libc::EACCES) => found = Some(Error::from_raw_os_error(libc::EACCES)),
                // The entry of PATH is missing, is on a server that does not respond, or is too
                // long.
                Some(
                    libc::ENOENT
                    | libc::ENOTDIR
                    | libc::ESTALE
                    | libc::ENODEV
                    | libc::ETIMEDOUT
                    | libc::ENAMETOOLONG,
                ) => {}
                _ => return last,
            }
        }
        found.unwrap_or(last)
    }

    /// This process's environment, unchanged except for the variable that is set.
    fn environment(&self) -> Vec<*const c_char> {
        let name = self
            .variable
            .as_ref()
            .and_then(|variable| variable.to_bytes().split_inclusive(|b| *b == b'=').next());
        let mut environment = Vec::new();
        // SAFETY: `environ` is a list of C strings that ends with a null pointer. It is never
        // changed.
        unsafe {
            let mut entry = environ;
            while !entry.is_null() && !(*entry).is_null() {
                if !name.is_some_and(|name| CStr::from_ptr(*entry).to_bytes().starts_with(name)) {
                    environment.push(*entry);
                }
                entry = entry.add(1);
            }
        }
        environment.extend(self.variable.as_ref().map(|variable| variable.as_ptr()));
        environment.push(ptr::null());
        environment
    }

    /// Starts the command as a child.
    ///
    /// This process then closes the descriptors that it inherited. Otherwise, a reader that waits
    /// for the end of a pipe would wait for this process, too. Standard error stays open if
    /// `keep_stderr` is set.
    ///
    /// # Errors
    /// Those of `socketpair(2)` and `fork(2)`. The command is then not started.
    pub fn start(&self, keep_stderr: bool) -> io::Result<Running> {
        let blocked = Blocked::new();
        let started = GroupProbe::start().and_then(|(probe, stream)| {
            let own = process_id();
            // A signal that was sent to the group before the command is there ends this process. If
            // it were still blocked, the command would never receive it.
            blocked.unblock();
            // SAFETY: this process has a single thread, so the child may call any function.
            match unsafe { libc::fork() } {
                -1 => {
                    let error = Error::last_os_error();
                    probe.end();
                    Err(error)
                }
                0 => {
                    blocked.restore();
                    process::end_with_parent(own);
                    self.replace_this_process()
                }
                child => {
                    blocked.block();
                    inherited::close_descriptors(stream, keep_stderr);
                    Ok(Running::new(child, probe))
                }
            }
        });
        started.inspect_err(|_| blocked.restore())
    }
}

fn execute<'a>(
    file: &CStr,
    arguments: impl Iterator<Item = &'a CStr>,
    environment: &[*const c_char],
) -> Error {
    let arguments: Vec<_> = arguments.map(CStr::as_ptr).chain([ptr::null()]).collect();
    // SAFETY: it gets a C string, and two lists of C strings that end with a null pointer. They
    // live until the call returns, which it does only on failure.
    unsafe { libc::execve(file.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    Error::last_os_error()
}

/// Runs `work` in a forked process and waits for it. So the command that later replaces this
/// process has no unknown child, and its open files are unchanged. If the system refuses to fork,
/// `work` does not run.
pub fn run_in_fork(work: impl FnOnce()) {
    // SAFETY: this process has a single thread, so the child may call any function. It does not
    // return.
    match unsafe { libc::fork() } {
        -1 => {}
        0 => {
            work();
            process::end()
        }
        child => {
            let interrupted = || Error::last_os_error().kind() == ErrorKind::Interrupted;
            // SAFETY: a null pointer means that the status is not requested.
            while unsafe { libc::waitpid(child, ptr::null_mut(), 0) } == -1 && interrupted() {}
        }
    }
}
