//! The hook files as such.

use crate::common::Sandbox;
use crate::common::trials::{tool_path, trials};
use crate::shell::{SHELLS, Shell};
use libtest_mimic::Trial;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

pub fn trials() -> Vec<Trial> {
    trials![
        shellcheck_finds_nothing needs ["shellcheck"],
        fish_finds_nothing needs ["fish", "fish_indent"],
        init_prints_the_hook_file,
    ]
}

#[track_caller]
fn finds_nothing(tool: &str, arguments: &[&str], file: PathBuf) {
    let output = Command::new(tool_path(tool).expect("the tool")).args(arguments).arg(file).output().expect("it runs");
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
}

fn shellcheck_finds_nothing() {
    finds_nothing("shellcheck", &["--norc", "--shell=sh", "--severity=style"], Shell::Dash.hook_file());
}

fn fish_finds_nothing() {
    finds_nothing("fish", &["--no-config", "--no-execute"], Shell::Fish.hook_file());
    finds_nothing("fish_indent", &["--check"], Shell::Fish.hook_file());
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
        assert_eq!(out.stdout(), fs::read_to_string(shell.hook_file()).expect("the hook file"), "{name}");
        assert_eq!((out.status.code(), out.stderr()), (Some(0), ""));
    }
}
