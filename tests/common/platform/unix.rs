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

/// Whether there is `/proc`, and all else that Linux alone has.
pub const IS_LINUX: bool = cfg!(target_os = "linux");

/// What the payload calls this system.
pub const PLATFORM: &str = if IS_LINUX { "linux" } else { "darwin" };

/// The variables that name the user's home and the folder of configurations.
pub const HOME: &str = "HOME";
pub const CONFIG_HOME: &str = "XDG_CONFIG_HOME";

/// Where that folder is in a home, if the variable says nothing.
pub const CONFIG_IN_HOME: &str = if IS_LINUX { ".config" } else { "Library/Application Support" };

/// Where it is in a sandbox: macOS has it in the home, whatever the variable says.
pub const CONFIG_IN_SANDBOX: &str =
    if IS_LINUX { "config" } else { "home/Library/Application Support" };

/// The folder of a virtual environment's programs, and that of its packages, given the name of its Python.
pub const PROGRAMS: &str = "bin";
pub fn packages(python: &str) -> String {
    format!("lib/{python}/site-packages")
}

/// Restores the default action of every signal that the caller ignores, because every process of
/// the tests would ignore it, too: nohup ignores SIGHUP, a script's background job SIGINT and
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

/// How the name of every sandbox begins: people have such folders.
pub const SANDBOX_PREFIX: &str = "docglow telemetry ü-";

/// What every process needs of the environment.
pub const SYSTEM_VARIABLES: &[&str] = &[];

/// Where no file or folder can be made.
pub const NOWHERE: &str = "/dev/null/config";

/// A tool that is always there.
pub const A_TOOL: &str = "sh";

/// As many hooks as a sender's time is enough for, if all start at once: as many as may send.
pub const AT_ONCE: usize = 64;

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs the command as this user and group.
pub fn run_as(command: &mut Command, user: u32) {
    command.uid(user).gid(user);
}

/// Makes this user and group the owner of a path, and of what lies below.
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

/// Makes something at a path.
pub type Make = fn(&Path);

/// What may stand in a file's place: its name, and how it is made.
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

/// A pseudo-terminal: the end to keep open, and where the other end is.
pub fn pseudo_terminal() -> (File, PathBuf) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
    fcntl_setfd(&controller, FdFlags::CLOEXEC).expect("a descriptor that no child inherits");
    grantpt(&controller).expect("the right to it");
    unlockpt(&controller).expect("its other end");
    let name =
        ptsname(&controller, Vec::new()).expect("its name").into_string().expect("a UTF-8 name");
    (controller.into(), name.into())
}

/// The signal of this number, a real-time signal included.
#[allow(unsafe_code)]
pub fn signal(number: i32) -> Signal {
    // SAFETY: callers name no signal that a C library keeps for itself.
    unsafe { Signal::from_raw_unchecked(number) }
}
