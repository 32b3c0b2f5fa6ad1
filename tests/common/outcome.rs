//! The result of a run of the hook, and the assertions that many tests make about it.

use std::fmt;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

pub struct Outcome {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// From the start until the exit and the end of stdout and stderr.
    pub wall: Duration,
    /// Why stdin could not be written completely, for example because of a broken pipe.
    pub stdin_error: Option<io::Error>,
}

impl Outcome {
    pub fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("stdout is UTF-8")
    }

    pub fn stderr(&self) -> &str {
        std::str::from_utf8(&self.stderr).expect("stderr is UTF-8")
    }

    /// Parses stdout as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is no JSON: {error}: {self:?}"))
    }

    /// Panics unless the exit status is 0, stdout and stderr are empty, and all of stdin was read.
    #[track_caller]
    pub fn assert_silent(&self) -> &Self {
        self.assert_success();
        assert!(
            self.stdout.is_empty() && self.stderr.is_empty(),
            "something was printed: {self:?}"
        );
        self
    }

    /// Panics unless the exit status is 0 and all of stdin was read.
    #[track_caller]
    pub fn assert_success(&self) -> &Self {
        assert!(self.status.success() && self.stdin_error.is_none(), "{self:?}");
        self
    }

    /// Panics unless a debug line has this URL and this result, as in `-> 204`.
    #[track_caller]
    pub fn assert_sent(&self, url: &str, result: &str) -> &Self {
        self.assert_says(&format!("telemetry: POST {url} -> {result}\n"))
    }

    /// Panics unless the only debug line says that no event was sent. Returns the reason.
    #[track_caller]
    pub fn assert_not_sent(&self) -> &str {
        self.assert_success();
        let line = self.stderr();
        let why =
            line.strip_prefix("telemetry: not sent (").and_then(|rest| rest.strip_suffix(")\n"));
        why.filter(|why| !why.contains('\n'))
            .unwrap_or_else(|| panic!("no `not sent` line: {self:?}"))
    }

    #[track_caller]
    fn assert_says(&self, line: &str) -> &Self {
        self.assert_success();
        assert_eq!((self.stdout(), self.stderr()), ("", line));
        self
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, wall, stdin_error, .. } = self;
        let [stdout, stderr] =
            [&self.stdout, &self.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        write!(
            formatter,
            "{status}, stdout {stdout:?}, stderr {stderr:?}, {wall:?}, stdin {stdin_error:?}"
        )
    }
}
