//! What is taken for a console.

use crate::common::{Sandbox, trials};
use std::fs::File;
use std::os::windows::io::{FromRawHandle, OwnedHandle};
use std::ptr::null;
use windows_sys::Win32::Storage::FileSystem::PIPE_ACCESS_DUPLEX;
use windows_sys::Win32::System::Pipes::CreateNamedPipeW;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![nobody_is_asked_through_a_pipe_that_git_bash_calls_a_terminal]
}

/// Both ends of a pipe as Git Bash's window has them for standard streams.
fn terminal_of_git_bash() -> (OwnedHandle, OwnedHandle) {
    let name = format!(r"\\.\pipe\msys-1888ae32e00d56aa-pty{}-from-master", std::process::id());
    let wide: Vec<u16> = name.encode_utf16().chain([0]).collect();
    // SAFETY: the name ends in a zero, and a handle that is made is owned once.
    let server = unsafe {
        OwnedHandle::from_raw_handle(CreateNamedPipeW(wide.as_ptr(), PIPE_ACCESS_DUPLEX, 0, 1, 4096, 4096, 0, null()))
    };
    let client = File::options().read(true).write(true).open(name).expect("the other end");
    (server, client.into())
}

fn nobody_is_asked_through_a_pipe_that_git_bash_calls_a_terminal() {
    let sandbox = Sandbox::new();
    let (_window, terminal) = terminal_of_git_bash();
    let streams = || terminal.try_clone().expect("a further handle");
    let help = sandbox.hook().as_command().stdin(streams()).output().expect("the hook");
    assert!(String::from_utf8_lossy(&help.stdout).contains("Usage:"), "it is no terminal to std: {help:?}");
    let mut prompt = sandbox.hook().arg("prompt").as_command();
    let status = prompt.stdin(streams()).stdout(streams()).status().expect("the hook");
    assert!(status.success());
    assert_eq!(sandbox.state(), None);
}
