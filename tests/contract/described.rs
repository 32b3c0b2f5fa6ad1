//! The texts about each word, variable and shell. They are written by hand, so the tests here only
//! say which one is missing.

#[path = "../fuzz/vocabulary.rs"]
#[allow(dead_code)] // only the lists are used
mod reference;

use crate::common::{Sandbox, trials};
use crate::decision::decided;
use crate::published::{features, path, read};
use docglow_telemetry::commands::init::SHELLS;
use docglow_telemetry::decision::environment::{VARIABLES, Variable, Visibility};
use docglow_telemetry::payload::ProjectShape;
use docglow_telemetry::payload::vocabulary::Adapter;
use std::ffi::OsStr;
use std::fs;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_reference_vocabulary_of_the_tests_is_complete,
        every_feature_is_described,
        every_variable_is_described,
        every_variable_that_decides_is_tested_and_exported_by_the_shell_functions,
        every_shell_is_described,
        every_shell_is_tested,
    ]
}

/// Panics unless the file has each of these texts. In the manual page, a dash has a backslash.
fn assert_has<'a>(file: &str, texts: impl IntoIterator<Item = &'a str>) {
    let content = read(file).replace("\\-", "-");
    let missing: Vec<&str> = texts.into_iter().filter(|text| !content.contains(text)).collect();
    assert!(missing.is_empty(), "describe {missing:?} in {file}");
}

/// The fuzzed properties find a word only in an event that has it, so this test compares the lists.
fn the_reference_vocabulary_of_the_tests_is_complete() {
    assert_eq!(features(), reference::FEATURES, "add it to tests/fuzz/vocabulary.rs");
    assert_eq!(ProjectShape::NAMES, reference::COUNTS, "add it to tests/fuzz/vocabulary.rs");
    let adapters = Adapter::published().collect::<Vec<_>>();
    let reference = reference::adapters().collect::<Vec<_>>();
    assert!(adapters == reference, "add it to tests/fixtures/adapters.txt");
}

fn every_feature_is_described() {
    let quoted: Vec<String> = features().iter().map(|word| format!("`{word}`")).collect();
    assert_has("hooks/README.md", quoted.iter().map(String::as_str));
}

fn every_variable_is_described() {
    let named = |file, is_named: fn(&Variable) -> bool| {
        let variables = VARIABLES.iter().filter(|variable| is_named(variable));
        assert_has(file, variables.map(|variable| variable.name));
    };
    named("hooks/README.md", |variable| variable.visibility != Visibility::Implied);
    named(".package/docglow-telemetry.1", |variable| variable.visibility != Visibility::Implied);
    named("README.md", |variable| {
        variable.visibility == Visibility::Shown || variable.name.starts_with("DOCGLOW")
    });
}

/// A variable of the shell that says off counts even if it is not exported.
fn every_variable_that_decides_is_tested_and_exported_by_the_shell_functions() {
    let sandbox = Sandbox::new();
    let default = decided(&sandbox, &[]);
    for variable in VARIABLES.iter().filter(|variable| variable.visibility == Visibility::Shown) {
        let decides = |value: &str| {
            let environment = [(variable.name, Some(OsStr::new(value)))];
            decided(&sandbox, &environment) != default
        };
        if decides("1") || decides("0") {
            for file in ["hooks/docglow.sh", "hooks/docglow.fish", "tests/contract/decision.rs"] {
                assert_has(file, [variable.name]);
            }
        }
    }
}

fn every_shell_is_described() {
    let commands: Vec<String> =
        SHELLS.iter().map(|shell| format!("docglow-telemetry init {} ", shell.name)).collect();
    assert_has("hooks/README.md", commands.iter().map(String::as_str));
    let names = || SHELLS.iter().map(|shell| shell.name);
    assert_has("README.md", names());
    assert_has(".package/docglow-telemetry.1", names());
    assert_has("src/help.txt", names());
    for shell in &SHELLS {
        let is_a_file_of_hooks = hook_files().any(|text| shell.text == text);
        assert!(is_a_file_of_hooks, "{}: its lines are in no file of hooks/", shell.name);
    }
}

/// Looks for the name in the tests, because a test of a shell runs only if the shell is installed.
fn every_shell_is_tested() {
    let tests = ["tests/shells/shell.rs", "tests/shells/lint.rs", "tests/run/shells.rs"].map(read);
    for shell in &SHELLS {
        let name = format!("\"{}\"", shell.name);
        let is_tested = tests.iter().any(|text| text.contains(&name));
        assert!(is_tested, "{name} is in no test of tests/shells or tests/run/shells.rs");
    }
}

fn hook_files() -> impl Iterator<Item = String> {
    let files = fs::read_dir(path("hooks")).expect("hooks").flatten();
    files.map(|file| fs::read_to_string(file.path()).expect("a text"))
}
