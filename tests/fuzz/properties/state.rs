//! The state file: a consent and an id count only if the file contains them, and the id is a UUID4.

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
        // `urn:uuid:` itself contains hexadecimal digits.
        (Some(id), given) => {
            assert!(digits(given.unwrap_or_default()).ends_with(&digits(&id)), "{text}")
        }
        (None, Some(given)) => assert!(!is_uuid4(given), "{text}"),
        (None, None) => {}
    }
}
