//! The commands of the README, run as they stand there.

use crate::site::changed;
use std::process::Command;

const README: &str = include_str!("README.md");
const EXAMPLE_ID: &str = "90d9c317-33b3-4784-98a9-1d5ebf9aea23";

/// The lines behind the comment that a block begins with.
pub fn block(title: &str) -> String {
    let start = format!("```sh\n# {title}");
    let (_, rest) = README.split_once(&start).unwrap_or_else(|| panic!("no block {title:?}"));
    let (_, rest) = rest.split_once('\n').expect("a block");
    let (lines, _) = rest.split_once("```").expect("the end of a block");
    lines.to_owned()
}

/// The same for another id than the README's.
pub fn block_for(title: &str, instance_id: &str) -> String {
    changed(block(title), &[(EXAMPLE_ID, instance_id.to_owned())])
}

/// To run lines of a block, with each text on the left replaced.
pub fn shell(lines: String, changes: &[(&str, String)]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-euc", &changed(lines, changes)]);
    command
}

/// What it prints; panics where it fails or complains.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success() && output.stderr.is_empty(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}
