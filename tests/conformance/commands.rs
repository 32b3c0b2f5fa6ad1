//! Compares docglow's and the hook's event for each command.

use crate::common::trials::trial;
use crate::common::{Behaviour, Outcome, Receiver};
use crate::project::{Project, Reporter, SHELLS};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::fs;
use std::net::TcpListener;
use std::time::Duration;

/// A command line, its exit status, and the number of events that docglow sends for it.
struct Case {
    name: &'static str,
    line: &'static str,
    status: i32,
    events: usize,
}

const fn case(name: &'static str, line: &'static str, status: i32, events: usize) -> Case {
    Case { name, line, status, events }
}

const CASES: &[Case] = &[
    case("generate", "docglow generate", 0, 1),
    case("generate_static", "docglow generate --static", 0, 1),
    case("generate_slim", "docglow generate --slim", 0, 1),
    case("generate_skip_column_lineage", "docglow generate --skip-column-lineage", 0, 1),
    case("generate_below_fail_under", "docglow generate --fail-under 100", 1, 1),
    case("generate_without_a_target", "docglow generate --target-dir missing", 1, 1),
    case("generate_with_a_broken_manifest", "docglow generate --target-dir=broken", 1, 1),
    case("generate_from_elsewhere", "cd /; docglow generate --project-dir \"$PROJECT\"", 0, 1),
    case("generate_with_an_option_for_a_title", "docglow generate --title --slim", 0, 1),
    case("generate_help", "docglow generate --help", 0, 0),
    case("health_table", "docglow health", 0, 1),
    case("health_json", "docglow health --format json", 0, 1),
    case("health_markdown", "docglow health --format=markdown", 0, 1),
    case("health_below_fail_under", "docglow health --fail-under 100", 1, 1),
    // The port is in use, which docglow notices after its event.
    case("serve", "docglow serve --no-open --dir target --port $PORT", 1, 1),
    case("serve_watch", "docglow serve --no-open --dir target --port=$PORT --watch", 1, 1),
    case("serve_without_a_site", "docglow serve --no-open --port $PORT", 1, 0),
    case("serve_usage_error", "docglow serve --no-open --dir target --bogus", 2, 0),
    case("usage_error", "docglow generate --bogus", 2, 0),
    case("missing_project", "docglow health --project-dir missing", 2, 0),
    case("another_command", "docglow telemetry status", 0, 0),
];

pub fn trials() -> Vec<Trial> {
    let compare = |case: &'static Case| {
        trial(
            format!("conformance::the_hook_reports_as_docglow_does::{}", case.name),
            &SHELLS,
            || compare(case),
        )
    };
    let mut trials: Vec<Trial> = CASES.iter().map(compare).collect();
    trials.push(trial("conformance::the_detached_sender_delivers_the_event", &SHELLS, detached));
    trials
}

fn compare(case: &Case) {
    let project = Project::new();
    let broken = project.sandbox.project().join("broken");
    fs::create_dir(&broken).expect("a target folder");
    fs::write(broken.join("manifest.json"), "{").expect("a broken manifest");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port();
    let line = case
        .line
        .replace("$PORT", &port.to_string())
        .replace("$PROJECT", project.sandbox.project().to_str().expect("a UTF-8 path"));
    project.warm_up(&line);

    let run = |shell, reporter| {
        let receiver = Receiver::answering();
        let outcome = project.report(shell, reporter, &line, &receiver);
        let payloads: Vec<Value> =
            receiver.requests().iter().map(|request| request.json()).collect();
        assert_eq!(outcome.status.code(), Some(case.status), "{shell}, {reporter:?}: {outcome:?}");
        assert_eq!(payloads.len(), case.events, "{shell}, {reporter:?}: {payloads:?}");
        (comparable(payloads), output(&outcome, receiver.port()))
    };
    let own = run("bash", Reporter::Docglow);
    for shell in SHELLS {
        assert_eq!(run(shell, Reporter::Hook), own, "{shell}");
    }
}

/// The payloads without the parts that differ each time.
fn comparable(mut payloads: Vec<Value>) -> Vec<Value> {
    for payload in &mut payloads {
        let id = payload["instance_id"].take();
        assert_eq!(id.as_str().map(str::len), Some(36), "{id}");
        let duration = payload["duration_ms"].take();
        let is_serve = payload["command"] == "serve";
        assert!(
            duration.as_u64().is_some_and(|duration| (duration == 0) == is_serve),
            "{duration}"
        );
    }
    payloads
}

/// The output without the receiver's port, which `docglow telemetry status` shows.
fn output(outcome: &Outcome, port: u16) -> [String; 2] {
    [outcome.stdout(), outcome.stderr()].map(|text| text.replace(&port.to_string(), "PORT"))
}

fn detached() {
    let project = Project::new();
    for shell in SHELLS {
        let receiver = Receiver::start(Behaviour::SlowBy(Duration::from_millis(200)));
        project.report(shell, Reporter::DetachedHook, "docglow health --format json", &receiver);
        let payload = receiver.wait_for(1, Duration::from_secs(10))[0].json();
        assert_eq!(payload["features_used"], json!(["json"]), "{shell}");
        assert_eq!(payload["docglow_version"], "0.9.2", "{shell}");
        assert_eq!(payload["adapter_type"], "duckdb", "{shell}");
    }
}
