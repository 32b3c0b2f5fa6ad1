//! The lines that the README has for shells without a hook, and for make, in the real ones.

use crate::common::trials;
use crate::common::trials::tool_path;
use crate::scene::{By, Scene};
use serde_json::json;
use std::fs;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        tcsh needs ["tcsh"],
        ksh needs ["ksh"],
        mksh needs ["mksh"],
        elvish needs ["elvish"],
        xonsh needs ["xonsh"],
        make needs ["make"],
    ]
}

/// The README's line for this, and a docglow behind it, run in a script by the program with these arguments.
fn assert_reported(readme: &str, line: &str, program: &str, arguments: &[&str], script: &str) {
    let rows = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/hooks/README.md"))
        .expect("the README")
        .replace("\\|", "|");
    assert!(
        rows.contains(&format!("| {readme} | `{line}` |")),
        "the README has another line for {readme}"
    );
    let scene = Scene::new();
    let mut call = scene.call(By::RunOn, &[] as &[&str]);
    call.program = tool_path(program).expect("the program");
    call.arguments = arguments.iter().map(Into::into).collect();
    fs::write(scene.sandbox.project().join("script"), format!("{line}\n{script}\n"))
        .expect("a script");
    let stub = "printf '<%s>' \"$@\"; echo";
    let outcome = call.env("STUB", stub).env("DOCGLOW_TELEMETRY_WAIT", "1").run();
    assert!(outcome.stdout().contains("<generate><--title><a b>"), "{outcome:?}");
    let event = scene.receiver.only_request().json();
    assert_eq!((&event["command"], &event["result"]), (&json!("generate"), &json!("success")));
}

const CALL: &str = "docglow generate --title 'a b'";

fn tcsh() {
    assert_reported(
        "tcsh",
        "alias docglow 'docglow-telemetry run docglow'",
        "tcsh",
        &["-f", "script"],
        CALL,
    );
}

fn ksh() {
    assert_reported(
        "ksh, mksh",
        "alias docglow='docglow-telemetry run docglow'",
        "ksh",
        &["script"],
        CALL,
    );
}

fn mksh() {
    assert_reported(
        "ksh, mksh",
        "alias docglow='docglow-telemetry run docglow'",
        "mksh",
        &["script"],
        CALL,
    );
}

fn elvish() {
    let line = "fn docglow {|@a| e:docglow-telemetry run docglow $@a }";
    assert_reported("elvish", line, "elvish", &["-norc", "script"], CALL);
}

fn xonsh() {
    let line = "aliases['docglow'] = 'docglow-telemetry run docglow'";
    assert_reported("xonsh", line, "xonsh", &["--no-rc", "script"], CALL);
}

fn make() {
    let line = "DOCGLOW := $(shell command -v docglow-telemetry && echo run) docglow";
    let rule = "docs:\n\t$(DOCGLOW) generate --title 'a b'";
    assert_reported("a Makefile", line, "make", &["-f", "script"], rule);
}
