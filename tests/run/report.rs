//! The events that `run` sends, and the commands that it does not report.

use crate::common::platform::first_lines;
use crate::common::trials;
use crate::common::trials::tool_path;
use crate::scene::{By, Scene, executable};
use serde_json::{Value, json};
use std::fs;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        docglow_itself_is_reported_by_name_path_or_module,
        a_docglow_behind_a_launcher_runs_and_is_not_reported,
        run_behind_a_launcher_decides_as_docglow_would needs ["env"],
        a_launcher_that_clears_the_environment_causes_no_second_event needs ["env"],
        a_launcher_that_fails_is_no_event needs ["flock"],
        a_python_without_docglow_is_no_event needs ["python3"],
        a_script_whose_python_lost_docglow_is_no_event needs ["python3"],
        the_result_is_that_of_the_exit_status,
        a_later_docglows_options_are_reported,
        features_come_from_flags_and_docglow_yml,
        the_duration_is_the_commands,
        counts_come_from_the_target_folder_once_docglow_has_ended,
        versions_are_those_of_the_docglow_that_ran_or_none,
        debug_shows_the_event_or_why_there_was_none,
        words_that_only_look_like_a_docglow_are_not_reported,
    ]
}

/// The events that `run --wait` sends for this command line.
fn events(scene: &Scene, words: &[&str], stub: &str) -> Vec<Value> {
    let before = scene.receiver.requests().len();
    let outcome = scene.call(By::RunOn, &[&["--wait"], words].concat()).env("STUB", stub).run();
    assert!(outcome.stderr.is_empty(), "{outcome:?}");
    scene.receiver.requests()[before..].iter().map(|request| request.json()).collect()
}

fn docglow_itself_is_reported_by_name_path_or_module() {
    let scene = Scene::new();
    // Runs the docglow on PATH, as a Python with the module would.
    scene.script("python3", "[ \"$1\" = -m ] && shift && exec \"$@\"");
    let path = scene.bin().join("docglow");
    let path = path.to_str().expect("a UTF-8 path");
    for docglow in [&["docglow"][..], &[path], &["python3", "-m", "docglow"], &["--", "docglow"]] {
        let words = [docglow, &["health", "--format", "json"]].concat();
        let events = events(&scene, &words, "exit 0");
        assert_eq!(events.len(), 1, "{docglow:?}");
        assert_eq!(
            (&events[0]["command"], &events[0]["features_used"]),
            (&json!("health"), &json!(["json"]))
        );
    }
}

/// Launchers as minimal scripts. Each one changes the environment, folder or user in which docglow
/// runs.
const LAUNCHERS: [&str; 16] = [
    "direnv",
    "dotenv",
    "pipenv",
    "hatch",
    "pdm",
    "honcho",
    "envdir",
    "s6-envdir",
    "chpst",
    "bwrap",
    "uv",
    "runuser",
    "setpriv",
    "docker-compose",
    "ssh",
    "wrapper",
];

fn a_docglow_behind_a_launcher_runs_and_is_not_reported() {
    let scene = Scene::new();
    for launcher in LAUNCHERS {
        scene.script(
            launcher,
            "while [ \"$1\" != docglow ]; do shift; done\n\
             DOCGLOW_NO_TELEMETRY=1 exec \"$@\"",
        );
        let call = scene.call(By::RunOn, &["--wait", launcher, "run", "docglow", "generate", "-x"]);
        let outcome = call.env("STUB", "echo \"$DOCGLOW_NO_TELEMETRY\" \"$@\"; exit 3").run();
        assert_eq!((outcome.status.code(), outcome.stdout()), (Some(3), "1 generate -x\n"));
    }
    for launcher in [
        &["env"][..],
        &["env", "-i", "PATH=/usr/bin"],
        &["nice"],
        &["sh", "-c", "exec \"$@\"", "sh"],
    ] {
        let words = [&["--wait"], launcher, &["docglow", "generate"]].concat();
        scene.call(By::RunOn, &words).env("STUB", "exit 0").run();
    }
    scene.assert_nothing_sent();
}

