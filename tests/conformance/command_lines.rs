//! Compares `report` with docglow itself for random command lines. `report` gets docglow's own exit
//! status.
//!
//! `DOCGLOW_COMMAND_LINES` sets their number, and `DOCGLOW_SEED` the random seed.

use crate::common::Sandbox;
use crate::common::trials::trials;
use crate::oracle::Oracle;
use crate::random::{FILES, Random, command_line, decoded, projects};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

const COMMAND_LINES: usize = 1_500;
const SEED: u64 = 9;

pub fn trials() -> Vec<Trial> {
    trials![
        random_command_lines_are_judged_as_docglow_judges_them,
        any_docglow_is_reported_if_it_began_its_work,
    ]
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn random_command_lines_are_judged_as_docglow_judges_them() {
    let sandbox = Sandbox::new();
    let mut oracle = Oracle::start(&sandbox, None);
    let seed = number("DOCGLOW_SEED").unwrap_or(SEED);
    let count = number("DOCGLOW_COMMAND_LINES").map_or(COMMAND_LINES, |count| count as usize);
    let mut random = Random::new(seed);
    let projects = projects(&mut random, sandbox.root());
    let (mut events, mut differ, mut seen) = (0, Vec::new(), BTreeSet::new());
    for i in 0..count {
        let folder = &projects[random.below(projects.len())];
        let words = command_line(&mut random, &oracle.options, folder, &projects);
        let docglow = oracle.ask(folder, &words);
        let hook = report(&sandbox, folder, &words, &docglow);
        let expected = expected(&docglow, folder);
        if !expected.is_null() {
            events += 1;
            seen.extend(
                words.iter().filter_map(|word| Some(word.to_str()?.split('=').next()?.to_owned())),
            );
        }
        if !agree(&hook, &expected) {
            differ.push(format!(
                "{i}: in {folder:?}: docglow {words:?}\n  docglow: {expected}, {docglow}\n  report: {hook}"
            ));
        }
    }
    println!(
        "{count} random command lines (seed {seed}), {events} of them events: {} differ",
        differ.len()
    );
    assert!(differ.is_empty(), "seed {seed}\n{}", differ.join("\n"));
    assert!(events > count / 4 && events < count, "{events} events");
    let unseen: Vec<_> = oracle
        .options
        .values()
        .flat_map(|options| options.keys())
        .filter(|name| !seen.contains(*name))
        .collect();
    assert!(unseen.is_empty() || count < COMMAND_LINES, "no event with {unseen:?}");
}

const OLDER_COMMAND_LINES: usize = 200;

fn any_docglow_is_reported_if_it_began_its_work() {
    let versions =
        std::env::var_os("DOCGLOW_OLDER").expect("DOCGLOW_OLDER, made by make conformance");
    let mut versions: Vec<_> = fs::read_dir(versions)
        .expect("a folder for each version")
        .map(|entry| entry.expect("a folder").path())
        .collect();
    versions.sort();
    assert!(versions.len() >= 4, "{versions:?}");
    for version in versions {
        let sandbox = Sandbox::new();
        let mut oracle = Oracle::start(&sandbox, Some(&version));
        let mut random = Random::new(SEED);
        // Only docglow 0.9.2 fails to load some of the files.
        let projects = projects(&mut random, sandbox.root()).split_off(FILES.len());
        let (mut events, mut differ) = (0, Vec::new());
        for i in 0..OLDER_COMMAND_LINES {
            let folder = &projects[random.below(projects.len())];
            let words = command_line(&mut random, &oracle.options, folder, &projects);
            let docglow = oracle.ask(folder, &words);
            let hook = report(&sandbox, folder, &words, &docglow);
            let result = if docglow["status"] == 1 { "error" } else { "success" };
            let agrees = match (docglow["started"] == true, &docglow["status"]) {
                (true, _) => hook["result"] == result,
                // It ended between parsing and its actual work, so both results are right.
                (false, status) if status == 1 => hook.is_null() || hook["result"] == "error",
                (false, _) => hook.is_null(),
            };
            events += usize::from(docglow["started"] == true);
            if !agrees {
                differ.push(format!(
                    "{i}: in {folder:?}: docglow {words:?}\n  docglow: {docglow}\n  report: {hook}"
                ));
            }
        }
        let name = version.file_name().expect("a name").to_string_lossy();
        println!(
            "docglow {name}: {events} of {OLDER_COMMAND_LINES} are events, {} differ",
            differ.len()
        );
        assert!(differ.is_empty(), "docglow {name}\n{}", differ.join("\n"));
        assert!(events > OLDER_COMMAND_LINES / 4, "{events} events");
    }
}

/// The event that `report` would send for this command line and docglow's exit status. `serve` is
/// reported when it starts, so it has no exit status yet.
fn report(sandbox: &Sandbox, folder: &Path, words: &[OsString], docglow: &Value) -> Value {
    let is_serve = words.iter().take(2).any(|word| word == "serve");
    let status = if is_serve { "0".to_owned() } else { docglow["status"].to_string() };
    let outcome = sandbox
        .command(["preview", "report", "--status", &status, "--"])
        .args(words)
        .folder(folder)
        .on()
        .run();
    outcome.assert_success();
    let body =
        outcome.stdout().lines().last().and_then(|line| serde_json::from_str::<Value>(line).ok());
    body.map_or(Value::Null, |body| {
        json!({
            "command": body["command"], "result": body["result"], "features_used": body["features_used"],
            "models": body["project_shape"]["models"],
        })
    })
}

/// docglow's event, with the models of the folder that it loads. If docglow ended before loading,
/// the event has no models.
fn expected(docglow: &Value, folder: &Path) -> Value {
    let mut event = docglow["event"].clone();
    if let (Some(event), Some(target)) = (event.as_object_mut(), docglow["target"].as_str()) {
        let manifest =
            fs::read(folder.join(decoded(target)).join("manifest.json")).unwrap_or_default();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap_or_default();
        event.insert(
            "models".into(),
            manifest["nodes"].as_object().map_or(0, |nodes| nodes.len()).into(),
        );
    }
    event
}

fn agree(hook: &Value, expected: &Value) -> bool {
    let mut hook = hook.clone();
    if let (Some(hook), true) = (hook.as_object_mut(), expected["models"].is_null()) {
        hook.remove("models");
    }
    hook == *expected
}
