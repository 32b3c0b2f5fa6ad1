//! Random command lines, judged by `report` and by docglow itself.
//!
//! `DOCGLOW_COMMAND_LINES` says how many, `DOCGLOW_SEED` which.

use crate::common::Sandbox;
use crate::common::trials::trials;
use crate::oracle::Oracle;
use crate::random::{Random, command_line, decoded, projects};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

const COMMAND_LINES: usize = 1_500;
const SEED: u64 = 9;

pub fn trials() -> Vec<Trial> {
    trials![random_command_lines_are_judged_as_docglow_judges_them]
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn random_command_lines_are_judged_as_docglow_judges_them() {
    let sandbox = Sandbox::new();
    let mut oracle = Oracle::start(&sandbox);
    let seed = number("DOCGLOW_SEED").unwrap_or(SEED);
    let count = number("DOCGLOW_COMMAND_LINES").map_or(COMMAND_LINES, |count| count as usize);
    let mut random = Random::new(seed);
    let projects = projects(&mut random, sandbox.root());
    let (mut events, mut differ, mut seen) = (0, Vec::new(), BTreeSet::new());
    for i in 0..count {
        let folder = &projects[random.below(projects.len())];
        let words = command_line(&mut random, &oracle.options, folder, &projects);
        let docglow = oracle.ask(folder, &words);
        let hook = report(&sandbox, folder, &words, docglow["status"] == 1);
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

/// What `report` would send for a docglow that has ended: with a status of its own where that counts, and else as if it had
/// worked, so that it is not the status that decides.
fn report(sandbox: &Sandbox, folder: &Path, words: &[OsString], failed: bool) -> Value {
    let status = if failed { "1" } else { "0" };
    let outcome = sandbox
        .command(["preview", "report", "--status", status, "--"])
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

/// docglow's event, with the models of the folder that it loads from. It has none of a docglow that ended before it loaded.
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
