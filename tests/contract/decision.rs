//! §2: every combination of the deciding sources, compared with a table written from the contract.

use crate::common::platform::{CONFIG_HOME, CONFIG_IN_HOME, not_utf_8};
use crate::common::{EVENT, Receiver, Sandbox, trials, trials::trial};
use libtest_mimic::Trial;
use std::ffi::{OsStr, OsString};

/// The answer of one source.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    On,
    Off,
    Nothing,
}
use Says::{Nothing, Off, On};

pub fn trials() -> Vec<Trial> {
    let mut trials = trials![
        the_project_folder_is_the_working_directory_or_the_one_named,
        a_docglow_yml_in_a_parent_folder_does_not_count,
        without_a_config_home_the_consent_is_in_the_home,
        each_rule_decides_whether_the_hook_sends,
    ];
    trials.extend(CONFIGS.iter().enumerate().map(|(index, (config, ..))| {
        let name = format!("contract::decision::every_combination_beside::{config}");
        trial(name, &[], move || every_combination_beside(index))
    }));
    trials
}

const NOT_UTF_8: &str = "(not UTF-8)";

/// Converts a value of the tables below.
fn variable(value: &str) -> OsString {
    match value {
        NOT_UTF_8 => not_utf_8(),
        text => text.into(),
    }
}

/// `DOCGLOW_NO_TELEMETRY`: any value that may have been meant as a kill switch works.
const KILL_SWITCHES: &[(Option<&str>, Says)] = &[
    (None, Nothing),
    (Some(""), Nothing),
    (Some("0"), Nothing),
    (Some("false"), Nothing),
    (Some(" No "), Nothing),
    (Some("OFF"), Nothing),
    (Some("1"), Off),
    (Some("true"), Off),
    (Some("y"), Off),
    (Some("2"), Off),
    (Some("enabled"), Off),
    (Some(NOT_UTF_8), Off),
];

/// `DOCGLOW_TELEMETRY`.
const VARIABLES: &[(Option<&str>, Says)] = &[
    (None, Nothing),
    (Some(""), Nothing),
    (Some("1"), On),
    (Some("True"), On),
    (Some(" YES\t"), On),
    (Some("on"), On),
    (Some("0"), Off),
    (Some("FALSE"), Off),
    (Some("no "), Off),
    (Some("Off"), Off),
    (Some("y"), Nothing),
    (Some("2"), Nothing),
    (Some("enabled"), Nothing),
    (Some(NOT_UTF_8), Nothing),
];

