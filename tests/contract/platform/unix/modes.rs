//! Files and folders whose modes deny access.

use crate::common::{Invocation, Sandbox, trials};
use crate::decision::{INSTANCE_ID, decided, state_with};
use crate::unwritable::{Place, sent_id};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_docglow_yml_that_may_not_be_read_turns_it_off,
        a_docglow_yml_that_is_a_link_is_read,
        an_id_that_can_be_read_is_used,
        a_state_file_that_can_not_be_read_is_not_replaced,
    ]
}

/// Sandboxes whose state file cannot be written because of its folder's mode.
pub fn unwritable() -> Vec<Place> {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.state_dir()).unwrap();
    let as_nobody = sandbox.as_nobody();
    for folder in [sandbox.state_dir(), sandbox.config_home()] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o500)).unwrap();
    }
    vec![("a read-only folder", sandbox, as_nobody)]
}

fn a_docglow_yml_that_may_not_be_read_turns_it_off() {
    let sandbox = Sandbox::new();
    sandbox.write_config("telemetry:\n  enabled: true\n");
    sandbox.write_state(state_with("yes"));
    let config = sandbox.project().join("docglow.yml");
    fs::set_permissions(&config, fs::Permissions::from_mode(0o000)).unwrap();
    let status: Invocation = sandbox.as_nobody().args(["status", "--json"]);
    let json = status.run().assert_success().json();
    assert_eq!((&json["active"], &json["rule"]), (&false.into(), &"docglow.yml".into()));
}

fn a_docglow_yml_that_is_a_link_is_read() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.root().join("real.yml"), "telemetry: {enabled: yes}").unwrap();
    symlink("../real.yml", sandbox.project().join("docglow.yml")).unwrap();
    assert_eq!(decided(&sandbox, &[]), (true, "docglow.yml".to_owned()));
}

fn an_id_that_can_be_read_is_used() {
    let sandbox = Sandbox::new();
    sandbox.write_state(state_with("unset"));
    let hook = sandbox.as_nobody();
    fs::set_permissions(sandbox.state_file(), fs::Permissions::from_mode(0o400)).unwrap();
    fs::set_permissions(sandbox.state_dir(), fs::Permissions::from_mode(0o500)).unwrap();
    assert_eq!(sent_id(&hook), INSTANCE_ID);
}

/// `sudo docglow-telemetry disable` may leave such a file. It contains an answer, so it must be
/// kept.
fn a_state_file_that_can_not_be_read_is_not_replaced() {
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
