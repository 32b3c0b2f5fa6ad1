//! The state file: a consent is what the file plainly says, an id is a UUID4 that stands in it.

use docglow_telemetry::decision::state::{Consent, State};
use serde_json::Value;

use super::vocabulary::is_uuid4;

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let state = State::parse(text);
    if let Some(id) = state.instance_id.map(|id| id.to_string()) {
        assert!(is_uuid4(&id), "{id}");
    }
    let Ok(second) = serde_json::from_str::<Value>(text) else { return };
    let known_version = second.is_object() && second["version"].as_u64() == Some(1);
    let consent = match second["consent"].as_str().filter(|_| known_version) {
        Some("yes") => Consent::Yes,
        Some("no") => Consent::No,
        _ => Consent::Unset,
    };
    assert_eq!(state.consent, consent, "{text}");
    let digits = |text: &str| {
        text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase()
    };
    let given = second["instance_id"].as_str().filter(|_| known_version);
    match (state.instance_id.map(|id| id.to_string()), given) {
        // `urn:uuid:` has hexadecimal digits of its own.
        (Some(id), given) => {
            assert!(digits(given.unwrap_or_default()).ends_with(&digits(&id)), "{text}")
        }
        (None, Some(given)) => assert!(!is_uuid4(given), "{text}"),
        (None, None) => {}
    }
}