/// A name, the content of `docglow.yml` and of `docglow.yaml`, and their answer.
type Config = (&'static str, Option<&'static str>, Option<&'static str>, Says);

const ENABLED: &str = "telemetry:\n  enabled: true\n";
const DISABLED: &str = "telemetry:\n  enabled: false\n";
const SILENT: &str = "title: My project\n";
const BROKEN: &str = "telemetry: [enabled: true\n";

const CONFIGS: &[Config] = &[
    ("no_file", None, None, Nothing),
    ("yml_without_telemetry", Some(SILENT), None, Nothing),
    ("yml_true", Some(ENABLED), None, On),
    ("yml_false", Some(DISABLED), None, Off),
    ("yml_never", Some("telemetry:\n  enabled: never\n"), None, Off),
    ("yml_null", Some("telemetry:\n  enabled:\n"), None, Nothing),
    ("yml_broken", Some(BROKEN), None, Off),
    ("yaml_true", None, Some(ENABLED), On),
    ("yaml_false", None, Some(DISABLED), Off),
    ("yml_true_yaml_false", Some(ENABLED), Some(DISABLED), On),
    ("yml_without_telemetry_yaml_true", Some(SILENT), Some(ENABLED), Nothing),
    ("yml_broken_yaml_true", Some(BROKEN), Some(ENABLED), Off),
];

/// The recorded consent, if there is a state file.
const CONSENTS: &[(Option<&str>, Says)] =
    &[(None, Nothing), (Some("unset"), Nothing), (Some("yes"), On), (Some("no"), Off)];

pub const INSTANCE_ID: &str = "90d9c317-33b3-4784-98a9-1d5ebf9aea23";

/// The state file as docglow 0.9.2 writes it.
pub fn state_with(consent: &str) -> String {
    let recorded_at = match consent {
        "unset" => "",
        _ => r#", "consent_recorded_at": "2025-11-02T10:20:30.123456+00:00""#,
    };
    format!(
        r#"{{"version": 1, "instance_id": "{INSTANCE_ID}", "consent": "{consent}"{recorded_at}}}"#
    )
}

/// The first match wins.
fn expected(
    kill_switch: Says,
    variable: Says,
    config: Says,
    consent: Says,
) -> (bool, &'static str) {
    let turns = [
        ("DOCGLOW_NO_TELEMETRY", kill_switch),
        ("DOCGLOW_TELEMETRY", variable),
        ("docglow.yml", config),
        ("consent", consent),
    ];
    let first = turns.into_iter().find(|(_, says)| *says != Nothing);
    first.map_or((false, "default"), |(rule, says)| (says == On, rule))
}

/// The result of `status --json` for this project, home and environment.
#[track_caller]
pub fn decided(sandbox: &Sandbox, environment: &[(&str, Option<&OsStr>)]) -> (bool, String) {
    let mut status = sandbox.command(["status", "--json"]);
    for (name, value) in environment {
        if let Some(value) = value {
            status = status.env(name, value);
        }
    }
    let json = status.run().assert_success().json();
    let rule = json["rule"].as_str().expect("the rule").to_owned();
    (json["active"].as_bool().expect("active or not"), rule)
}

fn every_combination_beside(index: usize) {
    let (name, yml, yaml, config_says) = CONFIGS[index];
    let sandbox = Sandbox::new();
    for (file, content) in [("docglow.yml", yml), ("docglow.yaml", yaml)] {
        if let Some(content) = content {
            std::fs::write(sandbox.project().join(file), content).unwrap();
        }
    }
    let mut wrong = Vec::new();
    for (consent, consent_says) in CONSENTS {
        if let Some(consent) = consent {
            sandbox.write_state(state_with(consent));
        }
        for (kill_switch, kill_switch_says) in KILL_SWITCHES {
            for (value, value_says) in VARIABLES {
                let set = [kill_switch.map(variable), value.map(variable)];
                let environment = [
                    ("DOCGLOW_NO_TELEMETRY", set[0].as_deref()),
                    ("DOCGLOW_TELEMETRY", set[1].as_deref()),
                ];
                let (active, rule) = decided(&sandbox, &environment);
                let expected = expected(*kill_switch_says, *value_says, config_says, *consent_says);
                if (active, rule.as_str()) != expected {
                    wrong.push(format!(
                        "{kill_switch:?} {value:?} {name} {consent:?}: {active} by {rule}, not {expected:?}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong rows:\n{}", wrong.len(), wrong.join("\n"));
}

fn the_project_folder_is_the_working_directory_or_the_one_named() {
    let sandbox = Sandbox::new();
    let elsewhere = sandbox.root().join("else\u{e9} where");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::write(elsewhere.join("docglow.yml"), ENABLED).unwrap();
    sandbox.write_config(DISABLED);
    let rule = |run: crate::common::Invocation| {
        let json = run.args(["status", "--json"]).run().assert_success().json();
        (json["active"].as_bool().unwrap(), json["rule"].as_str().unwrap().to_owned())
    };
    let from = |folder: &std::path::Path| sandbox.hook().folder(folder);
    let config = |active| (active, "docglow.yml".to_owned());
    assert_eq!(rule(from(&sandbox.project())), config(false));
    assert_eq!(rule(from(&elsewhere)), config(true));
    assert_eq!(rule(from(sandbox.root())), (false, "default".to_owned()));
    for named in [elsewhere.as_os_str(), OsStr::new("../else\u{e9} where")] {
        let run = || sandbox.hook().arg("--project-dir");
        assert_eq!(rule(run().arg(named)), config(true), "{named:?}");
    }
    let missing = sandbox.hook().args(["--project-dir", "not-there"]);
    assert_eq!(rule(missing), (false, "default".to_owned()));
    let receiver = Receiver::answering();
    let hook = sandbox.hook().to(&receiver).args(["--wait", "--project-dir"]);
    hook.arg(&elsewhere).stdin(EVENT).run().assert_silent();
    assert_eq!(receiver.requests().len(), 1);
}

fn a_docglow_yml_in_a_parent_folder_does_not_count() {
    let sandbox = Sandbox::new();
    let inner = sandbox.project().join("models/staging");
    std::fs::create_dir_all(&inner).unwrap();
    for (content, name) in [(ENABLED, "docglow.yml"), (DISABLED, "docglow.yaml")] {
        for folder in [sandbox.root(), &sandbox.project(), &sandbox.project().join("models")] {
            std::fs::write(folder.join(name), content).unwrap();
        }
        for run in [
            sandbox.command(["status", "--json"]).folder(&inner),
            sandbox.command(["status", "--json", "--project-dir", "models/staging"]),
            sandbox.command(["status", "--json", "--project-dir"]).arg(&inner),
        ] {
            let json = run.run().assert_success().json();
            assert_eq!(
                (&json["rule"], &json["project_file"]),
                (&"default".into(), &serde_json::Value::Null)
            );
        }
        std::fs::remove_file(sandbox.project().join(name)).unwrap();
    }
}

fn without_a_config_home_the_consent_is_in_the_home() {
    let sandbox = Sandbox::new();
    let folder = sandbox.home().join(CONFIG_IN_HOME).join("docglow");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("telemetry.json"), state_with("yes")).unwrap();
    let status = || sandbox.command(["status", "--json"]);
    let rule = |run: crate::common::Invocation| run.run().assert_success().json()["rule"].clone();
    let elsewhere = sandbox.state_dir() != folder;
    assert_eq!(rule(status()), if elsewhere { "default" } else { "consent" });
    assert_eq!(rule(status().env_remove(CONFIG_HOME)), "consent");
    assert_eq!(rule(status().env(CONFIG_HOME, "")), "consent");
}

/// The rows of this sample run the hook itself: `docglow.yml`, consent, environment, expected
/// result.
type Row = (
    Option<&'static str>,
    Option<&'static str>,
    &'static [(&'static str, &'static str)],
    (bool, &'static str),
);

const SAMPLE: &[Row] = &[
    (None, None, &[], (false, "default")),
    (None, None, &[("DOCGLOW_TELEMETRY", "1")], (true, "DOCGLOW_TELEMETRY")),
    (Some(ENABLED), Some("yes"), &[("DOCGLOW_TELEMETRY", "off")], (false, "DOCGLOW_TELEMETRY")),
    (
        Some(ENABLED),
        Some("yes"),
        &[("DOCGLOW_NO_TELEMETRY", "enabled"), ("DOCGLOW_TELEMETRY", "1")],
        (false, "DOCGLOW_NO_TELEMETRY"),
    ),
    (
        None,
        None,
        &[("DOCGLOW_NO_TELEMETRY", "0"), ("DOCGLOW_TELEMETRY", "1")],
        (true, "DOCGLOW_TELEMETRY"),
    ),
    (Some(ENABLED), None, &[], (true, "docglow.yml")),
    (Some(ENABLED), Some("no"), &[("DOCGLOW_TELEMETRY", "2")], (true, "docglow.yml")),
    (Some(DISABLED), Some("yes"), &[], (false, "docglow.yml")),
    (Some(BROKEN), Some("yes"), &[], (false, "docglow.yml")),
    (Some(DISABLED), None, &[("DOCGLOW_TELEMETRY", "yes")], (true, "DOCGLOW_TELEMETRY")),
    (None, Some("yes"), &[], (true, "consent")),
    (Some(SILENT), Some("no"), &[], (false, "consent")),
    (Some(SILENT), Some("unset"), &[], (false, "default")),
];

fn each_rule_decides_whether_the_hook_sends() {
    for row @ (config, consent, environment, (active, rule)) in SAMPLE {
        let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
        if let Some(config) = config {
            sandbox.write_config(config);
        }
        if let Some(consent) = consent {
            sandbox.write_state(state_with(consent));
        }
        let mut hook = sandbox.hook().to(&receiver).stdin(EVENT);
        for (name, value) in *environment {
            hook = hook.env(name, value);
        }
        hook.clone().arg("--wait").run().assert_silent();
        let run = hook.debug().run();
        let requests = receiver.requests();
        if *active {
            run.assert_sent(&receiver.url(), "204");
            let (first, second) = (requests[0].json(), requests[1].json());
            assert_eq!((requests.len(), &first), (2, &second), "{row:?}");
            assert_eq!(first["adapter_type"], "duckdb", "{row:?}");
            assert_eq!(first["instance_id"], sandbox.state().unwrap()["instance_id"], "{row:?}");
        } else {
            let why = run.assert_not_sent();
            assert!(names_only(why, rule), "{row:?}: {why}");
            assert_eq!(receiver.connections(), 0, "{row:?}");
            assert_eq!(sandbox.state_dir().exists(), consent.is_some(), "{row:?}");
        }
    }
}

/// Whether the words name this rule and no other. The default rule has no name.
fn names_only(why: &str, rule: &str) -> bool {
    let words: Vec<&str> =
        why.split(|c: char| !(c.is_alphanumeric() || "._".contains(c))).collect();
    let names = ["DOCGLOW_NO_TELEMETRY", "DOCGLOW_TELEMETRY", "docglow.yml", "consent"];
    let named: Vec<&str> = names.into_iter().filter(|name| words.contains(name)).collect();
    if rule == "default" { !why.trim().is_empty() } else { named == [rule] }
}
