//! `status`: each fact has a line, and each variable is shown.

use crate::common::platform::{CONFIG_HOME, HOME};
use crate::common::{EVENT, Receiver, Sandbox, trials};
use crate::decision::{INSTANCE_ID, state_with};
use docglow_telemetry::decision::environment::VARIABLES;
use serde_json::Value;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        status_says_it_all_line_by_line,
        each_field_of_status_json_has_its_line,
        status_json_is_one_line,
        every_variable_that_is_read_is_shown_and_no_secret,
        status_names_its_variables_endpoint_and_state_file,
        status_names_the_docglow_yml_that_was_asked_by_its_path,
        status_names_the_source_of_the_endpoint,
        status_names_an_endpoint_that_cannot_be_used,
        a_query_or_a_token_is_never_spelt_out,
    ]
}

fn status_says_it_all_line_by_line() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    sandbox.write_config("telemetry: {endpoint: 'ftp://x.example'}\n");
    let status = || sandbox.command(["status"]).to(&receiver);
    let (url, file) = (receiver.url(), sandbox.project().join("docglow.yml"));
    let (file, state_file) = (file.display(), sandbox.state_file());
    let state_file = state_file.display();
    let before = format!(
        "\
Telemetry:        off
Because:          telemetry has not been turned on
docglow.yml:      {file}
Recorded consent: unset
Instance id:      none yet
Endpoint:         {url}
  named by:       DOCGLOW_TELEMETRY_ENDPOINT
  not used:       docglow.yml (neither an https URL nor an http URL of localhost or 127.0.0.1)
State file:       {state_file}
Last send:        none yet
Environment:      DOCGLOW_TELEMETRY_ENDPOINT=(set)
"
    );
    assert_eq!(status().run().assert_success().stdout(), before);
    sandbox.write_state(state_with("yes"));
    sandbox.hook().to(&receiver).arg("--wait").stdin(EVENT).run().assert_silent();
    let after = status().env("DOCGLOW_TELEMETRY", "maybe").run();
    let after = after.assert_success().stdout();
    for line in [
        "Telemetry:        on",
        "Because:          the recorded consent is yes",
        "Recorded consent: yes",
        &format!("Instance id:      {INSTANCE_ID}"),
        "Environment:      DOCGLOW_TELEMETRY=maybe",
        "                  DOCGLOW_TELEMETRY_ENDPOINT=(set)",
    ] {
        assert!(after.lines().any(|other| other == line), "{line:?} is not in\n{after}");
    }
    let last_send = after.lines().find(|line| line.starts_with("Last send:")).expect("the line");
    assert!(last_send.ends_with(&format!("  {url}  204")), "{last_send}");
}

/// All values in `status --json`, as texts.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| format!("{name}={}", texts(value)[0])).collect()
        }
        other => vec![other.to_string()],
    }
}

fn each_field_of_status_json_has_its_line() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    sandbox.write_config("telemetry: {endpoint: 'ftp://x.example'}\n");
    sandbox.write_state(state_with("yes"));
    let on = || sandbox.hook().to(&receiver).env("DOCGLOW_TELEMETRY_DEBUG", "0");
    on().arg("--wait").stdin(EVENT).run().assert_silent();
    let text = on().arg("status").run();
    let json = on().args(["status", "--json"]).run().json();
    for (field, value) in json.as_object().expect("an object") {
        let texts = match field.as_str() {
            "active" => vec!["Telemetry:        on".to_owned()],
            // The reason is in words.
            "rule" => continue,
            _ => texts(value),
        };
        assert!(!texts.is_empty(), "{field} has no value here");
        for said in texts {
            assert!(text.stdout().contains(&said), "{field}: {said:?} is not in\n{text:?}");
        }
    }
}

