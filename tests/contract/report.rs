//! §7: `report` for a docglow command line that has ended.

use crate::common::platform::not_utf_8;
use crate::common::{Invocation, Receiver, Sandbox, trials};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_command_line_that_has_ended_is_reported_with_its_result,
        an_end_without_a_result_is_no_event,
        standard_input_is_the_callers,
        the_duration_is_a_number_of_milliseconds,
        flags_and_settings_are_features,
        docglow_yml_and_manifest_are_those_of_the_command_line,
        a_command_line_without_an_event_is_explained_without_a_word_of_it,
        a_project_folder_that_does_not_exist_is_named_by_debug_and_preview,
        a_later_docglows_options_are_ignored_and_its_status_counts,
        values_need_not_be_text,
        with_telemetry_off_nothing_happens_and_debug_says_who_decided,
        preview_shows_the_request_and_sends_nothing,
        a_usage_error_of_report_is_printed_and_standard_input_is_not_read,
    ]
}

fn report(sandbox: &Sandbox, receiver: &Receiver, line: &str) -> Invocation {
    sandbox.hook().on().to(receiver).arg("report").args(line.split_whitespace())
}

/// The payload of the only event that a report sends.
fn payload(sandbox: &Sandbox, line: &str) -> Value {
    let receiver = Receiver::answering();
    report(sandbox, &receiver, &format!("--wait {line}")).run().assert_silent();
    let requests = receiver.requests();
    assert_eq!(requests.len(), 1, "{line}");
    requests[0].json()
}

/// Why a report sends no event.
fn why_not(sandbox: &Sandbox, line: &str) -> String {
    let receiver = Receiver::answering();
    report(sandbox, &receiver, line).run().assert_silent();
    let why = report(sandbox, &receiver, line).debug().run().assert_not_sent().to_owned();
    assert_eq!(receiver.requests().len(), 0, "{line}");
    why
}

fn a_command_line_that_has_ended_is_reported_with_its_result() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.project().join("target/docglow")).expect("a site");
    for (line, command, result) in [
        ("--status 0 -- generate", "generate", "success"),
        ("--status=1 -- generate --static", "generate", "error"),
        ("--status 0 -- health", "health", "success"),
        ("--status 3 health", "health", "error"),
        ("--status 128 -- health", "health", "error"),
        ("--status 0 -- serve", "serve", "success"),
    ] {
        let payload = payload(&sandbox, line);
        assert_eq!(
            (&payload["command"], &payload["result"]),
            (&json!(command), &json!(result)),
            "{line}"
        );
    }
    let receiver = Receiver::answering();
    report(&sandbox, &receiver, "--status 0 -- health").run().assert_silent();
    assert_eq!(receiver.wait_for(1, Duration::from_secs(10))[0].json()["command"], "health");
}

fn an_end_without_a_result_is_no_event() {
    let sandbox = Sandbox::new();
    for status in [2_i64, 126, 127, 129, 130, 255, 3_221_225_786, -1] {
        let why = why_not(&sandbox, &format!("--status={status} -- generate"));
        assert_eq!(why, "docglow sends no event for this exit status", "{status}");
    }
}

fn standard_input_is_the_callers() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let file = sandbox.root().join("typed ahead");
    fs::write(&file, "the caller's").expect("a file");
    for line in
        ["--wait --status 0 -- generate", "--status 0 -- generate --help", "--status 2 -- health"]
    {
        let mut input = File::open(&file).expect("the file");
        let mut command = report(&sandbox, &receiver, line).as_command();
        command.stdin(input.try_clone().expect("a second descriptor"));
        assert!(command.status().expect("the hook").success());
        let mut rest = String::new();
        input.read_to_string(&mut rest).expect("the rest");
        assert_eq!(rest, "the caller's", "{line}");
    }
    assert_eq!(receiver.requests().len(), 1);
}

