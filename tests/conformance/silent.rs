//! How long a command takes if the endpoint never answers.

use crate::common::trials::trials;
use crate::common::{Behaviour, Receiver};
use crate::project::{Project, Reporter};
use libtest_mimic::Trial;
use std::time::Duration;

const ROUNDS: usize = 5;

pub fn trials() -> Vec<Trial> {
    trials![generate_does_not_wait_for_a_silent_endpoint needs ["bash"]]
}

fn generate_does_not_wait_for_a_silent_endpoint() {
    let project = Project::new();
    let receiver = Receiver::start(Behaviour::Silent);
    project.warm_up("docglow generate");
    let generate =
        |reporter| project.script("bash", reporter, "docglow generate").on().to(&receiver);
    let runs = [
        generate(Reporter::Docglow).env("DOCGLOW_NO_TELEMETRY", "1"),
        generate(Reporter::DetachedHook),
        generate(Reporter::Docglow),
    ];
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (run, times) in runs.iter().zip(&mut times) {
            let outcome = run.run();
            assert!(outcome.status.success(), "{outcome:?}");
            times.push(outcome.wall);
        }
    }
    let [off, hook, docglow] = times.map(|mut times| {
        times.sort();
        times[ROUNDS / 2]
    });
    println!(
        "docglow generate, silent endpoint, median of {ROUNDS}: off {off:?}, hook {hook:?}, docglow alone {docglow:?}"
    );
    // Half of the time that docglow itself waits: one of its attempts has a time limit of 2 s.
    assert!(
        docglow > off + Duration::from_secs(1),
        "docglow did not wait: {docglow:?}, off {off:?}"
    );
    assert!(hook < off + (docglow - off) / 4, "with the hook {hook:?}, off {off:?}");
    assert_eq!(receiver.wait_for(2 * ROUNDS, Duration::from_secs(10)).len(), 2 * ROUNDS);
}
