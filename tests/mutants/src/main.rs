//! `make mutants`: changes the program in one place at a time, and expects a test to fail.
//!
//! All mutants of the given files are compiled into one program. A file contains the number of the
//! mutant that is active, so a mutant needs no build of its own. The unit tests run first. The
//! hostile tests about other users and the contract tests run the mutated binary if they pass.

mod mutate;
mod tests;
mod tree;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use mutate::Mutant;
use tree::Tree;

/// The lines `KEY – REASON` of mutants that do not change the program's behaviour.
const EQUIVALENTS: &str = "tests/mutants/equivalent.txt";

/// The share of mutants, except equivalent ones, that the tests must find, in percent.
const TARGET: usize = 95;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().expect("the folder for the mutated tree");
    let files: Vec<PathBuf> = arguments.collect();
    let mut tree = Tree::new(&folder, files);
    let mutants = tree.build();
    let mut suites = tests::suites(&tree);
    println!("{} mutants", mutants.len());
    let mut survivors: Vec<&Mutant> = mutants.iter().collect();
    let start = Instant::now();
    for suite in &mut suites {
        tree.activate(0);
        suite.prepare();
        survivors.retain(|mutant| {
            tree.activate(mutant.number);
            let begin = Instant::now();
            let caught = suite.catch();
            let by = caught.as_deref().unwrap_or("SURVIVED");
            let seconds = begin.elapsed().as_secs_f64();
            println!(
                "{}: {seconds:.1} s: {} (line {}): {by}",
                suite.name,
                mutant.key(),
                mutant.line
            );
            caught.is_none()
        });
    }
    tree.activate(0);
    let seconds = start.elapsed().as_secs_f64() / mutants.len().max(1) as f64;
    println!("\n{seconds:.1} s a mutant");
    report(&mutants, &survivors)
}

/// Prints the result. Fails if too few mutants were caught, or if the list of equivalents is wrong.
fn report(mutants: &[Mutant], survivors: &[&Mutant]) -> ExitCode {
    let list = std::fs::read_to_string(EQUIVALENTS).unwrap_or_default();
    let reasons: BTreeMap<&str, &str> = list
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split_once(" – ").expect("KEY – REASON"))
        .collect();
    let surviving: HashSet<String> = survivors.iter().map(|mutant| mutant.key()).collect();
    let mut is_right = true;
    for mutant in mutants {
        if reasons.contains_key(&*mutant.key()) && !surviving.contains(&mutant.key()) {
            println!("not equivalent, because a test caught it: {}", mutant.key());
            is_right = false;
        }
    }
    let built: HashSet<&str> = mutants.iter().map(|mutant| mutant.file.as_str()).collect();
    let keys: HashSet<String> = mutants.iter().map(Mutant::key).collect();
    for key in reasons.keys() {
        let file = key.split_once(": ").map_or("", |(file, _)| file);
        if !keys.contains(*key) && (built.contains(file) || !Path::new(file).exists()) {
            println!("listed as equivalent, but no longer a mutant: {key}");
            is_right = false;
        }
    }
    let missed: Vec<_> =
        survivors.iter().filter(|mutant| !reasons.contains_key(&*mutant.key())).collect();
    let equivalent = survivors.len() - missed.len();
    for mutant in &missed {
        println!("survived: {} (line {})", mutant.key(), mutant.line);
    }
    let (caught, all) = (mutants.len() - survivors.len(), mutants.len() - equivalent);
    println!(
        "{} mutants: {caught} caught, {equivalent} equivalent, {} survived: {:.1} % of {all}",
        mutants.len(),
        missed.len(),
        100.0 * caught as f64 / all.max(1) as f64
    );
    ExitCode::from(u8::from(!is_right || caught * 100 < TARGET * all))
}
