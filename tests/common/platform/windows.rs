//! Windows.

use std::ffi::OsString;
use std::fs;
use std::os::windows::ffi::OsStringExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Windows has no signal dispositions.
pub fn restore_default_signals() {}

/// Whether there is `/proc`, and all else that Linux alone has.
pub const IS_LINUX: bool = false;

/// What the payload calls this system.
pub const PLATFORM: &str = "windows";

/// The variables that name the user's home and the folder of configurations.
pub const HOME: &str = "USERPROFILE";
pub const CONFIG_HOME: &str = "APPDATA";

/// Where that folder is in a home, if the variable says nothing.
pub const CONFIG_IN_HOME: &str = "";

/// Where it is in a sandbox.
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

/// How the name of every sandbox begins. Under wine, a name that is not ASCII needs a locale.
pub const SANDBOX_PREFIX: &str = "docglow telemetry-";

/// What every process needs of the environment.
pub const SYSTEM_VARIABLES: &[&str] = &["SystemRoot", "SystemDrive"];

/// Where no file or folder can be made.
pub const NOWHERE: &str = r"C:\windows\win.ini\config";

/// A tool that is always there.
pub const A_TOOL: &str = "cmd.exe";

/// As many hooks as a sender's time is enough for, if all start at once. Under wine a process takes a fifth of a second to
/// start, and a write tens of milliseconds.
pub const AT_ONCE: usize = 8;

/// Nobody whom file modes would not bind.
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

/// A value that is not text.
pub fn not_utf_8() -> OsString {
    OsString::from_wide(&[0xd800, u16::from(b'1')])
}

/// Makes something at a path.
pub type Make = fn(&Path);

/// What may stand in a file's place: its name, and how it is made.
pub const NO_REGULAR_FILES: &[(&str, Make)] = &[("a folder", |file| fs::create_dir(file).unwrap())];
