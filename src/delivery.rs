//! Handing an event over to the sender: this same program, started again as a child that nobody waits for.

use std::ffi::OsString;
use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::bypass_token::BypassToken;
use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::event::Event;
use crate::process;
use crate::proxy::ProxySettings;

/// The argument that makes this program the sender. Not for users.
pub const SENDER_ARGUMENT: &str = "send-from-stdin";

/// All that the sender is told. It travels over its standard input, so that no other process can see it.
#[derive(Serialize, Deserialize)]
pub struct Handover {
    pub event: Event,
    pub endpoint: Endpoint,
    /// Only where the endpoint is one that the token may be sent to.
    pub bypass_token: Option<BypassToken>,
    pub proxy: ProxySettings,
    /// docglow's configuration folder, with the state file.
    pub state_folder: Option<OsString>,
    /// The dbt target folder to take counts and adapter from.
    pub target_dir: Option<OsString>,
    /// The docglow command to take versions from.
    pub docglow: Option<OsString>,
}

/// The largest file of certificates that is handed on. All of Mozilla's are 0.2 MB.
const MAX_CERTIFICATES_BYTES: u64 = 16 << 20;

/// Why the sender could not be started.
#[derive(Debug)]
pub struct NotStarted;

impl fmt::Display for NotStarted {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("the sender could not be started")
    }
}

/// Starts the sender and leaves it to itself. It ends within 3 s, whatever the network does.
///
/// # Errors
/// `NotStarted`, where the system refuses a further process.
pub fn send_detached(handover: &Handover, environment: &Environment) -> Result<(), NotStarted> {
    start(handover, environment, null_device()).map(drop)
}

/// Starts the sender, waits for its end, and returns its report, one line.
///
/// # Errors
/// `NotStarted`, where the system refuses a further process.
pub fn send_and_wait(handover: &Handover, environment: &Environment) -> Result<String, NotStarted> {
    let mut sender = start(handover, environment, Stdio::piped())?;
    let mut report = String::new();
    if let Some(mut stdout) = sender.stdout.take() {
        let _ = stdout.read_to_string(&mut report);
    }
    let was_killed = !sender.wait().is_ok_and(|status| status.success());
    // Only its own watchdog kills a sender. One that ends without a word met a bug, ours or the HTTP client's.
    let silence = if was_killed { "timed out" } else { "the sender gave up" };
    let no_report = || format!("telemetry: POST {} -> failed ({silence})", handover.endpoint);
    Ok(report.lines().next().map_or_else(no_report, str::to_owned))
}

fn start(handover: &Handover, environment: &Environment, stdout: Stdio) -> Result<Child, NotStarted> {
    process::close_inherited_on_exec();
    let text = serde_json::to_vec(handover).map_err(|_| NotStarted)?;
    let mut sender = Command::new(own_executable().ok_or(NotStarted)?);
    // An empty environment: nothing in it can make the HTTP client or the resolver do what was not decided here.
    sender
        .arg0(env!("CARGO_PKG_NAME"))
        .arg(SENDER_ARGUMENT)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(stdout)
        .stderr(null_device());
    // Its own process group, so that a Ctrl-C meant for the caller does not end it.
    sender.process_group(0);
    for (name, value) in [("SSL_CERT_FILE", &environment.ssl_cert_file), ("SSL_CERT_DIR", &environment.ssl_cert_dir)] {
        // Lists, as OpenSSL reads them. The sender works in `/`, where a relative path means something else.
        let paths = value.iter().flat_map(std::env::split_paths).filter_map(|path| std::path::absolute(path).ok());
        let paths = paths.map(|path| if may_have_no_end(&path) { PathBuf::from("/dev/null") } else { path });
        if let Ok(paths) = std::env::join_paths(paths)
            && !paths.is_empty()
        {
            sender.env(name, paths);
        }
    }
    let mut sender = sender.spawn().map_err(|_| NotStarted)?;
    if let Some(mut stdin) = sender.stdin.take() {
        // A sender that is gone already has no use for it.
        let _ = stdin.write_all(&text);
    }
    Ok(sender)
}

/// Whether reading `path` might fill the memory. The TLS library reads a file of certificates whole, a device included.
fn may_have_no_end(path: &Path) -> bool {
    let is_bounded = |about: Metadata| about.is_dir() || about.is_file() && about.len() <= MAX_CERTIFICATES_BYTES;
    path.metadata().is_ok_and(|about| !is_bounded(about))
}

/// This very program, also when its file was replaced or deleted meanwhile, or when there is no `/proc`.
fn own_executable() -> Option<PathBuf> {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        let running = PathBuf::from("/proc/self/exe");
        if running.symlink_metadata().is_ok() {
            return Some(running);
        }
        let started_as = std::ffi::OsStr::from_bytes(rustix::param::linux_execfn().to_bytes());
        std::path::absolute(started_as).ok()
    }
    #[cfg(not(target_os = "linux"))]
    std::env::current_exe().ok()
}

/// The null device, or, in a root without `/dev`, a pipe that nobody reads.
fn null_device() -> Stdio {
    match File::options().write(true).open("/dev/null") {
        Ok(null) => null.into(),
        Err(_) => io::pipe().map_or(Stdio::null(), |(_, writer)| writer.into()),
    }
}
