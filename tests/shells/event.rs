//! What reaches the hook's binary.

use crate::common::Receiver;
use crate::common::sandbox::binary;
use crate::common::trials::tool_path;
use crate::script::{Hook, Stage};
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;
use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell =>
        a_docglow_that_ended_is_told_with_its_status_and_its_arguments,
        arguments_reach_the_hook_as_they_are,
        the_moment_it_started_is_told,
        docglow_is_silenced_and_the_hook_sees_the_users_own_kill_switch,
        the_hook_works_in_the_folder_and_the_environment_of_the_caller,
        debug_lines_are_shown,
        where_there_is_no_docglow_none_is_reported,
    ];
    if shell.is_posix() {
        trials.extend(promises![shell => a_read_only_kill_switch_is_obeyed]);
    }
    if shell == Shell::Bash {
        trials.extend(promises![shell => a_decimal_comma_does_not_harm_the_clock needs ["localedef", "/usr/share/i18n/locales/de_DE"]]);
    }
    trials
}

fn a_docglow_that_ended_is_told_with_its_status_and_its_arguments(shell: Shell) {
    for status in ["0", "1", "2", "3", "77", "126", "127", "130", "255"] {
        let stage = Stage::new(shell);
        stage.run(&format!(
            "STUB_STATUS={status} docglow generate --static\nSTUB_STATUS={status} docglow health"
        ));
        let reports = stage.reports();
        assert_eq!(reports.len(), 2, "{status}");
        for (report, arguments) in reports.iter().zip([&["generate", "--static"][..], &["health"]])
        {
            assert_eq!(report.status, status);
            assert_eq!(report.docglow, "docglow");
            assert_eq!(report.arguments, arguments);
        }
    }
}

fn arguments_reach_the_hook_as_they_are(shell: Shell) {
    let stage = Stage::new(shell);
    stage.run("docglow generate '' ' a  b' '*' '$HOME' \"it's\" '\\n' -- -e --status 9 '\n'\ndocglow serve '' ' a  b'");
    let reports = stage.reports();
    let expected =
        ["generate", "", " a  b", "*", "$HOME", "it's", "\\n", "--", "-e", "--status", "9", "\n"];
    assert_eq!(reports[0].arguments, expected);
    assert_eq!(reports[1].arguments, ["serve", "", " a  b"]);
}

/// Seconds since 1970, or since the machine was started.
fn the_moment_it_started_is_told(shell: Shell) {
    let stage = Stage::new(shell);
    let before = (since_1970(), uptime());
    stage.script_with(Hook::With, "docglow generate").env("STUB_DOES", "sleep").run();
    let after = (since_1970(), uptime());
    let started: f64 = stage.reports()[0].started.replace(',', ".").parse().expect("a number");
    let (earliest, latest) = if started < 1e9 { (before.1, after.1) } else { (before.0, after.0) };
    // Both the kernel's ticks and the sleep of 0.1 s.
    assert!((earliest - 0.02..=latest - 0.08).contains(&started), "{earliest} {started} {latest}");
}

fn since_1970() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

fn uptime() -> f64 {
    let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
    text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn docglow_is_silenced_and_the_hook_sees_the_users_own_kill_switch(shell: Shell) {
    for own in [None, Some(""), Some("0"), Some("1"), Some("maybe not")] {
        for subcommand in ["generate", "health", "serve --dir /"] {
            let stage = Stage::new(shell);
            let mut script =
                stage.script_with(Hook::With, &format!("docglow {subcommand}\ndocglow init"));
            if let Some(own) = own {
                script = script.env("DOCGLOW_NO_TELEMETRY", own);
            }
            script.run();
            let seen: Vec<_> = stage
                .calls()
                .iter()
                .map(|call| (call.name.clone(), call.kill_switch().map(String::from)))
                .collect();
            let own = own.map(String::from);
            let docglow = ("docglow".to_owned(), Some("1".to_owned()));
            let hook = ("docglow-telemetry".to_owned(), own.clone());
            let first_two =
                if subcommand.starts_with("serve") { [hook, docglow] } else { [docglow, hook] };
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
    let out =
        stage.script_with(Hook::With, "docglow health").env("DOCGLOW_TELEMETRY_DEBUG", "1").run();
    assert_eq!(
        (out.stdout(), out.stderr()),
        ("docglow: <health>\n", "docglow's stderr\ntelemetry: sent\n")
    );
}

/// With the real binary: the shell's error is all that is said, and no event arrives, not even of a serve.
fn where_there_is_no_docglow_none_is_reported(shell: Shell) {
    let stage = Stage::empty(shell);
    std::os::unix::fs::symlink(binary(), stage.bin().join("docglow-telemetry"))
        .expect("a link to the hook");
    let receiver = Receiver::answering();
    let run = || {
        let script = stage.script_with(Hook::With, "docglow serve --dir /\ndocglow health\n");
        let out = script.on().to(&receiver).env("DOCGLOW_TELEMETRY_DEBUG", "1").run();
        out.stderr()
            .lines()
            .filter(|line| line.starts_with("telemetry: "))
            .map(String::from)
            .collect::<Vec<_>>()
    };
    let missing = run();
    assert_eq!(missing[0], "telemetry: not sent (there is no docglow on PATH)");
    assert_eq!((missing.len(), receiver.connections()), (2, 0), "{missing:?}");
    stage.install("docglow");
    let present = run();
    assert!(
        present.len() == 2 && present.iter().all(|line| line.ends_with(" -> 204")),
        "{present:?}"
    );
}

fn a_read_only_kill_switch_is_obeyed(shell: Shell) {
    for value in ["1", "yes", "0", ""] {
        let stage = Stage::new(shell);
        let out = stage.run(&format!(
            "readonly DOCGLOW_NO_TELEMETRY={value}; export DOCGLOW_NO_TELEMETRY\n\
             docglow generate\ndocglow serve --dir /\necho status=@status"
        ));
        assert_eq!(
            out.stdout(),
            "docglow: <generate>\ndocglow: <serve> <--dir> </>\nstatus=0\n",
            "{value}"
        );
        assert_eq!(out.stderr(), "docglow's stderr\ndocglow's stderr\n", "{value}");
        assert!(
            stage
                .calls()
                .iter()
                .all(|call| call.name == "docglow" && call.kill_switch() == Some(value))
        );
    }
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
        .run();
    assert!(out.stdout().lines().next().is_some_and(|time| time.contains(',')), "{out:?}");
    assert_eq!(out.stderr(), "docglow's stderr\n");
    let (seconds, microseconds) = stage.reports()[0]
        .started
        .split_once(',')
        .map(|(s, m)| (s.len(), m.len()))
        .expect("a comma");
    assert_eq!((seconds, microseconds), (10, 6));
}