fn status_json_is_one_line() {
    let sandbox = Sandbox::new();
    for state in ["yes", "no", "unset"] {
        sandbox.write_state(state_with(state));
        let status = sandbox.command(["status", "--json"]).on().run();
        let text = status.assert_success().stdout();
        assert!(text.starts_with("{\"active\":true") && text.ends_with("}\n"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

fn every_variable_that_is_read_is_shown_and_no_secret() {
    const SHOWN: [&str; 4] = [
        "DOCGLOW_NO_TELEMETRY",
        "DOCGLOW_TELEMETRY",
        "DOCGLOW_TELEMETRY_DEBUG",
        "DOCGLOW_TELEMETRY_WAIT",
    ];
    let sandbox = Sandbox::new();
    // The path of the state file shows the effect of these two.
    let names = VARIABLES.iter().map(|variable| variable.name);
    let names: Vec<_> = names.filter(|name| ![HOME, CONFIG_HOME].contains(name)).collect();
    assert!(SHOWN.iter().all(|name| names.contains(name)), "{names:?}");
    let set = |arguments: &[&str]| {
        let status = sandbox.command(arguments.iter().copied());
        names.iter().fold(status, |status, name| status.env(name, "s3cret"))
    };
    let text = set(&["status"]).run();
    let json = set(&["status", "--json"]).run().json();
    for name in &names {
        let value = json["environment"][name].as_str().unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(value == "s3cret", SHOWN.contains(name), "{name}={value}");
        let line = format!("{name}={value}");
        let has_line = text.stdout().lines().any(|other| other.ends_with(&format!(" {line}")));
        assert!(has_line, "{line:?} is not in\n{text:?}");
    }
    assert_eq!(json["environment"].as_object().expect("an object").len(), names.len());
}

fn status_names_its_variables_endpoint_and_state_file() {
    let sandbox = Sandbox::new();
    let bare = sandbox.command(["status", "--json"]).run().assert_success().json();
    let keys: Vec<_> = bare.as_object().unwrap().keys().cloned().collect();
    let mut expected = [
        "active",
        "rule",
        "reason",
        "project_file",
        "instance_id",
        "endpoint",
        "endpoint_source",
        "endpoint_unusable",
        "consent",
        "state_file",
        "last_send",
        "environment",
    ];
    expected.sort();
    assert_eq!(keys, expected);
    assert_eq!(bare["instance_id"], serde_json::Value::Null);
    assert_eq!(bare["consent"], "unset");
    assert_eq!(bare["project_file"], serde_json::Value::Null);
    assert_eq!(bare["last_send"], serde_json::Value::Null);
    assert_eq!(bare["endpoint"], "https://api.docglow.com/v1/telemetry/events");
    assert_eq!(bare["endpoint_source"], "default");
    assert_eq!(bare["state_file"], sandbox.state_file().to_str().unwrap());
    assert_eq!(bare["environment"], serde_json::json!({}));
    sandbox.write_state(state_with("yes"));
    let status = sandbox.command(["status", "--json"]).env("DOCGLOW_TELEMETRY", "0");
    let set = status.env("DOCGLOW_VERCEL_BYPASS", "s3cret").run();
    assert!(!set.assert_success().stdout().contains("s3cret"), "status prints the token");
    let set = set.json();
    assert_eq!((&set["instance_id"], &set["consent"]), (&INSTANCE_ID.into(), &"yes".into()));
    let variables: Vec<_> = set["environment"].as_object().unwrap().keys().collect();
    assert_eq!(variables, ["DOCGLOW_TELEMETRY", "DOCGLOW_VERCEL_BYPASS"]);
    let text = sandbox.command(["status"]).on().run();
    assert!(text.assert_success().stdout().contains("DOCGLOW_TELEMETRY"));
}

fn status_names_the_docglow_yml_that_was_asked_by_its_path() {
    let sandbox = Sandbox::new();
    let project = sandbox.project();
    std::fs::create_dir(project.join("shop")).unwrap();
    for (folder, name) in [
        (".", "docglow.yaml"),
        (".", "docglow.yml"),
        ("shop", "docglow.yaml"),
        ("shop", "docglow.yml"),
    ] {
        let file = project.join(folder).join(name);
        std::fs::write(&file, "telemetry: {enabled: true}").unwrap();
        let path = if folder == "." { project.join(name) } else { file };
        let status = sandbox.command(["status", "--project-dir", folder]);
        let text = status.run();
        assert!(text.assert_success().stdout().contains(path.to_str().unwrap()), "{text:?}");
        let json = status.arg("--json").run().assert_success().json();
        assert_eq!(
            (&json["rule"], &json["project_file"]),
            (&"docglow.yml".into(), &path.to_str().into())
        );
    }
    let none = sandbox
        .command(["status", "--json", "--project-dir", "elsewhere"])
        .run()
        .assert_success()
        .json();
    assert_eq!(none["project_file"], serde_json::Value::Null);
}

fn status_names_the_source_of_the_endpoint() {
    let sandbox = Sandbox::new();
    sandbox.write_config("telemetry: {endpoint: 'https://project.example/x'}");
    for (variable, endpoint, source) in [
        ("https://user.example/x", "https://user.example/x", "DOCGLOW_TELEMETRY_ENDPOINT"),
        ("http://user.example/x", "https://project.example/x", "docglow.yml"),
        ("", "https://project.example/x", "docglow.yml"),
    ] {
        let status = sandbox.command(["status"]).env("DOCGLOW_TELEMETRY_ENDPOINT", variable);
        let text = status.run();
        let says = |words: &[&str]| {
            text.stdout().lines().any(|line| line.split_whitespace().eq(words.iter().copied()))
        };
        assert!(says(&["Endpoint:", endpoint]) && says(&["named", "by:", source]), "{text:?}");
        let json = status.arg("--json").run().assert_success().json();
        assert_eq!(
            (&json["endpoint"], &json["endpoint_source"]),
            (&endpoint.into(), &source.into())
        );
    }
}

fn status_names_an_endpoint_that_cannot_be_used() {
    let sandbox = Sandbox::new();
    let (variable, file) = ("DOCGLOW_TELEMETRY_ENDPOINT", "docglow.yml");
    for (of_variable, of_file, unusable) in [
        ("https://user.example", "https://project.example", &[][..]),
        ("http://user.example/s3cret", "https://project.example", &[variable]),
        ("https://user.example", "collector.example/s3cret", &[file]),
        ("ftp://user.example/s3cret", "[s3cret]", &[variable, file]),
        ("", "", &[]),
        // A variable that was read from a file often ends with a line break.
        (" HTTPS://User.Example/\r\n", "''", &[file]),
    ] {
        sandbox.write_config(format!("telemetry: {{endpoint: {of_file}}}"));
        let status = sandbox.command(["status"]).env(variable, of_variable);
        let text = status.run();
        let line = text.assert_success().stdout().lines().find(|line| line.contains("not used:"));
        assert_eq!(line.is_some(), !unusable.is_empty(), "{text:?}");
        assert!(unusable.iter().all(|source| line.unwrap().contains(source)), "{line:?}");
        let json = status.arg("--json").run();
        assert_eq!(json.json()["endpoint_unusable"], serde_json::json!(unusable));
        assert!(!json.stdout().contains("s3cret") && !text.stdout().contains("s3cret"));
    }
}

fn a_query_or_a_token_is_never_spelt_out() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::answering();
    let (endpoint, shown) =
        (format!("{}?token=s3cret", receiver.url()), format!("{}?(set)", receiver.url()));
    let project = format!("telemetry: {{endpoint: '{endpoint}'}}");
    for by_project in [false, true] {
        let set = |run: crate::common::Invocation| {
            let run = run.on().env("DOCGLOW_VERCEL_BYPASS", "s3cret-t0ken");
            if by_project { run } else { run.env("DOCGLOW_TELEMETRY_ENDPOINT", &endpoint) }
        };
        sandbox.write_config(if by_project { project.as_str() } else { "" });
        for command in [&["status"][..], &["status", "--json"], &["preview"], &[]] {
            let event = if command.first() == Some(&"status") { "" } else { EVENT };
            let outcome = set(sandbox.command(command.iter().copied())).debug().stdin(event).run();
            let said = [outcome.assert_success().stdout(), outcome.stderr()].concat();
            assert!(said.contains(&shown) && !said.contains("s3cret"), "{command:?}: {said}");
            if command == ["preview"] {
                assert_eq!(
                    said.contains("x-vercel-protection-bypass: (set)\n"),
                    !by_project,
                    "{said}"
                );
            }
        }
    }
    // `status` does not show the query, but it is sent.
    let lines: Vec<_> = receiver.requests().into_iter().map(|request| request.line).collect();
    assert_eq!(lines, ["POST /v1/telemetry/events?token=s3cret HTTP/1.1"; 2]);
}
