//! DuckDB and chdb, from PyPI.

use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A program that runs the statements on standard input, and prints the first column of the last
/// result.
const SHELL: &str = "import duckdb, sys
for row in duckdb.execute(sys.stdin.read()).fetchall():
    print(row[0])";

/// The Python of the virtual environment in which DuckDB and chdb are installed.
pub fn python() -> PathBuf {
    let folder = std::env::var_os("DOCGLOW_RECEIVERS_VENV").expect("DOCGLOW_RECEIVERS_VENV");
    PathBuf::from(folder).join("bin/python")
}

/// The first column of the last statement's result, which is JSON.
pub fn rows(statements: &str) -> Vec<Value> {
    let mut command = Command::new(python());
    command.args(["-c", SHELL]).env("TZ", "UTC").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("Python");
    child
        .stdin
        .take()
        .expect("a piped stdin")
        .write_all(statements.as_bytes())
        .expect("statements sent");
    let output = child.wait_with_output().expect("DuckDB's output");
    assert!(output.status.success(), "DuckDB refused: {statements}");
    let output = String::from_utf8(output.stdout).expect("rows in UTF-8");
    output.lines().map(|line| serde_json::from_str(line).expect("a row of JSON")).collect()
}
