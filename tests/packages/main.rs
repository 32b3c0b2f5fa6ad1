//! The packages: installing the wheel and the sdist, reproducible builds, and the binary for
//! another processor. `make packages` builds them and passes their paths. The Python tools need
//! PyPI.

#[path = "../common/mod.rs"]
mod common;
#[path = "../conformance/project.rs"]
#[allow(dead_code)]
mod project;

mod archives;
mod foreign;
mod installers;
mod module;
mod release;
mod source;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Ten times the time of a sender here.
const SENDER_LIFE: Duration = Duration::from_secs(5);

fn main() -> std::process::ExitCode {
    let mut trials = archives::trials();
    trials.extend(foreign::trials());
    trials.extend(installers::trials());
    trials.extend(module::trials());
    trials.extend(release::trials());
    trials.extend(source::trials());
    common::conclude(trials)
}

/// The folder or file in this variable, which `make packages` sets.
fn given(variable: &str) -> PathBuf {
    std::env::var_os(variable)
        .unwrap_or_else(|| panic!("{variable} is not set: `make packages`"))
        .into()
}

/// The only file of that folder with these words in its name.
fn only_file(folder: &std::path::Path, words: &[&str]) -> PathBuf {
    let names =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let has_all = |path: &PathBuf| words.iter().all(|word| path.to_string_lossy().contains(word));
    let found: Vec<PathBuf> = names.filter(has_all).collect();
    assert_eq!(found.len(), 1, "{words:?} in {}: {found:?}", folder.display());
    found.into_iter().next().expect("one file")
}

/// Runs the command and returns its output. Panics with the output if the command fails.
#[track_caller]
fn succeed(command: &mut Command) -> String {
    let output = command
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}", output.status);
    stdout
}
