//! What is reported of the docglow in a command line.

use crate::common::trials;
use crate::scene::{By, Scene, executable};
use serde_json::{Value, json};
use std::fs;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_docglow_behind_any_launcher_is_reported_once,
        the_result_is_that_of_the_exit_status,
        features_come_from_flags_and_docglow_yml,
        the_duration_is_the_commands,
        counts_come_from_the_target_folder_once_docglow_has_ended,
        versions_are_those_of_the_docglow_that_ran_or_none,
        what_env_sets_for_docglow_counts,
        debug_says_what_came_of_it_and_why_nothing_did,
        words_that_only_look_like_a_docglow_are_not_reported,
    ]
}

/// The events that this command line sends by `run --wait`.
fn events(scene: &Scene, words: &[&str], stub: &str) -> Vec<Value> {
    let before = scene.receiver.requests().len();
    let outcome = scene.call(By::RunOn, &[&["--wait"], words].concat()).env("STUB", stub).run();
    assert!(outcome.stderr.is_empty(), "{outcome:?}");
    scene.receiver.requests()[before..].iter().map(|request| request.json()).collect()
}

fn a_docglow_behind_any_launcher_is_reported_once() {
    let scene = Scene::new();
    // Both run the docglow on PATH, as the real ones would.
    scene.script("uv", "while [ \"$1\" != docglow ]; do shift; done; exec \"$@\"");
    scene.script("python3", "[ \"$1\" = -m ] && shift && exec \"$@\"");
    let path = scene.bin().join("docglow");
    let path = path.to_str().expect("a UTF-8 path");
    for launcher in [
        &["docglow"][..],
        &[path],
        &["env", "A=1", "B=2", "docglow"],
        &["env", "A=1", "nice", "docglow"],
        &["nice", "-n", "5", path],
        &["timeout", "60", "docglow"],
        &["nohup", "docglow"],
        &["uv", "run", "docglow"],
        &["uv", "run", "--frozen", "docglow"],
        &["python3", "-m", "docglow"],
        &["sh", "-c", "exec \"$@\"", "sh", "docglow"],
        &["--", "docglow"],
    ] {
        let words = [launcher, &["health", "--format", "json"]].concat();
        let events = events(&scene, &words, "exit 0");
        assert_eq!(events.len(), 1, "{launcher:?}");
        assert_eq!(
            (&events[0]["command"], &events[0]["features_used"]),
            (&json!("health"), &json!(["json"]))
        );
    }
}

fn the_result_is_that_of_the_exit_status() {
    let scene = Scene::new();
    for (stub, result) in [
        ("exit 0", Some("success")),
        ("exit 1", Some("error")),
        ("exit 3", Some("error")),
        ("exit 2", None),
        ("exit 126", None),
        ("exit 127", None),
        ("exit 128", Some("error")),
        ("exit 130", None),
        ("exit 255", None),
        ("kill -TERM $$", None),
        ("kill -KILL $$", None),
    ] {
        let events = events(&scene, &["docglow", "generate"], stub);
        let results: Vec<_> = events.iter().filter_map(|event| event["result"].as_str()).collect();
        assert_eq!(results, result.into_iter().collect::<Vec<_>>(), "{stub}");
    }
}

fn features_come_from_flags_and_docglow_yml() {
    let scene = Scene::new();
    scene.sandbox.write_config("slim: true\nai: {enabled: true}\n");
    let events =
        events(&scene, &["docglow", "generate", "--static", "--skip-column-lineage"], "exit 0");
    assert_eq!(events[0]["features_used"], json!(["ai_chat", "static", "slim"]));
}

fn the_duration_is_the_commands() {
    let scene = Scene::new();
    let milliseconds = events(&scene, &["docglow", "generate"], "sleep 0.3")[0]["duration_ms"]
        .as_u64()
        .expect("a number");
    assert!((300..30_000).contains(&milliseconds), "{milliseconds}");
    let nothing = events(&scene, &["docglow", "generate"], "exit 0")[0]["duration_ms"]
        .as_u64()
        .expect("a number");
    assert!(nothing < milliseconds, "{nothing}, {milliseconds}");
}

fn counts_come_from_the_target_folder_once_docglow_has_ended() {
    let scene = Scene::new();
    let manifest = r#"{"metadata":{"adapter_type":"duckdb"},"nodes":{"model.a":{"resource_type":"model"}},"sources":{},"macros":{}}"#;
    let stub = format!("mkdir -p shop/out; printf %s '{manifest}' >shop/out/manifest.json");
    fs::create_dir(scene.sandbox.project().join("shop")).expect("a folder");
    let line = ["docglow", "generate", "--project-dir", "shop", "--target-dir", "out"];
    let event = events(&scene, &line, &stub).remove(0);
    assert_eq!(
        (&event["adapter_type"], &event["project_shape"]["models"]),
        (&json!("duckdb"), &json!(1))
    );
}

