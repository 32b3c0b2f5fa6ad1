//! The sender: the detached child that sends the one request.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::decision::environment::Environment;
use crate::decision::state::{StateFile, fresh_id};
use crate::event::NotSent;
use crate::payload::{InstanceId, Payload};
use crate::platform::escape::escape_outside_text;
use crate::platform::{owner, process};
use crate::sender::failure::Failure;
use crate::sender::http::Request;
use crate::sender::log::Log;
use crate::sender::sender_limit::Slot;
use crate::sender::threads::start_thread;
use crate::sender::{Handover, failed, not_sent, posted};
use crate::sender::{installation, manifest};

/// When the sender ends in any case, counted from its start. The published limit of 3 s also
/// includes the time before this program can read a clock.
const TIME_LIMIT: Duration = Duration::from_millis(2800);

/// A limit for the sender's memory, in case a certificate file is endless.
const MEMORY_LIMIT_BYTES: u64 = 64 << 20;

/// How long before the time limit the sender gives up waiting for look-ups, so that it can still
/// report.
const REPORT_RESERVE: Duration = Duration::from_millis(150);

/// How long before `give_up` the sender stops waiting for the lock of the state file, so that it
/// can still send.
const SENDING_RESERVE: Duration = Duration::from_millis(350);

const WATCH_STACK_BYTES: usize = 64 << 10;

/// A typical hand-over fits, so that one read is enough.
const HANDOVER_BYTES: usize = 4096;

/// Reads the hand-over from standard input, sends its event, and reports on standard output: one
/// line for each endpoint that a redirect leads to, and one for the outcome.
pub fn run() {
    process::hide_memory();
    if start_watchdog().is_err() {
        return;
    }
    let give_up = Instant::now() + TIME_LIMIT - REPORT_RESERVE;
    process::enter_background(MEMORY_LIMIT_BYTES);
    let mut text = Vec::with_capacity(HANDOVER_BYTES);
    let is_whole = io::stdin().read_to_end(&mut text).is_ok();
    process::close_input();
    if is_whole
        && is_started_by_hook()
        && let Ok(handover) = serde_json::from_slice(&text)
    {
        let _ = writeln!(io::stdout(), "{}", deliver(handover, give_up));
    }
}

/// Whether the hook started this process. Of the variables that configure this program, the hook
/// passes on only those of the certificates. Any other caller of the sender has not decided whether
/// an event may be sent. Variables that the system adds do not count.
fn is_started_by_hook() -> bool {
    let without_certificates =
        Environment { ssl_cert_file: None, ssl_cert_dir: None, ..Environment::read() };
    without_certificates == Environment::default()
}

/// Ends the process at its time limit. This works while another thread is blocked in a name
/// look-up.
fn start_watchdog() -> io::Result<()> {
    let watch = || {
        thread::sleep(TIME_LIMIT);
        process::end();
    };
    start_thread(WATCH_STACK_BYTES, Box::new(watch))
}

/// Sends the event. Returns the line for debug, with the last endpoint that it tried.
fn deliver(handover: Handover, give_up: Instant) -> String {
    let folder = handover.state_folder.as_ref().map(PathBuf::from);
    // Root must leave no file in another user's home, so it takes no slot there.
    let own_folder = folder.as_deref().filter(|folder| !owner::is_anothers(folder));
    let Some(_slot) = Slot::take(own_folder) else {
        return not_sent(NotSent::TooManySenders);
    };
    let proxy = handover.proxy.clone();
    let mut request = request(handover, || match &folder {
        Some(folder) => StateFile::in_folder(folder).instance_id(give_up - SENDING_RESERVE),
        None => fresh_id(),
    });
    // If only the log cannot be written, the event is not sent.
    let logged =
        folder.as_deref().map_or(Ok(None), |folder| Log::in_folder(folder).begin(&request));
    let mut sending = match logged {
        Ok(sending) => sending,
        Err(error) => return not_sent(Failure::NotLogged(error)),
    };
    let answer = request.send(&proxy, give_up, |request| {
        sending
            .iter_mut()
            .try_for_each(|sending| sending.redirect(request))
            .map_err(Failure::NotLogged)?;
        // Debug shows this endpoint if the time runs out before the answer.
        let _ = writeln!(io::stdout(), "{}", request.endpoint);
        Ok(())
    });
    // Escapes all text from outside before it reaches the log or debug.
    let answer = answer.map_err(|failure| escape_outside_text(&failure.to_string()));
    if let Some(sending) = sending {
        sending.end(&answer.as_ref().map_or_else(String::clone, u16::to_string));
    }
    match answer {
        Ok(status) => posted(&request.endpoint, status),
        Err(reason) => failed(&request.endpoint, &reason),
    }
}

/// The request for a hand-over, completed with the counts of the manifest and the versions. The id
/// comes last, because another event's slow disk may delay it until it is time to send.
pub fn request(handover: Handover, instance_id: impl FnOnce() -> InstanceId) -> Request {
    let mut event = handover.event;
    if let Some(target_dir) = &handover.target_dir {
        manifest::complete(&mut event, Path::new(target_dir));
    }
    if let Some(docglow) = &handover.docglow {
        installation::complete(&mut event, Path::new(docglow));
    }
    let body = Payload::new(event, instance_id()).to_json();
    Request { endpoint: handover.endpoint, bypass_token: handover.bypass_token, body }
}
