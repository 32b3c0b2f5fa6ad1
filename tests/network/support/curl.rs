//! curl makes the same request, if it is installed.

use crate::common::trials::tool_path;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Panics if there is a curl and it does not get 204.
#[track_caller]
pub fn delivers(url: &str, ca: &Path, environment: &[(&str, &str)]) -> Option<Duration> {
    let (status, time) = post(url, ca, environment, Duration::from_secs(30))?;
    assert_eq!(status, "204", "curl, with {environment:?}");
    Some(time)
}

/// The status that curl gets for a POST to this URL, and the time. The status is `000` if there was
/// no answer. Without curl, there is no result.
pub fn post(
    url: &str,
    ca: &Path,
    environment: &[(&str, &str)],
    limit: Duration,
) -> Option<(String, Duration)> {
    let mut curl = Command::new(tool_path("curl")?);
    curl.args([
        "--silent",
        "--show-error",
        "--http1.1",
        "--location",
        "--post301",
        "--post302",
        "--max-time",
    ])
    .arg(limit.as_secs().to_string());
    curl.args(["--output", "/dev/null", "--write-out", "%{http_code}"]);
    curl.args(["--json", "{}", "--cacert"]).arg(ca).arg("--proxy-cacert").arg(ca).arg(url);
    curl.env_clear().envs(environment.iter().copied()).stdin(Stdio::null());
    let begin = Instant::now();
    let output = curl.output().expect("curl");
    let time = begin.elapsed();
    Some((String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(), time))
}