fn versions_are_those_of_the_docglow_that_ran_or_none() {
    let scene = Scene::new();
    let venv = scene.sandbox.project().join(".venv");
    fs::create_dir_all(venv.join("lib/python3.11/site-packages/docglow-0.9.2.dist-info"))
        .expect("packages");
    fs::create_dir(venv.join("bin")).expect("a folder");
    fs::write(venv.join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.11.7\n").expect("pyvenv.cfg");
    let python = venv.join("bin/python");
    let python = python.to_str().expect("a UTF-8 path");
    // It runs its script by the shell, and docglow as a module from PATH.
    let by_shell = "#!/bin/sh\n[ \"$1\" = -m ] && shift && exec \"$@\"\nexec /bin/sh \"$@\"\n";
    executable(&venv.join("bin/python"), by_shell);
    let docglow = venv.join("bin/docglow");
    executable(&docglow, &format!("#!{python}\nexit 0\nfrom docglow.cli import cli\n"));
    fs::write(scene.sandbox.project().join("uv.lock"), "").expect("a project of uv's");
    scene.script("uv", "shift; exec \".venv/bin/$@\"");
    scene.script("launcher", "exec \"$@\"");
    let with_path = format!("PATH={}:/usr/bin:/bin", venv.join("bin").display());
    for (words, docglow_version, python_version) in [
        (&["docglow", "health"][..], None, None),
        (&[docglow.to_str().expect("a UTF-8 path"), "health"], Some("0.9.2"), Some("3.11.7")),
        (&[".venv/bin/docglow", "health"], Some("0.9.2"), Some("3.11.7")),
        (&["nice", ".venv/bin/docglow", "health"], Some("0.9.2"), Some("3.11.7")),
        (&["env", &with_path, "docglow", "health"], Some("0.9.2"), Some("3.11.7")),
        (&[".venv/bin/python", "-m", "docglow", "health"], Some("0.9.2"), Some("3.11.7")),
        (&["uv", "run", "docglow", "health"], Some("0.9.2"), Some("3.11.7")),
        (&["launcher", ".venv/bin/docglow", "health"], None, None),
    ] {
        let events = events(&scene, words, "exit 0");
        let versions = events
            .first()
            .map(|event| (event["docglow_version"].clone(), event["python_version"].clone()));
        assert_eq!(versions, Some((json!(docglow_version), json!(python_version))), "{words:?}");
    }
}

fn what_env_sets_for_docglow_counts() {
    let scene = Scene::new();
    for (assignment, sent) in
        [("DOCGLOW_NO_TELEMETRY=1", 0), ("DOCGLOW_NO_TELEMETRY=0", 1), ("DOCGLOW_TELEMETRY=off", 0)]
    {
        assert_eq!(
            events(&scene, &["env", assignment, "docglow", "generate"], "exit 0").len(),
            sent,
            "{assignment}"
        );
    }
    let off =
        scene.call(By::RunOff, &["--wait", "env", "DOCGLOW_TELEMETRY=1", "docglow", "generate"]);
    off.env("STUB", "exit 0").run().assert_success();
    assert_eq!(scene.receiver.requests().len(), 2);
}

fn debug_says_what_came_of_it_and_why_nothing_did() {
    const ELSEWHERE: &str = "docglow may run elsewhere, where something else may be decided";
    let scene = Scene::new();
    scene.script("sudo", "exec \"$@\"");
    let said = |by: By, words: &[&str], stub: &str| {
        scene.call(by, words).env("STUB", stub).debug().run().stderr().to_owned()
    };
    let sent = format!("telemetry: POST {} -> 204\n", scene.receiver.url());
    assert_eq!(said(By::RunOn, &["docglow", "generate"], "exit 3"), sent);
    assert_eq!(said(By::RunOn, &["docglow", "serve", "--dir", "."], "exit 3"), sent);
    for (by, words, stub, why) in [
        (By::RunOff, &["docglow", "generate"][..], "exit 0", "DOCGLOW_TELEMETRY says off"),
        (By::RunOn, &["true"], "", "there is no docglow in the command line"),
        (
            By::RunOn,
            &["docglow", "init"],
            "",
            "the docglow command is not generate, health or serve",
        ),
        (By::RunOn, &["docglow", "generate", "--secret"], "", "docglow refuses the command line"),
        (
            By::RunOn,
            &["docglow", "generate"],
            "exit 2",
            "docglow reports nothing with such an exit status",
        ),
        (By::RunOn, &["env", "--chdir=.", "docglow", "generate"], "", ELSEWHERE),
        (By::RunOn, &["env", "sudo", "docglow", "generate"], "", ELSEWHERE),
    ] {
        assert_eq!(said(by, words, stub), format!("telemetry: not sent ({why})\n"), "{words:?}");
    }
    assert_eq!(scene.receiver.requests().len(), 2);
}

fn words_that_only_look_like_a_docglow_are_not_reported() {
    let scene = Scene::new();
    scene.script("uv", "exit 0");
    for words in [
        &["uv", "run", "--with", "docglow", "python", "x"][..],
        &["uv", "pip", "install", "docglow"],
        &["echo", "docglow"],
        &["echo", "docglow.yml", "generate"],
        &["test", "-n", "generate"],
    ] {
        assert_eq!(events(&scene, words, ""), [] as [Value; 0], "{words:?}");
    }
    let behind = events(&scene, &["env", "X=docglow", "nice", "docglow", "health"], "exit 0");
    assert_eq!(behind.len(), 1);
}
