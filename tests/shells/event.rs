//! Which calls of docglow are reported, and which variables count.

use crate::script::{Hook, Stage};
use crate::shell::{Shell, promises};
use crate::stubs::Call;
use libtest_mimic::Trial;

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell =>
        docglow_is_reported_as_it_ended_and_silenced_only_then,
        a_variable_that_says_off_counts_without_export,
        a_variable_that_says_on_is_not_exported,
    ];
    if shell.is_posix() {
        trials.extend(promises![shell => a_read_only_kill_switch_counts]);
    }
    trials
}

fn docglow_is_reported_as_it_ended_and_silenced_only_then(shell: Shell) {
    for (call, status, event) in [
        ("generate --static", 0, Some("generate success")),
        ("health", 1, Some("health error")),
        ("serve --dir /", 1, Some("serve success")),
        ("health", 2, None),
        ("health", 127, None),
        ("health", 130, None),
        ("generate --help", 0, None),
        ("init", 0, None),
        ("", 0, None),
    ] {
        let stage = Stage::new(shell);
        let out = stage.run(&format!("STUB_STATUS={status} docglow {call}"));
        assert_eq!(out.status.code(), Some(status), "{call}");
        assert_eq!(stage.events(), Vec::from_iter(event), "{call} {status}");
        let silenced = stage.calls()[0].kill_switch() == Some("1");
        assert_eq!(silenced, event.is_some() || status > 1, "{call} {status}");
    }
}

/// Sets a shell variable without exporting it.
fn assignment(shell: Shell, name: &str, value: &str) -> String {
    if shell.is_posix() { format!("{name}={value}") } else { format!("set -g {name} {value}") }
}

fn assert_is_off(shell: Shell, set: &str, name: &str, value: &str) {
    let stage = Stage::new(shell);
    stage.sandbox.command(["enable"]).run().assert_success();
    let lines =
        format!("{set}\ndocglow generate\ndocglow serve --dir /\necho \"[${name}]\"\necho; env");
    let out = stage.script_with(Hook::With, &lines).run();
    assert_eq!(stage.events(), [""; 0], "{set}");
    let calls = stage.calls();
    assert_eq!(calls.len(), 2, "{set}: {out:?}");
    for call in calls {
        assert_eq!(call.environment.get(name).map(String::as_str), Some(value), "{set}");
    }
    let (before, environment) = out.stdout().split_once(&format!("[{value}]\n")).expect(set);
    assert_eq!(before, "docglow: <generate>\ndocglow: <serve> <--dir> </>\n");
    assert!(!environment.contains(&format!("\n{name}=")), "{set} is exported now");
}

fn a_variable_that_says_off_counts_without_export(shell: Shell) {
    for value in ["1", "yes", "y"] {
        let set = assignment(shell, "DOCGLOW_NO_TELEMETRY", value);
        assert_is_off(shell, &set, "DOCGLOW_NO_TELEMETRY", value);
    }
    for value in ["0", "false", "no", "off", "FALSE", "No", "OFF"] {
        let set = assignment(shell, "DOCGLOW_TELEMETRY", value);
        assert_is_off(shell, &set, "DOCGLOW_TELEMETRY", value);
    }
}

fn a_read_only_kill_switch_counts(shell: Shell) {
    assert_is_off(shell, "readonly DOCGLOW_NO_TELEMETRY=1", "DOCGLOW_NO_TELEMETRY", "1");
    assert_is_off(shell, "readonly DOCGLOW_TELEMETRY=0", "DOCGLOW_TELEMETRY", "0");
}

/// Without the hook, docglow would not see the variable either.
fn a_variable_that_says_on_is_not_exported(shell: Shell) {
    for value in ["1", "true", "Yes", "ON"] {
        let stage = Stage::new(shell);
        let set = assignment(shell, "DOCGLOW_TELEMETRY", value);
        // A kill switch that says nothing makes no difference.
        for other in ["", "0"] {
            let other = assignment(shell, "DOCGLOW_NO_TELEMETRY", other);
            let lines = format!("{set}\ndocglow generate\n{other}\ndocglow generate");
            stage.script_with(Hook::With, &lines).run();
        }
        assert_eq!(stage.events(), [""; 0], "{value}");
        let is_exported = |call: &Call| call.environment.contains_key("DOCGLOW_TELEMETRY");
        assert!(!stage.calls().iter().any(is_exported), "{value}");
    }
}
