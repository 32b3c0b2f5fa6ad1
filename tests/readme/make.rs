//! `make demo`, `make install` and `make uninstall`, with the binary under test.

use crate::common::sandbox::binary;
use crate::common::{Sandbox, trials};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        make_demo_shows_the_request_that_arrived needs ["make", "rustc"],
        make_uninstall_removes_every_file_of_make_install needs ["make"],
    ]
}

/// Runs make in the repository, as if the binary under test had just been built. Other outputs go
/// into the sandbox.
fn make(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let mut make = Command::new("make");
    make.args(["--silent", "--old-file=all"]).args(arguments);
    make.arg(format!("BINARY={}", binary().display()));
    make.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    for name in ["MAKEFLAGS", "MFLAGS", "MAKELEVEL"] {
        make.env_remove(name);
    }
    let output = make.env("CARGO_TARGET_DIR", sandbox.root()).output().expect("make");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

fn make_demo_shows_the_request_that_arrived() {
    let shown = make(&Sandbox::new(), &["demo"]);
    let (event, request) = shown.split_once("The request, as it arrived at ").expect("a request");
    assert!(event.contains("\"duration\": ") || event.contains("\"duration_ms\": "), "{event}");
    for line in ["POST /v1/telemetry/events HTTP/1.1\n", "  \"schema_version\": 1,\n"] {
        assert!(request.contains(line), "{request}");
    }
}

/// The files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    let mut files: Vec<_> = entries.flat_map(below).collect();
    files.sort();
    files
}

fn make_uninstall_removes_every_file_of_make_install() {
    let sandbox = Sandbox::new();
    let root = sandbox.root().join("root");
    let destination = format!("DESTDIR={}", root.display());
    let arguments = |target| [target, destination.as_str(), "PREFIX=/usr"];
    make(&sandbox, &arguments("install"));
    let installed = files(&root);
    let program = root.join("usr/bin/docglow-telemetry");
    assert_eq!(installed.first(), Some(&program), "{installed:?}");
    // The manual, and the completions of three shells.
    assert_eq!(installed.len(), 5, "{installed:?}");
    assert_eq!(fs::read(&program).expect("it"), fs::read(binary()).expect("the binary"));
    make(&sandbox, &arguments("uninstall"));
    assert_eq!(files(&root), [] as [PathBuf; 0]);
}