fn the_duration_is_a_number_of_milliseconds() {
    let sandbox = Sandbox::new();
    let duration = |line: &str| {
        let payload = payload(&sandbox, &format!("--status 0 {line} -- health"));
        payload["duration_ms"].as_u64().expect("milliseconds")
    };
    assert_eq!(duration(""), 0);
    assert_eq!(duration("--duration-ms 1446"), 1446);
    assert_eq!(duration(&format!("--duration-ms {}", u64::MAX)), 2_678_400_000);
}

fn flags_and_settings_are_features() {
    let sandbox = Sandbox::new();
    let features =
        |line: &str| payload(&sandbox, &format!("--status 0 -- {line}"))["features_used"].clone();
    assert_eq!(features("generate"), json!(["column_lineage"]));
    assert_eq!(
        features("generate --slim --profile"),
        json!(["column_lineage", "profiling", "slim"])
    );
    assert_eq!(features("health --format=json"), json!(["json"]));
    sandbox.write_config("slim: yes\ncolumn_lineage: off\nai: {enabled: true}\n");
    assert_eq!(features("generate --static"), json!(["ai_chat", "static", "slim"]));
    assert_eq!(features("health"), json!(["table"]));
}

fn docglow_yml_and_manifest_are_those_of_the_command_line() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let shop = sandbox.project().join("shop");
    for (folder, models) in [("target", r#""a":{"resource_type":"model"}"#), ("dev", "")] {
        fs::create_dir_all(shop.join(folder)).expect("a target folder");
        let manifest =
            format!(r#"{{"metadata":{{"adapter_type":"duckdb"}},"nodes":{{{models}}}}}"#);
        fs::write(shop.join(folder).join("manifest.json"), manifest).expect("a manifest");
    }
    fs::write(shop.join("docglow.yml"), "telemetry: {enabled: true}\nslim: true\n")
        .expect("docglow.yml");
    for line in ["--project-dir shop", "--project-dir=shop --target-dir dev", ""] {
        let words = format!("report --wait --status 0 -- generate {line}");
        sandbox.hook().to(&receiver).args(words.split_whitespace()).run().assert_silent();
    }
    let payloads: Vec<Value> = receiver.requests().iter().map(|request| request.json()).collect();
    assert_eq!(payloads.len(), 2, "{payloads:?}");
    for (payload, models) in payloads.iter().zip([1, 0]) {
        assert_eq!(payload["project_shape"]["models"], models);
        assert_eq!(payload["adapter_type"], "duckdb");
        assert_eq!(payload["features_used"], json!(["column_lineage", "slim"]));
    }
}

fn a_command_line_without_an_event_is_explained_without_a_word_of_it() {
    let sandbox = Sandbox::new();
    let ended_early = "docglow ended before it would have sent an event";
    for (line, why) in [
        ("0 --", "the docglow command is not generate, health or serve"),
        ("0 -- secret", "the docglow command is not generate, health or serve"),
        ("0 -- generate --project-dir secret", NO_PROJECT),
        ("0 -- generate --help", "the command line asks docglow for help or its version"),
        ("0 -- serve --dir secret", "the folder that docglow should serve cannot be read"),
        ("0 -- serve --dir . --secret", "docglow refuses the command line"),
        ("0 -- serve --dir . --port secret", "docglow refuses the value of --port"),
        ("1 -- generate --column-lineage-depth 1", ended_early),
    ] {
        assert_eq!(why_not(&sandbox, &format!("--status {line}")), why, "{line}");
    }
    sandbox.write_config("ai: secret\n");
    assert_eq!(why_not(&sandbox, "--status 1 -- generate"), ended_early);
    assert_eq!(payload(&sandbox, "--status 0 -- generate")["result"], "success");
}

const NO_PROJECT: &str = "the project folder does not exist or cannot be read";

fn a_project_folder_that_does_not_exist_is_named_by_debug_and_preview() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let event = r#"{"command":"health","result":"success"}"#;
    let hook = sandbox.hook().on().to(&receiver).args(["--project-dir", "secret"]).stdin(event);
    hook.run().assert_silent();
    assert_eq!(hook.debug().run().assert_not_sent(), NO_PROJECT);
    let preview = sandbox.command(["preview", "--project-dir", "secret"]).stdin(event).run();
    assert_eq!(preview.stderr(), format!("docglow-telemetry: {NO_PROJECT}\n"));
    assert_eq!(receiver.requests().len(), 0);
}

