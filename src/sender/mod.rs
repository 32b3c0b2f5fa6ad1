//! Hands an event over to the sender, which is this program, started again as a detached child.

pub mod answer;
pub mod certificates;
mod connect;
mod failure;
mod happy_eyeballs;
pub mod head;
pub mod hosts;
pub mod http;
pub mod installation;
pub mod log;
mod loopback_proxy;
pub mod main;
pub mod manifest;
pub mod proxy;
pub mod proxy_handshake;
mod python;
mod reach;
pub mod recipients;
pub mod resolver;
pub mod sender_limit;
pub mod stream;
mod threads;
mod tls;

use std::ffi::OsString;
use std::fmt;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::decision::environment::{Environment, SSL_CERT_DIR, SSL_CERT_FILE};
use crate::endpoint::Endpoint;
use crate::endpoint::bypass_token::BypassToken;
use crate::event::NotSent;
use crate::payload::Event;
use crate::platform::self_command::SelfCommand;
use crate::sender::proxy::ProxySettings;

/// The argument that makes this program the sender. It is not for users.
pub const SENDER_ARGUMENT: &str = "send-from-stdin";

/// All data that the sender gets. It is passed over standard input, so that no other process can
/// see it.
#[derive(Serialize, Deserialize)]
pub struct Handover {
    pub event: Event,
    pub endpoint: Endpoint,
    /// Only if the token may be sent to the endpoint.
    pub bypass_token: Option<BypassToken>,
    pub proxy: ProxySettings,
    /// docglow's configuration folder, which contains the state file.
    pub state_folder: Option<OsString>,
    /// The dbt target folder to take counts and adapter from.
    pub target_dir: Option<OsString>,
    /// The docglow command to take versions from.
    pub docglow: Option<OsString>,
}

/// The variables that the sender keeps. They name the trusted certificates. The second is a list.
pub const CERTIFICATE_VARIABLES: [&str; 2] = [SSL_CERT_FILE, SSL_CERT_DIR];

/// The beginning of each line that debug shows.
const DEBUG_PREFIX: &str = "telemetry: ";

/// If the sender ends earlier than this without a report, the reason is not its time limit.
const EARLY: Duration = Duration::from_secs(2);

/// The line that debug shows if no event was sent.
pub fn not_sent(reason: impl fmt::Display) -> String {
    format!("{DEBUG_PREFIX}not sent ({reason})")
}

/// The line for an event that was sent, if there was an answer.
fn posted(endpoint: impl fmt::Display, answer: impl fmt::Display) -> String {
    format!("{DEBUG_PREFIX}POST {endpoint} -> {answer}")
}

/// The line for an event that was sent, if there was no answer.
fn failed(endpoint: impl fmt::Display, reason: &str) -> String {
    posted(endpoint, format_args!("failed ({reason})"))
}

/// Starts the sender and does not wait for it. The sender ends within 3 s, whatever the network
/// does. On Unix, the new process makes the hand-over, so the caller does not wait for that,
/// either. If the hand-over fails, no event is sent.
///
/// # Errors
/// `SenderNotStarted` if the system refuses to start a process.
pub fn send_detached(
    handover: impl FnOnce() -> Result<Handover, NotSent>,
    environment: &Environment,
) -> Result<(), NotSent> {
    let prepare = || sender(&handover().ok()?, environment).ok();
    SelfCommand::start_detached(prepare).map_err(|_| NotSent::SenderNotStarted)
}

/// Starts the sender, waits for its end, and returns its report, which is one line.
///
/// # Errors
/// `SenderNotStarted` if the system refuses to start a process.
pub fn send_and_wait(handover: &Handover, environment: &Environment) -> Result<String, NotSent> {
    let begin = Instant::now();
    let report = sender(handover, environment)?.run().map_err(|_| NotSent::SenderNotStarted)?;
    // If the HTTP client panics, the sender ends without a report, as at its time limit.
    let silence = if begin.elapsed() < EARLY { "the sender gave up" } else { "timed out" };
    Ok(match report.lines().last().unwrap_or(&handover.endpoint.to_string()) {
        line if line.starts_with(DEBUG_PREFIX) => line.to_owned(),
        endpoint => failed(endpoint, silence),
    })
}

/// The sender: this program in an empty environment, so that no variable can change how the HTTP
/// client or the resolver works.
fn sender(handover: &Handover, environment: &Environment) -> Result<SelfCommand, NotSent> {
    let input = serde_json::to_vec(handover).map_err(|_| NotSent::SenderNotStarted)?;
    // The sender's working folder is `/`, so a relative path would name another file.
    let [file, folders] = CERTIFICATE_VARIABLES;
    let mut kept = Vec::new();
    if let Some(path) = environment.ssl_cert_file().and_then(|path| std::path::absolute(path).ok())
    {
        kept.push((file, path.into_os_string()));
    }
    if let Some(list) = environment.ssl_cert_dir() {
        let paths = std::env::split_paths(list).filter_map(|path| std::path::absolute(path).ok());
        kept.push((folders, std::env::join_paths(paths).unwrap_or_default()));
    }
    Ok(SelfCommand { argument: SENDER_ARGUMENT, environment: kept, input })
}
