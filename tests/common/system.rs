//! What the tests ask of the system, in words that Linux and macOS share.

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success(), "no FIFO at {}", path.display());
}

/// A pseudo-terminal: the end to keep open, and where the other end is.
pub fn pseudo_terminal() -> (File, PathBuf) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
    fcntl_setfd(&controller, FdFlags::CLOEXEC).expect("a descriptor that no child inherits");
    grantpt(&controller).expect("the right to it");
    unlockpt(&controller).expect("its other end");
    let name = ptsname(&controller, Vec::new()).expect("its name").into_string().expect("a UTF-8 name");
    (controller.into(), name.into())
}
