//! The state file, which docglow and the hook share.

use crate::common::Receiver;
use crate::common::trials::trials;
use crate::project::{Project, Reporter};
use libtest_mimic::Trial;
use serde_json::Value;

pub fn trials() -> Vec<Trial> {
    trials![
        the_hook_reads_docglows_record needs ["bash"],
        docglow_reads_the_hooks_record needs ["bash"],
        a_silenced_generate_records_a_no_if_there_is_no_answer needs ["bash"],
    ]
}

/// The events of a health for which only the recorded consent decides.
fn reported(project: &Project, reporter: Reporter) -> Vec<Value> {
    let receiver = Receiver::answering();
    project.script("bash", reporter, "docglow health").to(&receiver).run();
    receiver.requests().iter().map(|request| request.json()).collect()
}

fn the_hook_reads_docglows_record() {
    let project = Project::new();
    let docglow = |line: &str| project.script("bash", Reporter::Docglow, line).run();
    let status = || project.sandbox.command(["status", "--json"]).run().json();

    assert!(docglow("docglow telemetry enable").status.success());
    let state = project.sandbox.state().expect("a state file");
    assert_eq!(status()["consent"], "yes");
    assert_eq!(status()["active"], true);
    assert_eq!(status()["instance_id"], state["instance_id"]);
    for reporter in [Reporter::Docglow, Reporter::Hook] {
        let payloads = reported(&project, reporter);
        assert_eq!(payloads.len(), 1, "{reporter:?}");
        assert_eq!(payloads[0]["instance_id"], state["instance_id"], "{reporter:?}");
    }
    assert_eq!(project.sandbox.state().expect("a state file"), state);

    assert!(docglow("docglow telemetry disable").status.success());
    assert_eq!(status()["consent"], "no");
    assert_eq!(status()["active"], false);
    assert_eq!(reported(&project, Reporter::Hook), Vec::<Value>::new());
}

fn docglow_reads_the_hooks_record() {
    let project = Project::new();
    let status = || {
        project
            .script("bash", Reporter::Docglow, "docglow telemetry status")
            .run()
            .stdout()
            .to_owned()
    };

    project.sandbox.command(["enable"]).run().assert_success();
    let state = project.sandbox.state().expect("a state file");
    let id = state["instance_id"].as_str().expect("an id");
    let text = status();
    assert!(text.contains("Active: yes\n") && text.contains("Recorded consent: yes\n"), "{text}");
    assert!(text.contains(&format!("Instance ID: {id}\n")), "{text}");
    for reporter in [Reporter::Docglow, Reporter::Hook] {
        let payloads = reported(&project, reporter);
        assert_eq!(payloads.len(), 1, "{reporter:?}");
        assert_eq!(payloads[0]["instance_id"], id, "{reporter:?}");
    }
    assert_eq!(project.sandbox.state().expect("a state file"), state);

    project.sandbox.command(["disable"]).run().assert_success();
    let text = status();
    assert!(text.contains("Active: no\n") && text.contains("Recorded consent: no\n"), "{text}");
    assert_eq!(reported(&project, Reporter::Docglow), Vec::<Value>::new());
}

fn a_silenced_generate_records_a_no_if_there_is_no_answer() {
    let project = Project::new();
    let consent = || project.sandbox.state().map(|state| state["consent"].clone());
    let silenced = |line: &str| {
        let outcome =
            project.script("bash", Reporter::Docglow, line).env("DOCGLOW_NO_TELEMETRY", "1").run();
        assert!(outcome.status.success(), "{outcome:?}");
    };

    silenced("docglow health");
    assert_eq!(consent(), None);
    silenced("docglow generate");
    assert_eq!(consent(), Some("no".into()));
    assert_eq!(project.sandbox.command(["status", "--json"]).run().json()["rule"], "consent");

    project.sandbox.command(["enable"]).run().assert_success();
    silenced("docglow generate");
    assert_eq!(consent(), Some("yes".into()));
}
