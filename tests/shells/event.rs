//! What reaches the hook's binary.

use crate::common::trials::tool_path;
use crate::script::{Hook, Stage};
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;
use std::fs;
use std::process::Command;

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell =>
        features_are_what_the_flags_mean,
        the_result_follows_the_exit_status,
        what_docglow_would_not_report_is_no_event,
        an_event_is_one_line_with_four_keys,
        project_and_target_folder_reach_the_hook,
        the_hook_is_told_which_docglow_ran,
        docglow_is_silenced_and_the_hook_sees_the_users_own_kill_switch,
        the_hook_works_in_the_folder_and_the_environment_of_the_caller,
        debug_lines_are_shown,
    ];
    if shell.is_posix() {
        trials.extend(promises![shell => a_read_only_kill_switch_is_obeyed]);
    }
    if shell == Shell::Bash {
        trials.extend(promises![shell => a_decimal_comma_does_not_harm_the_clock needs ["localedef", "/usr/share/i18n/locales/de_DE"]]);
    }
    trials
}

const FEATURES: &[(&str, &str)] = &[
    ("generate", r#""column_lineage""#),
    ("generate --skip-column-lineage", ""),
    ("generate --static --slim", r#""column_lineage","static","slim""#),
    ("generate --slim --static --ai --profile", r#""column_lineage","profiling","ai_chat","static","slim""#),
    ("generate --skip-column-lineage --column-lineage-select=orders", r#""column_lineage""#),
    ("generate --skip-column-lineage --column-lineage-select ''", ""),
    ("generate --profile --no-profile", r#""column_lineage""#),
    ("generate --no-profile --profile", r#""column_lineage","profiling""#),
    ("generate --ai-key secret", r#""column_lineage","ai_chat""#),
    ("generate --ai-key=", r#""column_lineage""#),
    ("generate --title --static", r#""column_lineage""#),
    ("generate --title=--static --select --ai --workers 2", r#""column_lineage""#),
    ("generate --theme dark --verbose --enable-erd --include-packages", r#""column_lineage""#),
    ("generate -- --static", r#""column_lineage""#),
    ("generate '--static ' ' --slim' '*'", r#""column_lineage""#),
    ("health", r#""table""#),
    ("health --format table", r#""table""#),
    ("health --format json", r#""json""#),
    ("health --format=markdown --fail-under 50", r#""markdown""#),
    ("health --format json --format markdown", r#""markdown""#),
    ("health --select --format=json", r#""table""#),
    ("health --format '\",\"x\":\"'", r#""table""#),
];

fn features_are_what_the_flags_mean(shell: Shell) {
    let stage = Stage::new(shell);
    let lines: Vec<String> = FEATURES.iter().map(|(line, _)| format!("docglow {line}")).collect();
    stage.run(&lines.join("\n"));
    let events = stage.events();
    assert_eq!(events.len(), FEATURES.len());
    for ((line, features), event) in FEATURES.iter().zip(events) {
        let sent = event.split_once(r#""features_used":["#).expect("features").1;
        assert_eq!(sent, format!("{features}]}}\n"), "{line}");
    }
}

fn the_result_follows_the_exit_status(shell: Shell) {
    for (status, result) in [
        (0, Some("success")),
        (1, Some("error")),
        (3, Some("error")),
        (77, Some("error")),
        (125, Some("error")),
        (2, None),
        (126, None),
        (127, None),
        (130, None),
        (137, None),
        (143, None),
        (148, None),
    ] {
        let stage = Stage::new(shell);
        stage.run(&format!("STUB_STATUS={status} docglow generate\nSTUB_STATUS={status} docglow health"));
        let events = stage.events();
        match result {
            Some(result) => {
                assert_eq!(events.len(), 2, "{status}");
                for (event, command) in events.iter().zip(["generate", "health"]) {
                    let start = format!(r#"{{"command":"{command}","result":"{result}","duration_ms":"#);
                    assert!(event.starts_with(&start), "{status}: {event}");
                }
            }
            None => assert_eq!(events, Vec::<String>::new(), "{status}"),
        }
    }
}

fn what_docglow_would_not_report_is_no_event(shell: Shell) {
    for line in ["generate --help", "generate --static --help --slim", "health --help", "health -h"] {
        let stage = Stage::new(shell);
        stage.run(&format!("docglow {line}"));
        assert_eq!(stage.calls().len(), 1, "{line}");
    }
}

fn an_event_is_one_line_with_four_keys(shell: Shell) {
    let stage = Stage::new(shell);
    stage.run("docglow generate --title 'my secret' --ai-key secret");
    let event: serde_json::Value = serde_json::from_str(&stage.events()[0]).expect("JSON");
    let duration = &event["duration_ms"];
    assert!(duration.as_u64().is_some_and(|milliseconds| milliseconds < 10_000), "{event}");
    let expected = serde_json::json!({
        "command": "generate", "result": "success", "duration_ms": duration, "features_used": ["column_lineage", "ai_chat"],
    });
    assert_eq!(event, expected);
    let calls = stage.calls_of("docglow-telemetry");
    assert!(!calls[0].arguments.iter().any(|argument| argument.contains("secret")), "{calls:?}");
}

fn project_and_target_folder_reach_the_hook(shell: Shell) {
    for (line, project_dir, target_dir) in [
        ("", None, "target"),
        ("--project-dir p", Some("p"), "p/target"),
        ("--project-dir='a b'", Some("a b"), "a b/target"),
        ("--project-dir /p --target-dir t", Some("/p"), "t"),
        ("--target-dir='* = $x'", None, "* = $x"),
        ("--project-dir p --project-dir 'q\n r'", Some("q\n r"), "q\n r/target"),
        ("--project-dir --static", Some("--static"), "--static/target"),
        ("--output-dir --project-dir=x", None, "target"),
    ] {
        let stage = Stage::new(shell);
        stage.run(&format!("docglow health {line}"));
        let call = stage.calls_of("docglow-telemetry").pop().expect("a call");
        let expected: Vec<&str> = project_dir
            .map(|folder| ["--project-dir", folder])
            .into_iter()
            .flatten()
            .chain(["--target-dir", target_dir])
            .collect();
        assert_eq!(call.arguments[..expected.len()], expected, "{line}");
        assert_eq!(call.arguments[expected.len()], "--docglow", "{line}");
    }
}

fn the_hook_is_told_which_docglow_ran(shell: Shell) {
    let stage = Stage::new(shell);
    stage.run("docglow health");
    let path = format!("../{}:{}:/usr/bin:/bin", "venv bin", stage.bin().display());
    let other = stage.sandbox.root().join("venv bin");
    fs::create_dir(&other).expect("a folder");
    fs::rename(stage.bin().join("docglow"), other.join("docglow")).expect("a move");
    stage.script_with(Hook::With, "docglow health").env("PATH", path).run();
    let calls = stage.calls_of("docglow-telemetry");
    let told: Vec<&String> = calls.iter().map(|call| call.arguments.last().expect("arguments")).collect();
    assert_eq!(told[0], &stage.bin().join("docglow").display().to_string());
    assert!(told[1].starts_with('/') && told[1].ends_with("venv bin/docglow"), "{told:?}");
    assert_eq!(fs::canonicalize(told[1]).expect("a file"), fs::canonicalize(other.join("docglow")).expect("a file"));
}

fn docglow_is_silenced_and_the_hook_sees_the_users_own_kill_switch(shell: Shell) {
    for own in [None, Some(""), Some("0"), Some("1"), Some("maybe not")] {
        for subcommand in ["generate", "health", "serve --dir /"] {
            let stage = Stage::new(shell);
            let mut script = stage.script_with(Hook::With, &format!("docglow {subcommand}\ndocglow init"));
            if let Some(own) = own {
                script = script.env("DOCGLOW_NO_TELEMETRY", own);
            }
            script.run();
            let seen: Vec<_> =
                stage.calls().iter().map(|call| (call.name.clone(), call.kill_switch().map(String::from))).collect();
            let own = own.map(String::from);
            let docglow = ("docglow".to_owned(), Some("1".to_owned()));
            let hook = ("docglow-telemetry".to_owned(), own.clone());
            let first_two = if subcommand.starts_with("serve") { [hook, docglow] } else { [docglow, hook] };
            assert_eq!(seen[..2], first_two, "{subcommand}");
            assert_eq!(seen[2..], [("docglow".to_owned(), own)], "{subcommand}");
        }
    }
}

fn the_hook_works_in_the_folder_and_the_environment_of_the_caller(shell: Shell) {
    let stage = Stage::new(shell);
    let out = stage.run("cd ..\nDOCGLOW_TELEMETRY=yes docglow health");
    assert_eq!(out.stdout(), "docglow: <health>\n");
    let call = stage.calls_of("docglow-telemetry").pop().expect("a call");
    assert_eq!(call.environment["DOCGLOW_TELEMETRY"], "yes");
    let folder = fs::canonicalize(&call.environment["PWD"]).expect("a folder");
    assert_eq!(folder, fs::canonicalize(stage.sandbox.root()).expect("a folder"));
}

fn debug_lines_are_shown(shell: Shell) {
    let stage = Stage::new(shell);
    let out = stage.script_with(Hook::With, "docglow health").env("DOCGLOW_TELEMETRY_DEBUG", "1").run();
    assert_eq!((out.stdout(), out.stderr()), ("docglow: <health>\n", "docglow's stderr\ntelemetry: sent\n"));
}

fn a_read_only_kill_switch_is_obeyed(shell: Shell) {
    let stage = Stage::new(shell);
    let out = stage.run("readonly DOCGLOW_NO_TELEMETRY=1; export DOCGLOW_NO_TELEMETRY\ndocglow generate\ndocglow serve --dir /\necho status=@status");
    assert_eq!(out.stdout(), "docglow: <generate>\ndocglow: <serve> <--dir> </>\nstatus=0\n");
    assert_eq!(out.stderr(), "docglow's stderr\ndocglow's stderr\n");
    assert_eq!(stage.events(), Vec::<String>::new());
}

fn a_decimal_comma_does_not_harm_the_clock(shell: Shell) {
    let stage = Stage::new(shell);
    let locale = stage.sandbox.root().join("de_DE.UTF-8");
    let made = Command::new(tool_path("localedef").expect("localedef"))
        .args(["--no-archive", "-i", "de_DE", "-f", "UTF-8"])
        .arg(&locale)
        .output()
        .expect("localedef runs");
    assert!(locale.is_dir(), "{made:?}");
    let out = stage
        .script_with(Hook::With, "echo $EPOCHREALTIME\ndocglow generate")
        .env("LOCPATH", stage.sandbox.root())
        .env("LC_ALL", "de_DE.UTF-8")
        .env("STUB_DOES", "sleep")
        .run();
    assert!(out.stdout().lines().next().is_some_and(|time| time.contains(',')), "{out:?}");
    assert_eq!(out.stderr(), "docglow's stderr\n");
    let event: serde_json::Value = serde_json::from_str(&stage.events()[0]).expect("JSON");
    let duration = u128::from(event["duration_ms"].as_u64().expect("a duration"));
    assert!((100..=out.wall.as_millis()).contains(&duration), "{event}");
}
