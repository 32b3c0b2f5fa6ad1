//! §4: if the state file cannot be written, an event is sent anyway, and `enable` and `disable`
//! report the failure.

use crate::common::platform::{CONFIG_HOME, HOME, NOWHERE};
use crate::common::{EVENT, Invocation, Receiver, Sandbox, trials};
use crate::platform;
use std::fs;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        an_event_goes_out_with_an_id_of_its_own,
        enable_and_disable_say_so_and_name_the_variable_that_works,
        enable_and_disable_print_their_effect_if_they_can,
    ]
}

/// A name, a sandbox, and the hook as it has to run there.
pub type Place = (&'static str, Sandbox, Invocation);

/// Sandboxes whose state file cannot be written.
fn unwritable() -> Vec<Place> {
    let file = Sandbox::new();
    let not_a_folder = file.home().join("file");
    fs::write(&not_a_folder, "").unwrap();
    let in_a_file = file.hook().env(HOME, &not_a_folder).env(CONFIG_HOME, not_a_folder);
    let homeless = Sandbox::new();
    let nowhere = homeless.hook().env(HOME, NOWHERE).env(CONFIG_HOME, NOWHERE);
    let mut places = platform::unwritable();
    places.extend([("a file for a folder", file, in_a_file), ("nowhere", homeless, nowhere)]);
    places
}

pub fn sent_id(hook: &Invocation) -> String {
    let receiver = Receiver::answering();
    let hook = hook.clone().on().to(&receiver).arg("--wait");
    hook.stdin(EVENT).run().assert_silent();
    receiver.only_request().json()["instance_id"].as_str().unwrap().to_owned()
}

fn an_event_goes_out_with_an_id_of_its_own() {
    for (place, _sandbox, hook) in unwritable() {
        let ids = [sent_id(&hook), sent_id(&hook)];
        ids.iter().for_each(|id| crate::assert_uuid4(id));
        assert_ne!(ids[0], ids[1], "{place}");
    }
}

fn enable_and_disable_say_so_and_name_the_variable_that_works() {
    for (place, _sandbox, hook) in unwritable() {
        for (command, variables) in [
            ("enable", &["DOCGLOW_TELEMETRY=1"][..]),
            ("disable", &["DOCGLOW_NO_TELEMETRY=1", "DOCGLOW_TELEMETRY=0"]),
        ] {
            let run = hook.clone().arg(command).run();
            run.assert_success();
            let said = run.stdout().to_owned() + run.stderr();
            let named = variables.iter().any(|variable| said.contains(variable));
            assert!(named, "{place}, {command}: {said:?}");
        }
        let status = hook.clone().args(["status", "--json"]).run().assert_success().json();
        assert_eq!(status["rule"], "default", "{place}");
    }
}

fn enable_and_disable_print_their_effect_if_they_can() {
    let sandbox = Sandbox::new();
    let said = ["enable", "disable"].map(|command| {
        let run = sandbox.command([command]).run();
        run.assert_success().stdout().to_owned()
    });
    assert!(said.iter().all(|text| !text.is_empty()) && said[0] != said[1], "{said:?}");
    let sandbox = Sandbox::new();
    let blocked = sandbox.hook().env(HOME, NOWHERE).env(CONFIG_HOME, NOWHERE).arg("enable").run();
    assert_ne!(blocked.assert_success().stdout(), said[0], "it claims to have worked");
}