fn run_behind_a_launcher_decides_as_docglow_would() {
    let own = ["docglow-telemetry", "run", "--wait", "docglow", "generate"];
    for (launcher, is_recorded_yes, sent) in [
        (&[][..], true, 1),
        (&["env", "DOCGLOW_NO_TELEMETRY=1"], true, 0),
        (&["env", "DOCGLOW_TELEMETRY=0"], true, 0),
        (&["env", "DOCGLOW_TELEMETRY=1"], false, 1),
        (&["env", "-u", "DOCGLOW_TELEMETRY"], false, 0),
        (&["env", "-i", "PATH=$PATH", "STUB=exit 0"], true, 0),
        (&["env", "-C", "/", "DOCGLOW_NO_TELEMETRY=yes"], true, 0),
    ] {
        let scene = Scene::new();
        let path = format!("{}:/usr/bin:/bin", scene.bin().display());
        let answer = if is_recorded_yes { "enable" } else { "disable" };
        scene.sandbox.command([answer]).run().assert_success();
        let launcher: Vec<String> =
            launcher.iter().map(|word| word.replace("$PATH", &path)).collect();
        let words = launcher.iter().map(String::as_str).chain(own).collect::<Vec<_>>();
        let set = if launcher.iter().any(|word| word == "-u") { "1" } else { "" };
        // Even with `run` in front of it, the launcher is only executed.
        for outer in [&[][..], &["docglow-telemetry", "run", "--wait"]] {
            let before = scene.receiver.connections();
            let call = scene.program("/usr/bin/env").args(outer.iter().chain(&words));
            call.env("STUB", "exit 0").env("DOCGLOW_TELEMETRY", set).run().assert_success();
            assert_eq!(scene.receiver.connections() - before, sent, "{outer:?} {launcher:?}");
        }
    }
}

fn a_launcher_that_clears_the_environment_causes_no_second_event() {
    let scene = Scene::new();
    scene.sandbox.command(["enable"]).run().assert_success();
    let words = ["--wait", "env", "-i", "sh", "-c", "exit 0", "docglow", "generate"];
    scene.run(&words).run().assert_success();
    scene.assert_nothing_sent();
}

fn a_launcher_that_fails_is_no_event() {
    let scene = Scene::new();
    let lock = scene.sandbox.root().join("lock");
    let lock = lock.to_str().expect("a UTF-8 path");
    let held =
        ["flock", lock, "docglow-telemetry", "run", "--wait", "flock", "-n", lock, "docglow"];
    let outcome = scene.call(By::RunOn, &[&["--wait"], &held[..], &["generate"]].concat()).run();
    assert_eq!(outcome.status.code(), Some(1));
    scene.assert_nothing_sent();
}

fn a_python_without_docglow_is_no_event() {
    let scene = Scene::new();
    let python = tool_path("python3").expect("python3");
    let python = python.to_str().expect("a UTF-8 path");
    // If no Python has installed the module, its exit status is no proof that docglow ran.
    let call = scene.call(By::RunOn, &["--wait", python, "-m", "docglow", "generate"]);
    let outcome = call.env("PYTHONNOUSERSITE", "1").run();
    assert_eq!(outcome.status.code(), Some(1), "{outcome:?}");
    scene.assert_nothing_sent();
}

