//! Sends to a receiver: events with the hook, and other bodies with curl.

use crate::common::{Invocation, Sandbox};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Longer than any answer takes on a busy machine.
const MAX_SECONDS: &str = "30";

pub struct Sender {
    pub url: String,
    authority: Option<PathBuf>,
    sandbox: Sandbox,
}

impl Sender {
    /// A sender to `url`. `authority` is the file of the CA that signed its certificate, if it has
    /// one.
    pub fn to(url: String, authority: Option<PathBuf>) -> Sender {
        Sender { url, authority, sandbox: Sandbox::new() }
    }

    /// Makes the hook send with this id.
    pub fn be(&self, instance_id: &str) {
        self.sandbox.write_state(format!(
            r#"{{"version":1,"instance_id":"{instance_id}","consent":"unset"}}"#
        ));
    }

    /// Sends an event with the hook. Returns whether the answer was 2xx.
    pub fn send(&self, event: impl Into<Vec<u8>>) -> bool {
        let run = self.hook().debug().stdin(event).run();
        run.assert_success();
        let line = run.stderr();
        let result = line
            .strip_prefix("telemetry: POST ")
            .and_then(|rest| rest.trim_end().rsplit_once(" -> "));
        let (_, result) = result.unwrap_or_else(|| panic!("nothing was sent: {run:?}"));
        result.starts_with('2')
    }

    /// Posts `body`, and returns the status of the answer.
    pub fn post(&self, body: &[u8]) -> u16 {
        self.curl(&self.url, &[], body)[0]
    }

    /// Posts `body` this many times on one connection, and returns the statuses.
    pub fn post_often(&self, times: usize, body: &[u8]) -> Vec<u16> {
        self.curl(&format!("{}#[1-{times}]", self.url), &[], body)
    }

    /// Sends `body` with curl, and returns the statuses. 0 means that there was no answer.
    pub fn curl(&self, url: &str, options: &[&str], body: &[u8]) -> Vec<u16> {
        let mut curl = Command::new("curl");
        // The hook uses HTTP/1.1, too. With HTTP/2, the status is lost if Caddy ends the stream
        // before it has read the body.
        curl.args(["--silent", "--http1.1", "--noproxy", "*", "--max-time", MAX_SECONDS]);
        curl.args(["--output", "/dev/null", "--write-out", "%{http_code}\n"]);
        curl.args(["--header", "Content-Type: application/json", "--data-binary", "@-"]);
        curl.args(self.authority.iter().flat_map(|file| [Path::new("--cacert"), file]));
        let child = curl.args(options).arg(url).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = child.spawn().expect("curl");
        // curl may end before it has read all of standard input.
        child.stdin.take().expect("a piped stdin").write_all(body).ok();
        let output = child.wait_with_output().expect("curl's output");
        let text = String::from_utf8_lossy(&output.stdout);
        text.lines().map(|status| status.parse().expect("a status")).collect()
    }

    fn hook(&self) -> Invocation {
        let hook = self.sandbox.hook().on().env("DOCGLOW_TELEMETRY_ENDPOINT", &self.url);
        match &self.authority {
            Some(file) => hook.env("SSL_CERT_FILE", file),
            None => hook,
        }
    }
}
