//! Text from a server reaches a terminal or the log only as one short line without control
//! characters.

use crate::common::{Behaviour, EVENT, Outcome, Receiver, trials};
use crate::support::{Authority, Hook, TlsReceiver, Validity};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_certificate_with_a_hundred_names_does_not_fill_the_log,
        a_certificates_name_can_not_forge_a_line,
    ]
}

/// The largest number of characters in a reason, and in the text around it.
const MAX_REASON_CHARS: usize = 200;
const AROUND: &str = "telemetry: POST https://localhost:65535/v1/telemetry/events -> failed ()";

/// Sends an event to a server whose certificate is for these names. Its own name is not among them.
fn sent_to(hook: &Hook, names: &[String]) -> Outcome {
    let authority = Authority::new();
    let behaviour = Behaviour::Answer(204, Vec::new());
    let receiver = TlsReceiver::with_names(&authority, names, Validity::Current, behaviour);
    let trusted = authority.write_to(hook.sandbox.root(), "ca.pem");
    let url = receiver.url_with("localhost");
    let call = hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", url).env("SSL_CERT_FILE", trusted);
    let outcome = call.debug().run();
    assert_eq!(receiver.requests().len(), 0);
    outcome
}

fn log(hook: &Hook) -> String {
    hook.sandbox.command(["log"]).run().assert_success().stdout().to_owned()
}

#[track_caller]
fn assert_one_short_line(outcome: &Outcome) {
    let text = outcome.assert_success().stderr();
    let line = text.strip_suffix('\n').expect("a line");
    assert!(line.contains(" -> failed (certificate not trusted: "), "{line:?}");
    assert!(line.chars().count() <= AROUND.len() + MAX_REASON_CHARS, "{line:?}");
    assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
}

fn a_certificate_with_a_hundred_names_does_not_fill_the_log() {
    let (hook, receiver) = (Hook::new(), Receiver::answering());
    for _ in 0..20 {
        hook.call().to(&receiver).arg("--wait").stdin(EVENT).run().assert_silent();
    }
    let names: Vec<String> = (0..100).map(|n| format!("a-name-of-{n}.example")).collect();
    for _ in 0..20 {
        assert_one_short_line(&sent_to(&hook, &names));
    }
    let log = log(&hook);
    assert_eq!(log.matches(&format!("{}  204\n", receiver.url())).count(), 20);
    let failed = log.lines().filter(|line| line.contains("certificate not trusted"));
    let lengths: Vec<usize> = failed.map(str::len).collect();
    assert_eq!(lengths.len(), 20);
    assert!(lengths.iter().all(|length| *length < 2 * MAX_REASON_CHARS), "{lengths:?}");
}

fn a_certificates_name_can_not_forge_a_line() {
    let hook = Hook::new();
    let forged = "telemetry: POST https://api.docglow.com/v1/telemetry/events -> 204";
    for name in [format!("evil\n{forged}"), format!("evil\r\n{forged}\n"), "evil\x1b[2J\x07".into()]
    {
        let outcome = sent_to(&hook, &[name]);
        assert_one_short_line(&outcome);
        assert!(!outcome.stderr().lines().any(|line| line == forged), "{outcome:?}");
    }
    let log = log(&hook);
    assert!(!log.contains(|c: char| c.is_control() && c != '\n'), "{log:?}");
    assert!(!log.lines().any(|line| line.starts_with("telemetry: ")), "{log}");
}
