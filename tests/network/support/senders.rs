//! The detached senders of one sandbox, observed through `/proc`.

use crate::common::platform::kill;
use crate::common::process;
use crate::common::trials::may_trace;
use crate::common::{EVENT, Invocation, Sandbox};
use rustix::process::Signal;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The longest life of a sender, by the contract.
pub const SENDER_LIFE: Duration = Duration::from_secs(3);

/// The niceness that a sender adds to that of its caller.
pub const SENDER_NICENESS: i32 = 10;

/// The argument that distinguishes a sender from its caller.
const SENDER_ARGUMENT: &[u8] = b"send-from-stdin";

/// How often to check a state that will change.
const GLANCE: Duration = Duration::from_millis(1);

/// The hook in a sandbox, under its own path, so that its senders can be distinguished from all
/// others.
pub struct Hook {
    pub sandbox: Sandbox,
    program: PathBuf,
}

impl Hook {
    pub fn new() -> Self {
        let sandbox = Sandbox::new();
        let (original, program) = (sandbox.hook().program, sandbox.root().join("hook"));
        if fs::hard_link(&original, &program).is_err() {
            // Another process copies the file. If this process wrote it, a program that another
            // test starts at the same time could inherit the open file, and a file that is open for
            // writing cannot be executed.
            assert!(Command::new("cp").args([&original, &program]).status().expect("cp").success());
        }
        Self { sandbox, program }
    }

    /// The hook with telemetry on and an event.
    pub fn call(&self) -> Invocation {
        let mut invocation = self.sandbox.hook().on().stdin(EVENT);
        invocation.program = self.program.clone();
        invocation
    }

    /// The senders that are alive now. Only a process that may trace can see which program a sender
    /// runs. Without that right, the holders of the locks of the senders' slots are used.
    pub fn senders(&self) -> Vec<Sender> {
        if !may_trace() {
            return self.holders_of_slots();
        }
        let is_own = |pid: &i32| {
            let process = PathBuf::from(format!("/proc/{pid}"));
            fs::read_link(process.join("exe")).is_ok_and(|exe| exe == self.program)
                && fs::read(process.join("cmdline")).is_ok_and(|line| {
                    line.split(|byte| *byte == 0).any(|argument| argument == SENDER_ARGUMENT)
                })
        };
        let entries = fs::read_dir("/proc").expect("/proc").flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(is_own).map(Sender).collect()
    }

    fn holders_of_slots(&self) -> Vec<Sender> {
        let slots = fs::read_dir(self.sandbox.state_dir().join("senders"));
        let slots = slots.into_iter().flatten().flatten().filter_map(|slot| slot.metadata().ok());
        let slots: Vec<String> = slots.map(|slot| slot.ino().to_string()).collect();
        let locks = fs::read_to_string("/proc/locks").expect("/proc/locks");
        let holder = |line: &str| {
            let [_, "FLOCK", _, _, pid, file, ..] = line.split_whitespace().collect::<Vec<_>>()[..]
            else {
                return None;
            };
            let is_slot = slots.iter().any(|slot| file.rsplit(':').next() == Some(slot));
            is_slot.then(|| pid.parse().ok().map(Sender))?
        };
        locks.lines().filter_map(holder).collect()
    }

    /// Waits for the only sender.
    #[track_caller]
    pub fn sender(&self) -> Sender {
        let deadline = Instant::now() + SENDER_LIFE;
        while Instant::now() < deadline {
            if let Some(sender) = self.senders().pop() {
                return sender;
            }
            thread::sleep(GLANCE);
        }
        panic!("no sender was seen");
    }

    /// Panics if a sender is still alive after the three seconds.
    #[track_caller]
    pub fn assert_gone_within(&self, mut three_seconds: ThreeSeconds) {
        while !three_seconds.are_over() && !self.senders().is_empty() {
            thread::sleep(GLANCE * 10);
        }
        let left = self.senders().len();
        assert_eq!(left, 0, "{left} senders live on");
    }
}

