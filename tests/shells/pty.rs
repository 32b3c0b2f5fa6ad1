//! An interactive shell in a pseudo-terminal, with simulated typing.

use crate::common::Invocation;
use crate::common::platform::{IS_LINUX, pseudo_terminal};
use crate::common::process::{PATIENCE, state, wait_until};
use rustix::termios::{LocalModes, tcgetattr, tcgetpgrp};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::Child;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long closing a terminal waits for its processes.
const HANG_UP: Duration = Duration::from_secs(2);

pub const CTRL_C: &str = "\x03";
pub const CTRL_Z: &str = "\x1a";

/// All text that the terminal has shown, whether it is complete, and a condition variable for both.
#[derive(Default)]
struct Screen {
    text: Mutex<(String, bool)>,
    changed: Condvar,
}

pub struct Terminal {
    keyboard: File,
    screen: Arc<Screen>,
    /// The length of the text that the test has already waited for.
    seen: usize,
    shell: Child,
}

impl Terminal {
    /// Runs the command as the leader of a session with this terminal.
    pub fn open(invocation: &Invocation) -> Self {
        let (keyboard, name) = pseudo_terminal();
        let side = || OpenOptions::new().read(true).write(true).open(&name).expect("the terminal");
        let mut in_session = invocation.clone().under("setsid", ["--ctty", "--wait"]);
        in_session.environment.entry("TERM".into()).or_insert("dumb".into());
        let shell = in_session
            .as_command()
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .expect("the shell");
        let screen = Arc::new(Screen::default());
        thread::spawn({
            let (source, screen) = (keyboard.try_clone().expect("a second handle"), screen.clone());
            move || read_all(source, &screen)
        });
        Self { keyboard, screen, seen: 0, shell }
    }

    /// Types the answer to the question that is shown. Keys of the first half second belong to the
    /// shell. From then on, the question reads whole lines.
    #[track_caller]
    pub fn answer(&mut self, keys: &str) {
        let modes = || tcgetattr(&self.keyboard).expect("the terminal's modes").local_modes;
        wait_until("the question reads a line", || modes().contains(LocalModes::ICANON));
        self.type_in(keys);
    }

    pub fn type_in(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("typed");
    }

    /// Presses Ctrl-Z while the foreground job's leader waits.
    ///
    /// A `run` that `fg` has just continued would stop before docglow if it got SIGTSTP before it
    /// waits again. A person cannot type that fast.
    pub fn press_ctrl_z(&mut self) {
        if IS_LINUX {
            wait_until("the job's leader waits", || {
                let group = tcgetpgrp(&self.keyboard).expect("the foreground job");
                let leader = group.as_raw_nonzero().get().cast_unsigned();
                state(leader).is_some_and(|state| state == "S")
            });
        }
        self.type_in(CTRL_Z);
    }

    /// Waits until the terminal shows this text, after the text that was waited for before. Returns
    /// the text between the two.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) -> String {
        self.wait_for_within(text, PATIENCE)
    }

    /// The same, with another time limit.
    #[track_caller]
    pub fn wait_for_within(&mut self, text: &str, limit: Duration) -> String {
        let shown = self.screen.text.lock().expect("the screen");
        let found = |(shown, _): &(String, bool)| shown[self.seen..].find(text);
        let (shown, _) = self
            .screen
            .changed
            .wait_timeout_while(shown, limit, |shown| found(shown).is_none() && !shown.1)
            .expect("the screen");
        let Some(at) = found(&shown) else {
            let screen = shown.0.clone();
            drop(shown); // The panic would poison it, and `drop` needs it.
            panic!("no {text:?} on the screen:\n{screen}");
        };
        let between = shown.0[self.seen..self.seen + at].to_owned();
        self.seen += at + text.len();
        between
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Closing the terminal ends the processes of its session. A shell that does not react is
        // killed.
        let _ = self.keyboard.write_all(b"\x03\nexit\nexit\n");
        let deadline = Instant::now() + HANG_UP;
        while Instant::now() < deadline && matches!(self.shell.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.shell.kill();
        let _ = self.shell.wait();
        // A process that survives may keep the terminal open, and then its reader does not end.
        let shown = self.screen.text.lock().expect("the screen");
        let wait = |shown: &mut (String, bool)| !shown.1;
        let waited = self.screen.changed.wait_timeout_while(shown, HANG_UP, wait);
        drop(waited);
    }
}

fn read_all(mut source: File, screen: &Screen) {
    let mut buffer = [0; 4096];
    // Reading from a pseudo-terminal fails after its other side is closed.
    while let Ok(length @ 1..) = source.read(&mut buffer) {
        let mut text = screen.text.lock().expect("the screen");
        text.0.push_str(&String::from_utf8_lossy(&buffer[..length]));
        screen.changed.notify_all();
    }
    screen.text.lock().expect("the screen").1 = true;
    screen.changed.notify_all();
}
