//! The tests that should catch a mutant.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::tree::Tree;

/// A suite that takes this many times as long as with the original program has found the mutant.
const SLOWDOWN: u32 = 3;

/// Added to the limit of a suite, for a busy machine.
const GRACE: Duration = Duration::from_secs(20);

/// The limit of a suite with the original program.
const LONGEST: Duration = Duration::from_secs(1200);

/// The test that takes most of the contract's time. The others come first.
const SLOW: &str = "every_combination_beside";

/// Tests of many processes at the same time, which a busy machine may fail.
const UNCERTAIN: [&str; 4] = ["harness::", "simultaneous::", "of_five_hundred", "of_six_hundred"];

/// Stand for a test's name if a suite does not end in time, or ends without a result.
const LATE: &str = "(takes too long)";
const EARLY: &str = "(ends early)";

/// Some of the tests, to be run with each mutant.
pub struct Suite {
    pub name: &'static str,
    program: PathBuf,
    arguments: Vec<&'static str>,
    folder: PathBuf,
    binary: PathBuf,
    limit: Duration,
    /// Tests that fail with the original program, too.
    failing: HashSet<String>,
}

/// Builds the suites.
pub fn suites(tree: &Tree) -> Vec<Suite> {
    let arguments =
        "test --locked --no-run --lib --test contract --test hostile --message-format=json";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let output = tree.cargo(&arguments).output().expect("cargo");
    assert!(output.status.success(), "the mutated tests do not compile");
    let text = String::from_utf8_lossy(&output.stdout);
    let built: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let executable = |kind: &str, name: &str| {
        let artifact = built.iter().find(|artifact| {
            artifact["executable"].is_string()
                && artifact["target"]["kind"][0] == kind
                && artifact["target"]["name"] == name
        });
        let path = artifact.and_then(|artifact| artifact["executable"].as_str());
        PathBuf::from(path.unwrap_or_else(|| panic!("{kind} {name} was not built")))
    };
    let skipped = UNCERTAIN.iter().chain([&SLOW]);
    let fast = skipped.flat_map(|name| ["--skip", name]).collect();
    let binary = executable("bin", "docglow-telemetry");
    let suites = [
        ("unit tests", executable("lib", "docglow_telemetry"), vec![]),
        // Files and links of another user, which need root.
        ("hostile", executable("test", "hostile"), vec!["others::"]),
        ("contract", executable("test", "contract"), fast),
        ("slow", executable("test", "contract"), vec![SLOW]),
    ];
    suites
        .into_iter()
        .map(|(name, program, arguments)| {
            let folder = tree.root().to_owned();
            let limit = LONGEST;
            let binary = binary.clone();
            Suite { name, program, arguments, folder, binary, limit, failing: HashSet::new() }
        })
        .collect()
}

impl Suite {
    /// Runs the tests once with the original program.
    pub fn prepare(&mut self) {
        let start = Instant::now();
        self.failing = self.run(usize::MAX);
        let has_ended = !self.failing.iter().any(|name| [LATE, EARLY].contains(&&**name));
        assert!(has_ended, "{} do not run with the original program", self.name);
        self.limit = start.elapsed() * SLOWDOWN + GRACE;
        println!("{}: {:.1} s", self.name, start.elapsed().as_secs_f64());
        for test in &self.failing {
            println!("not counted, because it fails without a mutant: {test}");
        }
    }

    /// The name of a test that fails with the active mutant.
    pub fn catch(&self) -> Option<String> {
        self.run(1).into_iter().next()
    }

    /// The tests that fail and did not fail with the original program. Ends the suite after `most`.
    fn run(&self, most: usize) -> HashSet<String> {
        let mut suite = Command::new(&self.program)
            .args(&self.arguments)
            .current_dir(&self.folder)
            .env("DOCGLOW_TELEMETRY_BIN", &self.binary)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the tests");
        let lines = BufReader::new(suite.stdout.take().expect("its output")).lines();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut failed = HashSet::new();
        let end = Instant::now() + self.limit;
        let mut is_complete = false;
        while failed.len() < most {
            match receiver.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    is_complete |= line.starts_with("test result: ");
                    if let Some(name) = failure(&line).filter(|name| !self.failing.contains(name)) {
                        failed.insert(name);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    failed.insert(LATE.to_owned());
                    break;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    if !is_complete {
                        failed.insert(EARLY.to_owned());
                    }
                    break;
                }
            }
        }
        let _ = suite.kill();
        let _ = suite.wait();
        failed
    }
}

/// The name of the test in a line that says that it failed.
fn failure(line: &str) -> Option<String> {
    let name = line.strip_prefix("test ")?.strip_suffix("FAILED")?;
    Some(name.trim_end_matches([' ', '.']).to_owned())
}