fn a_later_docglows_options_are_ignored_and_its_status_counts() {
    let sandbox = Sandbox::new();
    for (line, result) in [
        ("0 -- generate --new-flag", "success"),
        ("0 -- generate --new value --theme blue", "success"),
        ("1 -- health --new-flag --format json", "error"),
        ("0 -- --new generate", "success"),
    ] {
        let payload = payload(&sandbox, &format!("--status {line}"));
        assert_eq!(payload["result"], result, "{line}");
    }
}

fn values_need_not_be_text() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let run = |option: &str| {
        let hook = sandbox
            .hook()
            .on()
            .to(&receiver)
            .args(["report", "--status", "0", "--wait", "--", "generate"]);
        hook.arg([OsString::from(option), not_utf_8()].into_iter().collect::<OsString>())
            .run()
            .assert_silent();
        receiver.requests().len()
    };
    assert_eq!(run("--title="), 1);
    assert_eq!(run("--target-dir="), 2);
    assert_eq!(run("--theme="), 3);
    assert_eq!(run("--new="), 4);
    assert_eq!(run("--project-dir="), 4);
}

fn with_telemetry_off_nothing_happens_and_debug_says_who_decided() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let hook = sandbox.hook().to(&receiver).args(["report", "--status", "0", "--", "generate"]);
    hook.run().assert_silent();
    assert_eq!(hook.clone().debug().run().assert_not_sent(), "telemetry has not been turned on");
    let killed = hook.env("DOCGLOW_TELEMETRY", "1").env("DOCGLOW_NO_TELEMETRY", "1");
    killed.run().assert_silent();
    assert!(killed.debug().run().assert_not_sent().contains("DOCGLOW_NO_TELEMETRY"));
    assert_eq!(receiver.requests().len(), 0);
    assert!(!sandbox.state_dir().exists());
}

fn preview_shows_the_request_and_sends_nothing() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let line = "preview report --status 1 --duration-ms 7 -- health --format json";
    let outcome = sandbox.hook().on().to(&receiver).args(line.split_whitespace()).run();
    outcome.assert_success();
    let body = outcome.stdout().lines().last().expect("a body");
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!((&body["result"], &body["duration_ms"]), (&json!("error"), &json!(7)));
    assert_eq!(receiver.requests().len(), 0);
    assert!(!sandbox.state_dir().exists());
    let refused = sandbox.command("preview report --status 2 -- health".split_whitespace()).run();
    assert_eq!(
        refused.stderr(),
        "docglow-telemetry: docglow sends no event for this exit status\n"
    );
}

fn a_usage_error_of_report_is_printed_and_standard_input_is_not_read() {
    let sandbox = Sandbox::new();
    for line in [
        "report",
        "report -- generate",
        "report --status -- generate",
        "report --status many -- generate",
        "report --status 0 --duration-ms x -- generate",
        "report --status 0 --project-dir . -- generate",
        "--target-dir target report --status 0 -- generate",
        "report --status 0 --secret -- generate",
        "report --status 0 --started 1 -- generate",
        "prompt -- generate",
    ] {
        let mut command = sandbox.command(line.split_whitespace()).as_command();
        // A pipe that stays open: reading it to its end would never finish.
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the hook");
        let mut child = child;
        let writer = child.stdin.take();
        let output = child.wait_with_output().expect("its end");
        drop(writer);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && output.stdout.is_empty(), "{line}");
        assert!(
            complaint.starts_with("docglow-telemetry: ") && !complaint.contains("secret"),
            "{line}: {complaint}"
        );
    }
}
