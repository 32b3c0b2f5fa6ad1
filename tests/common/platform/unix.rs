//! Linux and macOS.

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{MetadataExt, lchown, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether the system has `/proc` and other features of Linux only.
pub const IS_LINUX: bool = cfg!(target_os = "linux");

/// The name of this system in the payload.
pub const PLATFORM: &str = if IS_LINUX { "linux" } else { "darwin" };

/// The variables with the paths of the user's home and of the configuration folder.
pub const HOME: &str = "HOME";
pub const CONFIG_HOME: &str = "XDG_CONFIG_HOME";

/// The path of the configuration folder in a home if the variable is not set.
pub const CONFIG_IN_HOME: &str = if IS_LINUX { ".config" } else { "Library/Application Support" };

/// Its path in a sandbox. On macOS it is in the home, even if the variable is set.
pub const CONFIG_IN_SANDBOX: &str =
    if IS_LINUX { "config" } else { "home/Library/Application Support" };

/// The folder of a virtual environment's programs, and that of its packages for a Python of this
/// name.
pub const PROGRAMS: &str = "bin";
pub fn packages(python: &str) -> String {
    format!("lib/{python}/site-packages")
}

/// Restores the default action of every signal that the caller ignores. Otherwise, all processes of
/// the tests would ignore it, too: nohup ignores SIGHUP, a background job of a script SIGINT and
/// SIGQUIT, and Python SIGXFSZ. SIGPIPE is left to Rust, which restores it for other programs.
pub fn restore_default_signals() {
    const LAST_STANDARD_SIGNAL: i32 = 31;
    for signal in (1..=LAST_STANDARD_SIGNAL).filter(|signal| *signal != libc::SIGPIPE) {
        // SAFETY: installs no handler, and no other thread exists yet. It fails for SIGKILL and
        // SIGSTOP.
        unsafe {
            let before = libc::signal(signal, libc::SIG_DFL);
            if before != libc::SIG_IGN && before != libc::SIG_ERR {
                libc::signal(signal, before);
            }
        }
    }
}

/// The first lines of a script for this Python, as pip writes them. The kernel splits a first line
/// at blanks, and cuts a long one.
pub fn first_lines(python: &Path, arguments: &str) -> String {
    const LONGEST_FIRST_LINE: usize = 127;
    let python = python.to_str().expect("a UTF-8 path");
    let line = format!("#!{python}{arguments}\n");
    if !python.contains(' ') && line.len() <= LONGEST_FIRST_LINE {
        return line;
    }
    format!("#!/bin/sh\n'''exec' \"{python}\"{arguments} \"$0\" \"$@\"\n' '''\n")
}

/// The beginning of each sandbox's name. It has a blank and an umlaut, because users have such
/// folders.
pub const SANDBOX_PREFIX: &str = "docglow telemetry ü-";

/// The variables that every process needs.
pub const SYSTEM_VARIABLES: &[&str] = &[];

/// A path at which no file or folder can be created.
pub const NOWHERE: &str = "/dev/null/config";

/// A tool that exists on every system.
pub const A_TOOL: &str = "sh";

/// How many hooks can start at once so that their senders all finish in time: as many as may send
/// at once.
pub const AT_ONCE: usize = 64;

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs the command as this user and group.
pub fn run_as(command: &mut Command, user: u32) {
    command.uid(user).gid(user);
}

/// Makes this user and group the owner of a path and of everything below it.
pub fn give_to(user: u32, path: &Path) {
    lchown(path, Some(user), Some(user)).expect("a new owner");
    if path.is_dir() && !path.is_symlink() {
        let entries = fs::read_dir(path).expect("a folder of the sandbox");
        entries.for_each(|entry| give_to(user, &entry.expect("an entry").path()));
    }
}

pub fn owner_of(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").uid()
}

pub fn kill(process: u32) {
    let pid = Pid::from_raw(process.cast_signed()).expect("a process");
    kill_process(pid, Signal::KILL).ok();
}

/// A value that is not UTF-8.
pub fn not_utf_8() -> OsString {
    OsString::from_vec(b"\xff\xfe1".to_vec())
}

/// Creates something at a path.
pub type Make = fn(&Path);

/// Things that can be in the place of a file: a name, and a function that creates it.
pub const NO_REGULAR_FILES: &[(&str, Make)] = &[
    ("a FIFO", make_fifo),
    ("a folder", |file| fs::create_dir(file).unwrap()),
    ("a dangling link", |file| symlink("nowhere", file).unwrap()),
    ("a link to itself", |file| symlink(file.file_name().unwrap(), file).unwrap()),
    ("/dev/zero", |file| symlink("/dev/zero", file).unwrap()),
    ("a socket", |file| drop(UnixListener::bind(file).unwrap())),
];

pub fn make_fifo(path: &Path) {
    assert!(
        Command::new("mkfifo").arg(path).status().expect("mkfifo").success(),
        "no FIFO at {}",
        path.display()
    );
}

/// A pseudo-terminal: the end to keep open, and the path of the other end.
pub fn pseudo_terminal() -> (File, PathBuf) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
    fcntl_setfd(&controller, FdFlags::CLOEXEC).expect("a descriptor that no child inherits");
    grantpt(&controller).expect("the right to it");
    unlockpt(&controller).expect("its other end");
    let name =
        ptsname(&controller, Vec::new()).expect("its name").into_string().expect("a UTF-8 name");
    (controller.into(), name.into())
}

/// The signal of this number. It may be a real-time signal.
#[allow(unsafe_code)]
pub fn signal(number: i32) -> Signal {
    // SAFETY: callers pass no signal that a C library reserves.
    unsafe { Signal::from_raw_unchecked(number) }
}
