//! §4: where the state file can't be written, an event still goes out, and `enable` and `disable` say so.

use crate::common::{EVENT, Invocation, Receiver, Sandbox, trials};
use crate::decision::{INSTANCE_ID, state_with};
use std::fs;
use std::os::unix::fs::PermissionsExt;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        an_event_goes_out_with_an_id_of_its_own,
        an_id_that_can_be_read_is_used,
        a_file_that_can_not_be_read_is_not_replaced,
        enable_and_disable_say_so_and_name_the_variable_that_works,
        enable_and_disable_say_what_they_did_where_they_can,
    ]
}

/// Sandboxes whose state file can't be written, each with the hook as it has to be run there.
fn unwritable() -> Vec<(&'static str, Sandbox, Invocation)> {
    let read_only = Sandbox::new();
    fs::create_dir(read_only.state_dir()).unwrap();
    let as_nobody = read_only.as_nobody();
    for folder in [read_only.state_dir(), read_only.config_home()] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o500)).unwrap();
    }
    let file = Sandbox::new();
    let not_a_folder = file.home().join("file");
    fs::write(&not_a_folder, "").unwrap();
    let in_a_file = file.hook().env("XDG_CONFIG_HOME", not_a_folder);
    let homeless = Sandbox::new();
    let without_home = homeless.hook().env_remove("HOME").env_remove("XDG_CONFIG_HOME");
    let nowhere = without_home.env("HOME", "/nonexistent/home");
    let nowhere = nowhere.env("XDG_CONFIG_HOME", "/dev/null/config");
    vec![
        ("a read-only folder", read_only, as_nobody),
        ("a file for a folder", file, in_a_file),
        ("a device for a folder", homeless, nowhere),
    ]
}

fn sent_id(hook: &Invocation) -> String {
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

fn an_id_that_can_be_read_is_used() {
    let sandbox = Sandbox::new();
    sandbox.write_state(state_with("unset"));
    let hook = sandbox.as_nobody();
    fs::set_permissions(sandbox.state_file(), fs::Permissions::from_mode(0o400)).unwrap();
    fs::set_permissions(sandbox.state_dir(), fs::Permissions::from_mode(0o500)).unwrap();
    assert_eq!(sent_id(&hook), INSTANCE_ID);
}

/// As `sudo docglow-telemetry disable` may leave it: the answer in it is somebody's.
fn a_file_that_can_not_be_read_is_not_replaced() {
    let sandbox = Sandbox::new();
    sandbox.write_state(state_with("no"));
    let before = sandbox.state();
    let hook = sandbox.as_nobody();
    fs::set_permissions(sandbox.state_file(), fs::Permissions::from_mode(0o000)).unwrap();
    crate::assert_uuid4(&sent_id(&hook));
    let said = hook.clone().arg("enable").run();
    assert!(said.assert_success().stderr().contains("DOCGLOW_TELEMETRY=1"), "{}", said.stderr());
    fs::set_permissions(sandbox.state_file(), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(sandbox.state(), before);
}

fn enable_and_disable_say_so_and_name_the_variable_that_works() {
    for (place, _sandbox, hook) in unwritable() {
        for (command, variables) in
            [("enable", &["DOCGLOW_TELEMETRY=1"][..]), ("disable", &["DOCGLOW_NO_TELEMETRY=1", "DOCGLOW_TELEMETRY=0"])]
        {
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

fn enable_and_disable_say_what_they_did_where_they_can() {
    let sandbox = Sandbox::new();
    let said = ["enable", "disable"].map(|command| {
        let run = sandbox.command([command]).run();
        run.assert_success().stdout().to_owned()
    });
    assert!(said.iter().all(|text| !text.is_empty()) && said[0] != said[1], "{said:?}");
    let sandbox = Sandbox::new();
    let blocked = sandbox.hook().env("XDG_CONFIG_HOME", "/dev/null/config").arg("enable").run();
    assert_ne!(blocked.assert_success().stdout(), said[0], "it claims to have worked");
}
