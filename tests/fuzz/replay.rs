//! The fuzzed properties on stable Rust: the seed corpus, all findings, and a limited number of
//! mutations of both.

#[path = "../common/mod.rs"]
mod common;
mod mutation;
mod properties;

use std::fs;
use std::path::{Path, PathBuf};

use common::trials::trial;
use mutation::Mutator;
use properties::Property;

/// Enough to mutate each seed a few hundred times in one or two seconds.
const MUTATIONS: usize = 4_000;

fn main() -> std::process::ExitCode {
    let trials = properties::ALL.iter().flat_map(|property| {
        let seeds = format!("replay::{}_holds_for_every_seed_and_finding", property.name);
        let mutations = format!("replay::{}_holds_for_mutations_of_them", property.name);
        let check = |(_, bytes): &(PathBuf, Vec<u8>)| (property.check)(bytes);
        [
            trial(seeds, &[], move || inputs(property).iter().for_each(check)),
            trial(mutations, &[], move || mutate(property)),
        ]
    });
    common::conclude(trials.collect())
}

fn mutate(property: &Property) {
    let inputs: Vec<Vec<u8>> = inputs(property).into_iter().map(|(_, bytes)| bytes).collect();
    let mut mutator = Mutator::new(inputs);
    for _ in 0..MUTATIONS {
        let input = mutator.next_input();
        let outcome = std::panic::catch_unwind(|| (property.check)(&input));
        assert!(
            outcome.is_ok(),
            "{} fails for {:?}",
            property.name,
            String::from_utf8_lossy(&input)
        );
    }
}

/// The files in `corpus` and `findings`. For properties that read events, the fixtures are added.
fn inputs(property: &Property) -> Vec<(PathBuf, Vec<u8>)> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut folders = vec![
        tests.join("fuzz/corpus").join(property.name),
        tests.join("fuzz/findings").join(property.name),
    ];
    if ["event", "scanner"].contains(&property.name) {
        folders.push(tests.join("fixtures/events"));
    }
    let files = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let mut files: Vec<PathBuf> =
        files.map(|file| file.path()).filter(|path| path.is_file()).collect();
    files.sort();
    assert!(files.len() > 3, "{} has no corpus", property.name);
    files.into_iter().map(|path| (path.clone(), fs::read(path).expect("a seed"))).collect()
}
