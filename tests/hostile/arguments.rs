//! Nonsense command lines, and paths that are not text.

use crate::common::{EVENT, Receiver, Sandbox, trials};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_usage_error_is_printed_and_exits_with_0,
        paths_that_are_not_utf_8_stop_nothing needs ["Linux"],
        paths_to_nowhere_and_of_great_length_stop_nothing,
        variables_that_are_not_utf_8_stop_nothing,
    ]
}

fn not_utf_8() -> OsString {
    OsString::from_vec(b"\xff\xfe\x80 ".to_vec())
}

fn a_usage_error_is_printed_and_exits_with_0() {
    let sandbox = Sandbox::new();
    let dashed = OsString::from_vec(b"--\xff\xfe=\xff".to_vec());
    let lines: [&[&OsStr]; 8] = [
        &["--unknown".as_ref()],
        &["-x".as_ref()],
        &["--project-dir".as_ref()],
        &["--wait=yes".as_ref()],
        &["init".as_ref()],
        &["status".as_ref(), "enable".as_ref()],
        &[&dashed],
        &[&not_utf_8()],
    ];
    for line in lines {
        let outcome = sandbox.hook().on().args(line).stdin(EVENT).run();
        assert!(outcome.assert_success().stdout.is_empty(), "{outcome:?}");
        assert_eq!(outcome.stderr().lines().count(), 1, "{outcome:?}");
    }
    assert_eq!(std::fs::read_dir(sandbox.config_home()).unwrap().count(), 0);
}

fn paths_that_are_not_utf_8_stop_nothing() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let folder = sandbox.root().join(not_utf_8());
    std::fs::create_dir_all(folder.join("docglow")).unwrap();
    std::fs::write(folder.join("manifest.json"), r#"{"sources":{"a":{}}}"#).unwrap();
    std::fs::write(folder.join("docglow.yml"), "telemetry: {enabled: true}").unwrap();
    let hook = sandbox.hook().to(&receiver).debug().stdin(EVENT).env("XDG_CONFIG_HOME", &folder);
    let hook = hook
        .arg("--project-dir")
        .arg(&folder)
        .arg("--target-dir")
        .arg(&folder)
        .arg("--docglow")
        .arg(&folder);
    hook.run().assert_sent(&receiver.url(), "204");
    assert_eq!(receiver.only_request().json()["project_shape"]["sources"], 1);
    assert!(folder.join("docglow/telemetry.json").is_file());
}

fn paths_to_nowhere_and_of_great_length_stop_nothing() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let long = "x/".repeat(50_000);
    for path in ["", "/", ".", "/nowhere", "\n", "/dev/null", "/proc/self/mem", &long] {
        let hook = sandbox.hook().on().to(&receiver).debug().stdin(EVENT);
        let hook = hook.args(["--target-dir", path, "--docglow", path]);
        hook.run().assert_sent(&receiver.url(), "204");
        let outcome = hook.args(["--project-dir", path]).run();
        if path.is_empty() || Path::new(path).is_dir() {
            outcome.assert_sent(&receiver.url(), "204");
        } else {
            let why = "the project folder does not exist or cannot be read";
            assert_eq!(outcome.assert_not_sent(), why, "{path}");
        }
    }
}

fn variables_that_are_not_utf_8_stop_nothing() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let mut hook = sandbox.hook().on().to(&receiver).arg("--wait").stdin(EVENT);
    for name in
        ["DOCGLOW_VERCEL_BYPASS", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "CI"]
    {
        hook = hook.env(name, not_utf_8());
    }
    hook.clone().env(OsStr::from_bytes(b"\xff"), "x").run().assert_silent();
    assert_eq!(receiver.requests().len(), 1);
    for name in ["DOCGLOW_TELEMETRY", "DOCGLOW_NO_TELEMETRY"] {
        hook.clone().env(name, not_utf_8()).run().assert_silent();
    }
    assert_eq!(receiver.requests().len(), 1);
}
