//! Windows.

use std::ffi::OsString;
use std::fs;
use std::os::windows::ffi::OsStringExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Does nothing, because Windows has no signal dispositions.
pub fn restore_default_signals() {}

/// Whether the system has `/proc` and other features of Linux only.
pub const IS_LINUX: bool = false;

/// The name of this system in the payload.
pub const PLATFORM: &str = "windows";

/// The variables with the paths of the user's home and of the configuration folder.
pub const HOME: &str = "USERPROFILE";
pub const CONFIG_HOME: &str = "APPDATA";

/// The path of the configuration folder in a home if the variable is not set.
pub const CONFIG_IN_HOME: &str = "";

/// Its path in a sandbox.
pub const CONFIG_IN_SANDBOX: &str = "config";

/// The folder of a virtual environment's programs, and that of its packages.
pub const PROGRAMS: &str = "Scripts";
pub fn packages(_python: &str) -> String {
    r"Lib\site-packages".to_owned()
}

/// The first line of a script for this Python.
pub fn first_lines(python: &Path, arguments: &str) -> String {
    format!("#!{}{arguments}\n", python.display())
}

/// The beginning of each sandbox's name.
pub const SANDBOX_PREFIX: &str = "docglow-telemetry-";

/// The variables that every process needs.
pub const SYSTEM_VARIABLES: &[&str] = &["SystemRoot", "SystemDrive"];

/// A path at which no file or folder can be created.
pub const NOWHERE: &str = r"C:\windows\win.ini\config";

/// A tool that exists on every system.
pub const A_TOOL: &str = "cmd.exe";

/// How many hooks can start at once so that their senders all finish in time. Under wine, starting
/// a process takes a fifth of a second, and a write tens of milliseconds.
pub const AT_ONCE: usize = 8;

/// File modes apply to every user.
pub fn is_root() -> bool {
    false
}

pub fn run_as(_command: &mut Command, _user: u32) {
    unreachable!("no trial for Windows runs as somebody else");
}

pub fn give_to(_user: u32, _path: &Path) {
    unreachable!("no trial for Windows gives files away");
}

pub fn owner_of(_path: &Path) -> u32 {
    unreachable!("no trial for Windows asks who owns a file");
}

pub fn kill(process: u32) {
    let mut taskkill = Command::new("taskkill");
    taskkill
        .args(["/F", "/PID", &process.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok();
}

/// A value that is not UTF-8.
pub fn not_utf_8() -> OsString {
    OsString::from_wide(&[0xd800, u16::from(b'1')])
}

/// Creates something at a path.
pub type Make = fn(&Path);

/// Things that can be in the place of a file: a name, and a function that creates it.
pub const NO_REGULAR_FILES: &[(&str, Make)] = &[("a folder", |file| fs::create_dir(file).unwrap())];
