//! Runs a command line of the user's, in place of this process or as its child. The command must
//! not notice any difference.

use std::ffi::{OsStr, OsString};
use std::io;
use std::mem;
use std::os::windows::io::AsRawHandle;
use std::path::{Path, PathBuf};
use std::process::{self, Child};
use std::sync::{Arc, Mutex};

use windows_sys::Win32::System::JobObjects::{
    JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK,
};

use crate::platform::exit;

use super::console::ignore_interrupts;
use super::job::Job;

/// The suffixes of a program, in the order of `cmd`. For a batch file, std quotes the arguments, or
/// refuses to run it.
const SUFFIXES: [&str; 3] = [".exe", ".bat", ".cmd"];

/// A command line, ready to be executed.
#[derive(Clone)]
pub struct Command {
    program: OsString,
    arguments: Vec<OsString>,
    variable: Option<(String, String)>,
}

/// The file that is executed for `program`. It is looked up in `path`.
pub fn find(program: &OsStr, path: Option<&OsStr>) -> Option<PathBuf> {
    if program.is_empty() {
        return None;
    }
    let with_suffix = |suffix| {
        let mut name = program.to_owned();
        name.push(suffix);
        name
    };
    // A name with a dot may still need a suffix: `python3.13`.
    let has_suffix = Path::new(program).extension().is_some();
    let names: Vec<_> = has_suffix
        .then(|| program.to_owned())
        .into_iter()
        .chain(SUFFIXES.map(with_suffix))
        .collect();
    let is_path = Path::new(program).components().count() != 1;
    let folders: Vec<PathBuf> = if is_path {
        vec![PathBuf::new()]
    } else {
        // Unlike on Unix, an empty entry does not mean the working folder.
        std::env::split_paths(path?).filter(|folder| !folder.as_os_str().is_empty()).collect()
    };
    folders
        .iter()
        .flat_map(|folder| names.iter().map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

/// Whether `path` is that of a program called `name`. Case and suffix are ignored.
pub fn is_named(path: &Path, name: &str) -> bool {
    let Some(file_name) = path.file_name().and_then(OsStr::to_str) else { return false };
    let file_name = file_name.to_ascii_lowercase();
    SUFFIXES.iter().find_map(|suffix| file_name.strip_suffix(suffix)).unwrap_or(&file_name) == name
}

impl Command {
    /// The command line of these words, the first of which is the program. `None` if there is no
    /// word.
    pub fn new(words: &[OsString]) -> Option<Command> {
        let (program, arguments) = words.split_first()?;
        Some(Command { program: program.clone(), arguments: arguments.to_vec(), variable: None })
    }

    /// Sets a variable in the command's environment only.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variable = Some((name.to_owned(), value.to_owned()));
    }

    /// Runs the command and ends as it does. On Windows, a process cannot become another program.
    pub fn replace_this_process(&self) -> ! {
        match self.start(true) {
            Ok(running) => running.wait().exit_the_same_way(),
            Err(_) => super::process::end(),
        }
    }

    /// Starts the command as a child. If that fails, prints the reason and exits as `env` does.
    ///
    /// # Errors
    /// Never; the result has the same type as on Unix.
    pub fn start(&self, _keep_stderr: bool) -> io::Result<Running> {
        ignore_interrupts();
        let file = find(&self.program, std::env::var_os("PATH").as_deref());
        let file = file.map_or(self.program.clone(), OsString::from);
        match process::Command::new(file).args(&self.arguments).envs(self.variable.clone()).spawn()
        {
            Ok(child) => {
                // If this process is killed, the command ends, too, but not the processes that it
                // has started.
                let limits =
                    JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
                let job = Job::new(limits, 0).inspect(|job| job.take(child.as_raw_handle())).ok();
                // The job must stay open until this process ends.
                mem::forget(job);
                Ok(Running { child: Arc::new(Mutex::new(child)) })
            }
            Err(error) => exit::end_without(&self.program, &error),
        }
    }
}

/// Runs `work` before the command.
pub fn run_in_fork(work: impl FnOnce()) {
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
        End(status.and_then(|status| status.code()).unwrap_or(exit::FAILED))
    }
}

impl End {
    /// The exit status.
    pub fn status(self) -> i32 {
        self.0
    }

    /// Ends this process in the same way.
    pub fn exit_the_same_way(self) -> ! {
        exit::end_with(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_program_is_found_folder_by_folder_and_an_empty_entry_of_path_is_none() {
        let root = tempfile::tempdir().unwrap();
        let files =
            ["a\\x.cmd", "a\\x.bat", "b\\x.cmd", "b\\x.exe", "b\\y.cmd", "b\\3.13.exe", "b\\z"];
        for file in files.map(|file| root.path().join(file)) {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let folder = |name: &str| root.path().join(name);
        let path = std::env::join_paths([PathBuf::new(), folder("a"), folder("b"), PathBuf::new()])
            .unwrap();
        for (program, file) in [
            ("x", Some("a\\x.bat")),
            ("x.exe", Some("b\\x.exe")),
            ("x.cmd", Some("a\\x.cmd")),
            ("y", Some("b\\y.cmd")),
            ("3.13", Some("b\\3.13.exe")),
            ("z", None),
            ("", None),
            // In the working folder of these tests.
            ("Cargo.toml", None),
        ] {
            assert_eq!(find(OsStr::new(program), Some(&path)), file.map(folder), "{program}");
        }
        assert_eq!(find(folder("b\\x").as_os_str(), None), Some(folder("b\\x.exe")));
        assert!(
            Path::new("Cargo.toml").is_file() && find(OsStr::new(".\\Cargo.toml"), None).is_some()
        );
    }

    #[test]
    fn a_name_is_known_in_any_case_and_with_the_suffix_of_a_program() {
        for (path, is_docglow) in [
            ("docglow", true),
            ("DocGlow.EXE", true),
            (r"C:\shims\docglow.bat", true),
            ("./DOCGLOW.Cmd", true),
            ("docglow.ps1", false),
            ("docglow.exe.exe", false),
            ("docglow-telemetry.exe", false),
            ("", false),
        ] {
            assert_eq!(is_named(Path::new(path), "docglow"), is_docglow, "{path}");
        }
    }
}
