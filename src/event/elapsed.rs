//! How long a command took, told from the moment it started.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since the epoch are more than this, seconds since the machine was started fewer: 30 years.
const EPOCH_SECONDS: u64 = 1_000_000_000;

/// Digits of a second's fraction that count.
const FRACTION_DIGITS: usize = 9;

/// How long a command took, as far as its caller says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elapsed {
    Known(Duration),
    /// Since this moment, a decimal number of seconds with `.` or `,`: since the epoch (`EPOCHREALTIME`, `date +%s`) or since
    /// the machine was started (the first number of `/proc/uptime`).
    Since(String),
}

impl Elapsed {
    /// The time until now. Zero for a moment that makes no sense, one in the future included.
    pub fn duration(&self) -> Duration {
        match self {
            Elapsed::Known(duration) => *duration,
            Elapsed::Since(stamp) => since(stamp),
        }
    }
}

fn since(stamp: &str) -> Duration {
    let elapsed = Stamp::parse(stamp).and_then(|start| {
        let now = if start.seconds < EPOCH_SECONDS {
            Stamp::parse(fs::read_to_string("/proc/uptime").ok()?.split_whitespace().next()?)?
        } else {
            Stamp::now()?
        };
        start.until(&now)
    });
    elapsed.unwrap_or_default()
}

/// A decimal number of seconds.
struct Stamp {
    seconds: u64,
    /// The fraction's digits, at most [`FRACTION_DIGITS`].
    fraction: String,
}

impl Stamp {
    fn parse(text: &str) -> Option<Stamp> {
        let (seconds, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
        let is_decimal = seconds.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
        let fraction = fraction.chars().take(FRACTION_DIGITS).collect();
        Some(Stamp { seconds: seconds.parse().ok().filter(|_| is_decimal)?, fraction })
    }

    fn now() -> Option<Stamp> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        Some(Stamp { seconds: now.as_secs(), fraction: format!("{:09}", now.subsec_nanos()) })
    }

    /// The time from here to `end`, both cut to the digits that they share: a clock of whole seconds is not half a second
    /// slow.
    fn until(&self, end: &Stamp) -> Option<Duration> {
        let digits = self.fraction.len().min(end.fraction.len());
        let cut = |stamp: &Stamp| {
            let nanoseconds =
                format!("{:0<FRACTION_DIGITS$}", &stamp.fraction[..digits]).parse().ok()?;
            Some(Duration::new(stamp.seconds, nanoseconds))
        };
        cut(end)?.checked_sub(cut(self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_stamps_of_one_clock_are_apart_by_the_digits_they_share() {
        for (start, end, milliseconds) in [
            ("1700000000.000000", "1700000001.234567", Some(1234)),
            ("1700000000,5", "1700000002.5", Some(2000)),
            ("1700000000", "1700000001.999", Some(1000)),
            ("1700000000.9", "1700000001", Some(1000)),
            ("12.25", "12.75", Some(500)),
            ("12.1234567891234", "12.1334567891234", Some(10)),
            ("2.0", "1.0", None),
        ] {
            let elapsed = Stamp::parse(start).unwrap().until(&Stamp::parse(end).unwrap());
            assert_eq!(elapsed.map(|time| time.as_millis()), milliseconds, "{start} {end}");
        }
    }

    #[test]
    fn a_stamp_of_either_clock_is_told_by_its_size() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let ago = now - Duration::from_secs(100);
        for stamp in
            [ago.as_secs().to_string(), format!("{}.{:09}", ago.as_secs(), ago.subsec_nanos())]
        {
            let elapsed = since(&stamp).as_secs();
            assert!((99..200).contains(&elapsed), "{stamp}: {elapsed}");
        }
        if let Ok(uptime) = fs::read_to_string("/proc/uptime") {
            assert!(since(uptime.split_whitespace().next().unwrap()).as_secs() < 100);
            assert!(!since("0.01").is_zero());
        }
    }

    #[test]
    fn what_makes_no_sense_is_no_time() {
        for stamp in [
            "",
            ".",
            ".5",
            "x",
            "-1",
            "+1",
            "1e9",
            "99999999999.5",
            "1.2.3",
            "99999999999999999999",
            "1 2",
            "\u{663}",
        ] {
            assert!(since(stamp).is_zero(), "{stamp}");
        }
    }
}
