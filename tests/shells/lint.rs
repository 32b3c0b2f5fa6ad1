//! Checks of the hook files themselves.

use crate::common::Sandbox;
use crate::common::trials::{tool_path, trials};
use docglow_telemetry::commands::init::SHELLS;
use libtest_mimic::Trial;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub fn trials() -> Vec<Trial> {
    trials![
        a_line_of_the_hooks_has_at_most_100_columns,
        shellcheck_finds_nothing needs ["shellcheck", "bash"],
        fish_finds_nothing needs ["fish", "fish_indent"],
        powershell_would_parse_its_hook needs ["tree_sitter_powershell"],
        init_prints_the_hook_files,
    ]
}

fn hook_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("hooks").join(name)
}

fn a_line_of_the_hooks_has_at_most_100_columns() {
    for shell in &SHELLS {
        let longest = shell.text.lines().map(str::len).max();
        assert!(longest.is_some_and(|length| length <= 100), "{}: {longest:?}", shell.name);
        assert!(shell.text.starts_with('\n') && shell.text.ends_with('\n'), "{}", shell.name);
    }
}

/// Runs a linter on a script, which is on its stdin or in the file of its last argument.
#[track_caller]
fn finds_nothing(tool: &str, arguments: &[&str], script: &str) {
    let mut child = Command::new(tool_path(tool).expect("the tool"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    child.stdin.take().expect("a pipe").write_all(script.as_bytes()).expect("a tool that reads");
    let output = child.wait_with_output().expect("its end");
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
}

fn shellcheck_finds_nothing() {
    let hook = fs::read_to_string(hook_file("docglow.sh")).expect("the hook file");
    // `typeset` may be missing. The hook handles that.
    let arguments = ["--norc", "--shell=sh", "--severity=style", "--exclude=SC3044", "-"];
    finds_nothing("shellcheck", &arguments, &hook);
    // The function, which is in quotes in the file.
    let print = ["--norc", "-c", ". \"$1\"; typeset -f docglow", "bash"];
    let mut bash = Command::new(tool_path("bash").expect("bash"));
    let function = bash.args(print).arg(hook_file("docglow.sh")).output().expect("bash").stdout;
    let function = String::from_utf8(function).expect("UTF-8");
    assert!(function.starts_with("docglow ()"), "{function}");
    finds_nothing("shellcheck", &arguments, &function);
}

fn fish_finds_nothing() {
    let hook = fs::read_to_string(hook_file("docglow.fish")).expect("the hook file");
    finds_nothing("fish", &["--no-config", "--no-execute", "/dev/stdin"], &hook);
    finds_nothing("fish_indent", &["--check"], &hook);
}

/// An independent parser accepts it. PowerShell itself has not run it.
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
    let hook = fs::read_to_string(hook_file("docglow.ps1")).expect("the hook file");
    assert!(parses(&hook));
    assert!(!parses(&hook.replacen('}', "", 1)));
}

fn init_prints_the_hook_files() {
    for (name, file) in [
        ("bash", "docglow.sh"),
        ("zsh", "docglow.sh"),
        ("sh", "docglow.sh"),
        ("ksh", "docglow.sh"),
        ("mksh", "docglow.sh"),
        ("fish", "docglow.fish"),
        ("powershell", "docglow.ps1"),
        ("nushell", "docglow.nu"),
        ("tcsh", "docglow.tcsh"),
        ("xonsh", "docglow.xsh"),
        ("elvish", "docglow.elv"),
    ] {
        let out = Sandbox::new().command(["init", name]).run();
        let hook = fs::read_to_string(hook_file(file)).expect("the hook file");
        assert_eq!(out.assert_success().stdout(), hook, "{name}");
        assert_eq!(out.stderr(), "");
    }
}
