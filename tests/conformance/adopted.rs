//! docglow with its client replaced as in hooks/ADOPT.md: its events are the same as docglow's own.

use crate::common::sandbox::binary;
use crate::common::trials::trials;
use crate::common::{Outcome, Receiver};
use crate::project::{DOCGLOW_LIMIT, Project, docglow};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PAGE: &str = include_str!("../../hooks/ADOPT.md");

/// `PORT` is in use, and `PROJECT` is the project's folder.
const COMMAND_LINES: [&str; 30] = [
    "generate",
    "generate --static",
    "generate --slim",
    "generate --skip-column-lineage",
    "generate --static --slim --skip-column-lineage",
    "generate --fail-under 100",
    "generate --fail-under 1",
    "generate --target-dir missing",
    "generate --target-dir=broken",
    "generate --project-dir PROJECT",
    "generate --project-dir PROJECT --static",
    "generate --title --slim",
    "generate --output-dir elsewhere",
    "generate --help",
    "generate --bogus",
    "generate --profile",
    "health",
    "health --format table",
    "health --format json",
    "health --format=markdown",
    "health --format xml",
    "health --fail-under 100",
    "health --project-dir PROJECT",
    "health --project-dir missing",
    "health --target-dir broken",
    "serve --no-open --dir target --port PORT",
    "serve --no-open --dir target --port=PORT --watch",
    "serve --no-open --dir missing --port PORT",
    "serve --no-open --dir target --bogus",
    "telemetry status",
];

pub fn trials() -> Vec<Trial> {
    trials![docglow_with_the_adopted_client_sends_the_same_events needs ["patch"]]
}

/// The first code block of the page in this language.
fn block(language: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```{language}\n")).expect("a code block");
    rest.split_once("```").expect("its end").0
}

/// The package of the real docglow with the page applied, beside the Python module and the hook, in
/// the layout of `pip install --target`.
fn adopted(folder: &Path) -> PathBuf {
    let packages = folder.join("adopted");
    fs::create_dir_all(packages.join("bin")).expect("a folder");
    symlink(binary(), packages.join("bin/docglow-telemetry")).expect("a link to the hook");
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pypi/python/docglow_telemetry");
    for package in [package_of_docglow(), module] {
        let copied = Command::new("cp").arg("-R").args([&package, &packages]).status();
        assert!(copied.expect("cp").success(), "{}", package.display());
    }
    fs::write(packages.join("docglow/telemetry/client.py"), block("python")).expect("the client");
    fs::write(folder.join("page.diff"), block("diff")).expect("the patch");
    let mut patch = Command::new("patch");
    patch
        .args(["--strip=1", "--fuzz=0", "--silent", "--input=../page.diff"])
        .current_dir(&packages);
    assert!(
        patch.stdin(Stdio::null()).status().expect("patch").success(),
        "the patch does not apply"
    );
    packages
}

fn package_of_docglow() -> PathBuf {
    let library = docglow().expect("DOCGLOW_VENV").with_file_name("../lib");
    let pythons = fs::read_dir(library).expect("the libraries").flatten();
    let mut packages = pythons.map(|python| python.path().join("site-packages/docglow"));
    packages.find(|package| package.is_dir()).expect("the package of docglow")
}

/// The exit statuses and events of all command lines, in a separate project.
fn run_all(adopted_client: bool) -> (String, Vec<Value>) {
    let (project, receiver) = (Project::new(), Receiver::answering());
    let folder = project.sandbox.project();
    fs::create_dir(folder.join("broken")).expect("a target folder");
    fs::write(folder.join("broken/manifest.json"), "{").expect("a broken manifest");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let lines = COMMAND_LINES.map(|line| {
        let line = line.replace("PROJECT", folder.to_str().expect("a UTF-8 path"));
        line.replace("PORT", &port).split(' ').map(str::to_owned).collect::<Vec<_>>()
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/adopted.py");
    let mut run =
        project.sandbox.hook().arg(script).on().to(&receiver).stdin(json!(lines).to_string());
    run.program = docglow().expect("DOCGLOW_VENV").with_file_name("python");
    run = run.env("LC_ALL", "C.UTF-8").env("PATH", "/usr/bin:/bin");
    if adopted_client {
        let packages = adopted(project.sandbox.root());
        run = run.env("PYTHONPATH", packages).env("DOCGLOW_TELEMETRY_WAIT", "1");
    }
    let outcome: Outcome = run.run_within(DOCGLOW_LIMIT);
    assert!(outcome.status.success(), "{outcome:?}");
    let requests = receiver.requests();
    let sender = if adopted_client { "docglow-telemetry/" } else { "docglow-cli-telemetry/" };
    let is_senders = |agent: Option<&str>| agent.is_some_and(|agent| agent.starts_with(sender));
    assert!(requests.iter().all(|request| is_senders(request.header("User-Agent"))), "{sender}");
    let events = requests.iter().map(|request| without_chance(request.json())).collect();
    (outcome.stdout().to_owned(), events)
}

/// The payload without the parts that differ each time.
fn without_chance(mut payload: Value) -> Value {
    assert_eq!(payload["instance_id"].take().as_str().map(str::len), Some(36));
    assert!(payload["duration_ms"].take().is_u64());
    payload
}

fn docglow_with_the_adopted_client_sends_the_same_events() {
    let (own, adopted) = (run_all(false), run_all(true));
    assert_eq!(own.0.lines().count(), COMMAND_LINES.len(), "{}", own.0);
    assert!(own.1.len() >= 20, "{} events", own.1.len());
    println!("{} command lines, {} events", COMMAND_LINES.len(), own.1.len());
    assert_eq!(adopted, own);
}