/// `SENDER_LIFE` on the clock of another process, which has the priority of a sender, so that a
/// busy machine delays it in the same way.
pub struct ThreeSeconds(Child);

impl ThreeSeconds {
    /// The first argument when this test binary runs as such a clock.
    pub const ARGUMENT: &str = "three-seconds";

    pub fn begin() -> Self {
        let own = std::env::current_exe().expect("this test binary");
        Self(
            Command::new(own)
                .arg(Self::ARGUMENT)
                .stdin(Stdio::null())
                .spawn()
                .expect("this test binary"),
        )
    }

    /// The clock itself.
    pub fn run() {
        rustix::process::nice(SENDER_NICENESS).expect("a lower priority");
        thread::sleep(SENDER_LIFE);
    }

    pub fn are_over(&mut self) -> bool {
        self.0.try_wait().expect("the clock").is_some()
    }
}

impl Drop for ThreeSeconds {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A sender's process id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender(i32);

impl Sender {
    /// The test's own process, for comparison.
    pub fn this_process() -> Sender {
        Sender(std::process::id().cast_signed())
    }

    pub fn kill(&self) {
        kill(self.0.cast_unsigned());
    }

    /// A file of its folder in `/proc`. It is empty after the sender has ended.
    pub fn proc(&self, name: &str) -> Vec<u8> {
        fs::read(format!("/proc/{}/{name}", self.0)).unwrap_or_default()
    }

    pub fn link(&self, name: &str) -> Option<PathBuf> {
        fs::read_link(format!("/proc/{}/{name}", self.0)).ok()
    }

    pub fn ignores(&self, signal: Signal) -> bool {
        let status = String::from_utf8(self.proc("status")).expect("text");
        let mask =
            status.lines().find_map(|line| line.strip_prefix("SigIgn:")).expect("a mask").trim();
        u64::from_str_radix(mask, 16).expect("a mask") >> (signal.as_raw() - 1) & 1 == 1
    }

    /// The targets of its open descriptors, by number.
    pub fn descriptors(&self) -> Vec<(u32, PathBuf)> {
        let entries = fs::read_dir(format!("/proc/{}/fd", self.0)).into_iter().flatten().flatten();
        entries
            .filter_map(|e| {
                Some((e.file_name().to_str()?.parse().ok()?, fs::read_link(e.path()).ok()?))
            })
            .collect()
    }

    /// Field n of `/proc/PID/stat`, with the numbers of proc(5), from the third on.
    pub fn stat(&self, field: usize) -> Option<i64> {
        process::stat(self.0.cast_unsigned(), field)?.parse().ok()
    }

    /// Its peak memory so far, unless it has ended.
    pub fn peak_kib(&self) -> Option<u64> {
        self.kib("status", "VmHWM:")
    }

    /// Its current memory, with shared pages divided among their users, unless it has ended.
    pub fn proportional_kib(&self) -> Option<u64> {
        self.kib("smaps_rollup", "Pss:")
    }

    fn kib(&self, file: &str, label: &str) -> Option<u64> {
        let lines = String::from_utf8(self.proc(file)).ok()?;
        let line = lines.lines().find_map(|line| line.strip_prefix(label))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    }

    /// Its peak memory until it ends.
    pub fn watch_peak_kib(&self) -> u64 {
        let mut peak = 0;
        while let Some(kib) = self.peak_kib() {
            peak = kib.max(peak);
            thread::sleep(GLANCE);
        }
        peak
    }

    /// Whether its arguments or its environment contain this text.
    pub fn shows(&self, text: impl AsRef<std::ffi::OsStr>) -> bool {
        let text = text.as_ref().as_bytes();
        ["cmdline", "environ"]
            .iter()
            .any(|name| self.proc(name).windows(text.len()).any(|window| window == text))
    }
}
