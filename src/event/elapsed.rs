//! How long a command took, told from the moment it started.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since the epoch are more than this, seconds since the machine was started fewer: 30 years.
const EPOCH_SECONDS: u64 = 1_000_000_000;

/// The time since `stamp`, a decimal number of seconds with `.` or `,`: since the epoch (`EPOCHREALTIME`, `date +%s`) or since
/// the machine was started (the first number of `/proc/uptime`). Zero for what makes no sense, a time in the future included.
pub fn since(stamp: &str) -> Duration {
    let elapsed = seconds(stamp).and_then(|start| {
        let now = if start.as_secs() < EPOCH_SECONDS {
            seconds(fs::read_to_string("/proc/uptime").ok()?.split_whitespace().next()?)?
        } else {
            SystemTime::now().duration_since(UNIX_EPOCH).ok()?
        };
        now.checked_sub(start)
    });
    elapsed.unwrap_or_default()
}

/// The decimal number of seconds that `text` is.
fn seconds(text: &str) -> Option<Duration> {
    const DIGITS: usize = 9;
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    if whole.is_empty() || !(whole.bytes().chain(fraction.bytes())).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanoseconds: String = fraction.chars().chain("000000000".chars()).take(DIGITS).collect();
    Some(Duration::new(whole.parse().ok()?, nanoseconds.parse().ok()?))
}
