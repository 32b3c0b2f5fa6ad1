//! Tests in the library: from any text to the request body.

use crate::common::trials;
use crate::events::{any_object, mutated_event, secret};
use crate::for_all;
use crate::secrets::{SECRETS, assert_none_in};
use crate::vocabulary::{COUNTS, FEATURES, assert_closed};
use docglow_telemetry::decision::state::{State, fresh_id};
use docglow_telemetry::payload::Event;
use docglow_telemetry::payload::Payload;
use proptest::prelude::{Just, Strategy, any};
use std::collections::BTreeSet;

const CASES: u32 = 2_000;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_payload_of_a_mutated_event_holds_no_secret_and_only_closed_vocabulary,
        any_object_gives_a_closed_payload_or_none,
        any_text_gives_a_closed_payload_or_none,
        no_number_and_no_order_of_features_carries_a_message,
        a_rejection_never_repeats_the_event,
        a_secret_in_the_state_file_is_never_an_instance_id,
    ]
}

/// Whether the text is an event. Panics if its payload contains a secret.
fn is_clean_event(text: &str) -> bool {
    let Ok(event) = Event::parse(text) else { return false };
    let body = Payload::new(event, fresh_id()).to_json();
    assert_none_in(body.as_bytes(), "the payload");
    assert_closed(&body);
    true
}

fn the_payload_of_a_mutated_event_holds_no_secret_and_only_closed_vocabulary() {
    let mut events = 0;
    for_all(CASES, &mutated_event(), |text| {
        assert_secret_given(&text);
        events += u32::from(is_clean_event(&text));
    });
    assert_eq!(events, CASES, "what makes an event was left in place");
}

/// The property would be meaningless for a text without a secret.
fn assert_secret_given(text: &str) {
    assert!(text.contains(SECRETS[0]), "{text}");
}

fn any_object_gives_a_closed_payload_or_none() {
    let mut events = 0;
    for_all(CASES, &any_object(), |text| events += u32::from(is_clean_event(&text)));
    assert!(events < CASES / 2, "most objects are no event: {events}");
}

fn any_text_gives_a_closed_payload_or_none() {
    for_all(CASES, &any::<String>(), |text| {
        is_clean_event(&text);
        let quoted = serde_json::Value::from(text.as_str());
        for key in
            ["adapter", "docglow_version", "python_version", "features", "counts", "duration"]
        {
            let event = format!(r#"{{"command":"serve","result":"error","{key}":{quoted}}}"#);
            assert!(is_clean_event(&event), "{event}");
        }
    });
}

/// With all numbers and orders, there are only a few different payloads.
fn no_number_and_no_order_of_features_carries_a_message() {
    let number = || proptest::prop_oneof![any::<u64>(), 0..20_000_000_u64];
    let numbers = (number(), number());
    let features = Just(FEATURES.to_vec()).prop_shuffle();
    let mut bodies = BTreeSet::new();
    for_all(CASES, &(numbers, features), |((duration, count), features)| {
        let counts: Vec<String> = COUNTS.map(|key| format!(r#""{key}":{count}"#)).to_vec();
        let text = format!(
            r#"{{"command":"serve","result":"error","duration_ms":{duration},"counts":{{{}}},"features":{features:?}}}"#,
            counts.join(",")
        );
        let event = Event::parse(&text).expect("an event");
        let body = Payload::new(event, fresh_id()).to_json();
        assert_closed(&body);
        bodies.insert(body.split_once("features_used").expect("the features").1.to_owned());
    });
    assert_eq!(bodies.len(), 1, "{bodies:?}");
}

fn a_rejection_never_repeats_the_event() {
    for_all(CASES, &any_object(), |text| {
        if let Err(rejection) = Event::parse(&text) {
            assert_none_in(rejection.to_string().as_bytes(), "the reason");
        }
    });
}

fn a_secret_in_the_state_file_is_never_an_instance_id() {
    let id_in = |text: &str| {
        let quoted = serde_json::Value::from(text);
        State::parse(&format!(r#"{{"version":1,"consent":"yes","instance_id":{quoted}}}"#))
            .instance_id
    };
    for_all(CASES, &secret(), |text| assert_eq!(id_in(&text), None, "{text}"));
    assert!(id_in(&fresh_id().to_string()).is_some());
}
