//! A receiver stores only the event, and no address or header of the sender.

use crate::accidents::assert_table;
use crate::bodies::GOOD;
use crate::promises::Receiver;
use crate::sender::Sender;
use crate::site::Site;
use std::path::Path;
use std::process::Command;

/// An address of this machine that no configuration file contains.
const ADDRESS: &str = "127.0.0.77";

/// A text in each header, path, host name and refused body that is sent.
const TRACE: &str = "trace-of-a-sender";

pub fn addresses_and_headers_are_not_stored<R: Receiver>() {
    let mut receiver = R::start(Site::new());
    leave_traces(&receiver.sender());
    // So that the server writes its buffers.
    receiver.restart();
    assert!(!receiver.rows().is_empty());
    assert_eq!(files_with_traces(&receiver.site().path("")), "");
}

/// Sends requests of every kind that a server may log.
fn leave_traces(sender: &Sender) {
    let header = format!("X-Forwarded-For: {TRACE}");
    let options = ["--interface", ADDRESS, "--user-agent", TRACE, "--header", &header];
    let send = |url: &str, more: &[&str], body: &str| {
        sender.curl(url, &[&options, more].concat(), body.as_bytes());
    };
    let url = sender.url.as_str();
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let (authority, _) = rest.split_once('/').expect("a URL with a path");
    let (_, port) = authority.split_once(':').expect("a port");
    let origin = format!("{scheme}://{authority}");

    send(url, &[], GOOD);
    send(url, &["--request", "GET"], GOOD);
    send(url, &["--header", &format!("Host: {TRACE}.example")], GOOD);
    send(&format!("{origin}/{TRACE}"), &[], GOOD);
    send(&format!("{origin}/%00{TRACE}"), &[], GOOD);
    send(url, &[], TRACE);
    send(url, &[], &GOOD.replace("duckdb", TRACE));
    send(url, &[], &GOOD.replace("generate", TRACE));
    send(url, &[], &TRACE.repeat(1 << 16));
    send(url, &["--header", &format!("X-Long: {}", TRACE.repeat(1 << 12))], GOOD);
    // A name without a certificate, plain HTTP, and bytes that are not TLS.
    let name = format!("https://{TRACE}.example:{port}/");
    let to = format!("{TRACE}.example:{port}:127.0.0.1");
    send(&name, &["--insecure", "--resolve", &to], GOOD);
    send(&format!("http://{authority}/{TRACE}"), &[], GOOD);
    send(&format!("telnet://{authority}"), &["--max-time", "1"], TRACE);
}

/// The paths of the files that contain a trace, one a line.
fn files_with_traces(folder: &Path) -> String {
    let mut grep = Command::new("grep");
    grep.args(["--recursive", "--text", "--files-with-matches", "--devices=skip"]);
    grep.args(["--fixed-strings", "-e", ADDRESS, "-e", TRACE]).arg(folder);
    let output = grep.output().expect("grep");
    assert!(output.status.code() == Some(1) || !output.stdout.is_empty(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn refused_events_are_logged_with_time_and_status_only<R: Receiver>() {
    let receiver = R::start(Site::new());
    let sender = receiver.sender();
    assert!((200..300).contains(&sender.post(GOOD.as_bytes())));
    assert_eq!(receiver.refusals(), 0);
    let refused = GOOD.replace("generate", TRACE);
    let statuses = sender.post_often(3, refused.as_bytes());
    assert_eq!(statuses, [statuses[0]; 3]);
    assert_eq!(receiver.refusals(), 3);
    assert_eq!(files_with_traces(&receiver.site().path("")), "");
    assert_table::<R>("refused body", format!("{}, {}", statuses[0], R::REFUSALS_ARE));
}
