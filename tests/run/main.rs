//! `run` with a `docglow` that does what each trial needs.

#[path = "../common/mod.rs"]
mod common;

mod ends;
mod off;
#[path = "../shells/pty.rs"]
#[allow(dead_code)] // only the tests of shells need some of it
mod pty;
mod question;
mod report;
mod scene;
mod shells;
mod signals;
mod terminal;
mod unchanged;

fn main() -> std::process::ExitCode {
    let mut trials = question::trials();
    trials.extend(unchanged::trials());
    trials.extend(ends::trials());
    trials.extend(signals::trials());
    trials.extend(terminal::trials());
    trials.extend(off::trials());
    trials.extend(report::trials());
    trials.extend(shells::trials());
    common::conclude(trials)
}