fn a_script_whose_python_lost_docglow_is_no_event() {
    let scene = Scene::new();
    let venv = scene.sandbox.project().join(".venv");
    fs::create_dir_all(venv.join("lib/python3.11/site-packages")).expect("packages");
    fs::create_dir(venv.join("bin")).expect("a folder");
    fs::write(venv.join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.11.7\n").expect("pyvenv.cfg");
    let python = venv.join("bin/python");
    executable(&python, "#!/bin/sh\nexit 1\n");
    let docglow = venv.join("bin/docglow");
    executable(&docglow, &(first_lines(&python, "") + "from docglow.cli import cli\n"));
    let docglow = docglow.to_str().expect("a UTF-8 path");
    assert_eq!(events(&scene, &[docglow, "generate"], ""), [] as [Value; 0]);
    let dist_info = "lib/python3.11/site-packages/docglow-0.9.2.dist-info";
    fs::create_dir(venv.join(dist_info)).expect("packages");
    assert_eq!(events(&scene, &[docglow, "generate"], "")[0]["result"], "error");
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

fn a_later_docglows_options_are_reported() {
    let scene = Scene::new();
    let line = ["docglow", "generate", "--new", "value", "--static", "--theme", "blue"];
    for (stub, result) in [("exit 0", Some("success")), ("exit 1", Some("error")), ("exit 2", None)]
    {
        let events = events(&scene, &line, stub);
        assert_eq!(events.first().and_then(|event| event["result"].as_str()), result, "{stub}");
        if let Some(event) = events.first() {
            assert_eq!(event["features_used"], json!(["column_lineage", "static"]));
        }
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
    // It runs docglow from PATH as the module, and every script successfully.
    executable(&python, "#!/bin/sh\n[ \"$1\" = -m ] && shift && exec \"$@\"\nexit 0\n");
    let docglow = venv.join("bin/docglow");
    executable(&docglow, &(first_lines(&python, "") + "from docglow.cli import cli\n"));
    for (words, docglow_version, python_version) in [
        (&["docglow", "health"][..], None, None),
        (&[docglow.to_str().expect("a UTF-8 path"), "health"], Some("0.9.2"), Some("3.11.7")),
        (&[".venv/bin/docglow", "health"], Some("0.9.2"), Some("3.11.7")),
        (&[".venv/bin/python", "-m", "docglow", "health"], Some("0.9.2"), Some("3.11.7")),
    ] {
        let events = events(&scene, words, "exit 0");
        let versions = events
            .first()
            .map(|event| (event["docglow_version"].clone(), event["python_version"].clone()));
        assert_eq!(versions, Some((json!(docglow_version), json!(python_version))), "{words:?}");
    }
}

fn debug_shows_the_event_or_why_there_was_none() {
    const NOT_DOCGLOW: &str = "the command is not docglow: \
                               put `docglow-telemetry run` directly in front of docglow";
    let scene = Scene::new();
    let said = |by: By, words: &[&str], stub: &str| {
        scene.call(by, words).env("STUB", stub).debug().run().stderr().to_owned()
    };
    let sent = format!("telemetry: POST {} -> 204\n", scene.receiver.url());
    assert_eq!(said(By::RunOn, &["docglow", "generate"], "exit 3"), sent);
    assert_eq!(said(By::RunOn, &["docglow", "serve", "--dir", "."], "exit 3"), sent);
    for (by, words, stub, why) in [
        (By::RunOff, &["docglow", "generate"][..], "exit 0", "DOCGLOW_TELEMETRY says off"),
        (By::RunOn, &["true"], "", NOT_DOCGLOW),
        (By::RunOn, &["env", "A=1", "docglow", "generate"], "", NOT_DOCGLOW),
        (By::RunOn, &["missing/docglow", "generate"], "", "the docglow command was not found"),
        (
            By::RunOn,
            &["docglow", "init"],
            "",
            "the docglow command is not generate, health or serve",
        ),
        (
            By::RunOn,
            &["docglow", "generate", "--help"],
            "",
            "the command line asks docglow for help or its version",
        ),
        (
            By::RunOn,
            &["docglow", "serve", "--dir", ".", "--new"],
            "",
            "docglow refuses the command line",
        ),
        (
            By::RunOn,
            &["docglow", "generate"],
            "exit 2",
            "docglow sends no event for this exit status",
        ),
    ] {
        let said = said(by, words, stub);
        assert!(said.starts_with(&format!("telemetry: not sent ({why})\n")), "{words:?}: {said}");
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
}
