//! Handing an event over to the sender: this same program, started again as a child that nobody waits for.

pub mod http;
pub mod proxy;
pub mod sender;
pub mod slot;

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, PipeWriter, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::decision::environment::Environment;
use crate::delivery::proxy::ProxySettings;
use crate::endpoint::Endpoint;
use crate::endpoint::bypass_token::BypassToken;
use crate::payload::Event;
use crate::platform::process;

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

/// The variables that the sender keeps: where the trusted certificates are. The second is a list of folders.
pub const CERTIFICATE_VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// A sender that ends without a report before this did not reach its time limit.
const EARLY: Duration = Duration::from_secs(2);

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
    let (mut sender, handing_over) = sender(handover, environment)?;
    sender.stdout(null_device());
    process::start_unawaited(sender).map_err(|_| NotStarted)?;
    handing_over.write();
    Ok(())
}

/// Starts the sender, waits for its end, and returns its report, one line.
///
/// # Errors
/// `NotStarted`, where the system refuses a further process.
pub fn send_and_wait(handover: &Handover, environment: &Environment) -> Result<String, NotStarted> {
    let begin = Instant::now();
    let (mut sender, handing_over) = sender(handover, environment)?;
    let mut running = sender.stdout(Stdio::piped()).spawn().map_err(|_| NotStarted)?;
    // It holds the reading end of the hand-over, whose closing by the sender must be seen.
    drop(sender);
    handing_over.write();
    let mut report = String::new();
    if let Some(mut stdout) = running.stdout.take() {
        let _ = stdout.read_to_string(&mut report);
    }
    let _ = running.wait();
    // The HTTP client may panic, which ends the sender as silently as its time limit.
    let silence = if begin.elapsed() < EARLY { "the sender gave up" } else { "timed out" };
    let no_report = || format!("telemetry: POST {} -> failed ({silence})", handover.endpoint);
    Ok(report.lines().next().map_or_else(no_report, str::to_owned))
}

/// A hand-over, and the pipe to write it to.
struct HandingOver {
    text: Vec<u8>,
    pipe: PipeWriter,
}

impl HandingOver {
    fn write(mut self) {
        // A sender that is gone already has no use for it.
        let _ = self.pipe.write_all(&self.text);
    }
}

/// The command that starts the sender, all but its standard output, and what is then to be handed over to it.
fn sender(handover: &Handover, environment: &Environment) -> Result<(Command, HandingOver), NotStarted> {
    process::close_inherited_on_exec();
    let text = serde_json::to_vec(handover).map_err(|_| NotStarted)?;
    let (stdin, pipe) = io::pipe().map_err(|_| NotStarted)?;
    let mut sender = Command::new(own_executable().ok_or(NotStarted)?);
    // An empty environment: nothing in it can make the HTTP client or the resolver do what was not decided here.
    sender.arg0(env!("CARGO_PKG_NAME")).arg(SENDER_ARGUMENT).env_clear().stdin(stdin).stderr(null_device());
    // Its own process group, so that a Ctrl-C meant for the caller does not end it.
    sender.process_group(0);
    // The sender works in `/`, where a relative path means something else.
    let [file, folders] = CERTIFICATE_VARIABLES;
    if let Some(path) = environment.ssl_cert_file.as_deref().and_then(|path| std::path::absolute(path).ok()) {
        sender.env(file, path);
    }
    if let Some(list) = &environment.ssl_cert_dir {
        let paths = std::env::split_paths(list).filter_map(|path| std::path::absolute(path).ok());
        sender.env(folders, std::env::join_paths(paths).unwrap_or_default());
    }
    Ok((sender, HandingOver { text, pipe }))
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
