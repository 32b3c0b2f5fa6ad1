//! Runs the commands of the README.

use crate::site::changed;
use std::process::Command;

const README: &str = include_str!("README.md");
const EXAMPLE_ID: &str = "90d9c317-33b3-4784-98a9-1d5ebf9aea23";

/// The lines of the block that begins with this comment.
pub fn block(title: &str) -> String {
    let start = format!("```sh\n# {title}");
    let (_, rest) = README.split_once(&start).unwrap_or_else(|| panic!("no block {title:?}"));
    let (_, rest) = rest.split_once('\n').expect("a block");
    let (lines, _) = rest.split_once("```").expect("the end of a block");
    lines.to_owned()
}

/// This statement, which must be in a sentence of the README.
pub fn statement(text: &str) -> String {
    assert!(README.contains(&format!("`{text}`")), "the README lacks {text:?}");
    text.to_owned()
}

/// The block, with this id instead of the README's.
pub fn block_for(title: &str, instance_id: &str) -> String {
    changed(block(title), &[(EXAMPLE_ID, instance_id.to_owned())])
}

/// The text of a cell in the README's table of accidents.
pub fn cell(row: &str, column: &str) -> String {
    let (_, table) = README.split_once("## Accidents").expect("a table of accidents");
    let mut lines = table.lines().filter(|line| line.starts_with('|'));
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let head = cells(lines.next().expect("a head"));
    let place = head.iter().position(|cell| cell == column).expect("a column");
    let found = lines.map(cells).find(|cells| cells[1] == row);
    found.unwrap_or_else(|| panic!("no row {row:?}"))[place].clone()
}

/// A shell that runs the lines of a block, with each first text replaced by the second.
pub fn shell(lines: String, changes: &[(&str, String)]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-euc", &changed(lines, changes)]).env("TZ", "UTC");
    command
}

/// Runs the command and returns its output. Panics if it fails or prints an error.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success() && output.stderr.is_empty(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}
