//! Processes of other programs, and waiting for them.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// The time limit for a condition: ten times the longest time seen.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for a condition. Panics if it takes too long.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Field n of `/proc/PID/stat`, with the numbers of proc(5), from the third on. `None` after the
/// process has ended, and on systems without `/proc`.
pub fn stat(pid: u32, field: usize) -> Option<String> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.iter().rposition(|byte| *byte == b')')?;
    let fields = std::str::from_utf8(&stat[after_name + 1..]).ok()?;
    fields.split_whitespace().nth(field - 3).map(str::to_owned)
}

/// The state of a process: `S` while it waits, `T` if it is stopped.
pub fn state(pid: u32) -> Option<String> {
    stat(pid, 3)
}

#[track_caller]
pub fn is_stopped(pid: u32) -> bool {
    state(pid).expect("it lives") == "T"
}

#[track_caller]
pub fn parent(pid: u32) -> u32 {
    stat(pid, 4).expect("it lives").parse().expect("a number")
}

/// The child processes that this process has not waited for yet.
pub fn children(pid: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}
