//! A server under test. It runs in its own process group, which is killed when it is dropped.

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Ten times the longest start that was seen.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Opens a file to which the messages of each start are appended.
pub fn messages(file: &Path) -> File {
    File::options().create(true).append(true).open(file).expect("a file for messages")
}

pub struct Service {
    command: Box<dyn Fn() -> Command + Send>,
    is_ready: Box<dyn Fn() -> bool + Send>,
    child: Option<Child>,
}

impl Service {
    /// Starts the server, and waits until it is ready.
    pub fn start(
        command: impl Fn() -> Command + Send + 'static,
        is_ready: impl Fn() -> bool + Send + 'static,
    ) -> Service {
        let mut service =
            Service { command: Box::new(command), is_ready: Box::new(is_ready), child: None };
        service.start_again();
        service
    }

    pub fn start_again(&mut self) {
        assert!(self.child.is_none(), "it is running");
        let mut command = (self.command)();
        command.stdin(Stdio::null()).process_group(0);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let start = Instant::now();
        while !(self.is_ready)() {
            let exit = child.try_wait().expect("the state of a child");
            assert!(
                exit.is_none() && start.elapsed() < START_LIMIT,
                "{command:?} did not start: {exit:?}"
            );
            thread::sleep(Duration::from_millis(10));
        }
        self.child = Some(child);
    }

    /// Sends `signal` to all processes of the server, and waits for the end of the main process.
    pub fn stop(&mut self, signal: Signal) {
        if let Some(mut child) = self.child.take() {
            kill_process_group(Pid::from_child(&child), signal).ok();
            child.wait().ok();
        }
    }

    /// Sends `signal` to the main process.
    pub fn signal(&self, signal: Signal) {
        let process = Pid::from_child(self.child.as_ref().expect("it is running"));
        kill_process(process, signal).expect("a signal");
    }

    pub fn id(&self) -> u32 {
        self.child.as_ref().expect("it is running").id()
    }

    /// Stops the server with `signal`, and starts it again.
    pub fn restart(&mut self, signal: Signal) {
        self.stop(signal);
        self.start_again();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop(Signal::KILL);
    }
}

/// A temporary folder whose path needs no quotes in a server's configuration. It is below `/tmp` if
/// the usual folder's name would need quotes.
pub fn plain_folder() -> TempDir {
    let usual = std::env::temp_dir();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    let is_plain = usual.as_os_str().as_encoded_bytes().iter().all(is_plain);
    let parent = if is_plain { usual } else { "/tmp".into() };
    tempfile::Builder::new()
        .prefix("docglow-receiver-")
        .tempdir_in(parent)
        .expect("a temporary folder")
}

/// The ids of a user and of the user's group.
pub fn account(name: &str) -> (u32, u32) {
    let passwd = fs::read_to_string("/etc/passwd").expect("the machine's users");
    let entries = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let entry = entries
        .into_iter()
        .find(|entry| entry[0] == name)
        .unwrap_or_else(|| panic!("no user {name}"));
    (entry[2].parse().expect("a user"), entry[3].parse().expect("a group"))
}

/// Runs the command as this user of the machine.
pub fn as_user<'a>(command: &'a mut Command, name: &str) -> &'a mut Command {
    let (user, group) = account(name);
    command.uid(user).gid(group)
}

/// A free port of 127.0.0.1, below those that the kernel gives to connections. Otherwise another
/// process's connection may take the port before the server listens.
pub fn free_port() -> u16 {
    loop {
        let port = 10_000 + (RandomState::new().hash_one(()) % 22_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

pub fn is_open(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}
