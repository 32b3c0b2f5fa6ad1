//! The hook files as such.

use crate::common::Sandbox;
use crate::common::trials::{tool_path, trials};
use crate::shell::{SHELLS, Shell};
use libtest_mimic::Trial;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub fn trials() -> Vec<Trial> {
    trials![
        shellcheck_finds_nothing needs ["shellcheck"],
        fish_finds_nothing needs ["fish", "fish_indent"],
        powershell_would_parse_its_hook needs ["tree_sitter_powershell"],
        init_prints_the_hook_file,
        init_powershell_prints_its_hook_file,
    ]
}

#[track_caller]
fn finds_nothing(tool: &str, arguments: &[&str], file: PathBuf) {
    let output = Command::new(tool_path(tool).expect("the tool"))
        .args(arguments)
        .arg(file)
        .output()
        .expect("it runs");
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
}

fn shellcheck_finds_nothing() {
    finds_nothing(
        "shellcheck",
        &["--norc", "--shell=sh", "--severity=style"],
        Shell::Dash.hook_file(),
    );
}

fn fish_finds_nothing() {
    finds_nothing("fish", &["--no-config", "--no-execute"], Shell::Fish.hook_file());
    finds_nothing("fish_indent", &["--check"], Shell::Fish.hook_file());
}

/// Parsed as its grammar has it, by somebody else's parser: PowerShell itself has not run it.
fn powershell_would_parse_its_hook() {
    const PARSE: &str = "import sys, tree_sitter, tree_sitter_powershell as powershell
parser = tree_sitter.Parser(tree_sitter.Language(powershell.language()))
sys.exit(parser.parse(sys.stdin.buffer.read()).root_node.has_error)";
    let folder = std::env::var_os("DOCGLOW_RECEIVERS_VENV").expect("DOCGLOW_RECEIVERS_VENV");
    let python = PathBuf::from(folder).join("bin/python");
    let parses = |text: &str| {
        let mut parser = Command::new(&python)
            .args(["-c", PARSE])
            .stdin(Stdio::piped())
            .spawn()
            .expect("Python");
        parser
            .stdin
            .take()
            .expect("a pipe")
            .write_all(text.as_bytes())
            .expect("a parser that reads");
        parser.wait().expect("its end").success()
    };
    let hook = fs::read_to_string(powershell_hook_file()).expect("the hook file");
    assert!(parses(&hook));
    assert!(!parses(&hook.replacen('}', "", 1)));
}

fn powershell_hook_file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("hooks/docglow.ps1")
}

fn init_powershell_prints_its_hook_file() {
    let out = Sandbox::new().command(["init", "powershell"]).run();
    let hook = fs::read_to_string(powershell_hook_file()).expect("the hook file");
    assert_eq!(out.assert_success().stdout(), hook);
}

fn init_prints_the_hook_file() {
    for shell in SHELLS {
        let line = shell.set_up();
        let name = line
            .split_once("init ")
            .expect("the set-up line")
            .1
            .trim_end_matches([')', '"'])
            .trim_end_matches(" | source");
        let out = Sandbox::new().command(["init", name]).run();
        assert_eq!(
            out.stdout(),
            fs::read_to_string(shell.hook_file()).expect("the hook file"),
            "{name}"
        );
        assert_eq!((out.status.code(), out.stderr()), (Some(0), ""));
    }
}
