//! No text of the caller's leaves the machine: property tests with marked secrets in events and
//! surroundings.

#[path = "../common/mod.rs"]
mod common;
mod events;
mod parsing;
mod secrets;
mod sending;
#[path = "../fuzz/vocabulary.rs"]
mod vocabulary;
mod world;

fn main() -> std::process::ExitCode {
    common::conclude(
        [secrets::trials(), parsing::trials(), sending::trials()].into_iter().flatten().collect(),
    )
}

/// Runs a property on this many cases, which are the same each time.
fn for_all<S: proptest::strategy::Strategy>(
    cases: u32,
    strategy: &S,
    mut test: impl FnMut(S::Value),
) {
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(
        Config { cases, failure_persistence: None, ..Config::default() },
        rng,
    );
    // `run` requires a `Fn`, although the cases run one after the other.
    let test = std::cell::RefCell::new(&mut test);
    let outcome = runner.run(strategy, |value| {
        (test.borrow_mut())(value);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
