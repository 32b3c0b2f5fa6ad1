//! The real docglow through the real shell hook, compared with docglow's own telemetry. The
//! environment variable `DOCGLOW_VENV` names the Python environment in which docglow 0.9.2 is
//! installed: `make conformance`.

#[path = "../common/mod.rs"]
mod common;

mod adopted;
mod command_lines;
mod commands;
mod consent;
mod oracle;
mod project;
mod random;
mod silent;

use libtest_mimic::{Failed, Trial};

fn main() -> std::process::ExitCode {
    // The longest one starts first.
    let mut trials = silent::trials();
    trials.extend(commands::trials());
    trials.extend(adopted::trials());
    trials.extend(command_lines::trials());
    trials.extend(consent::trials());
    if project::docglow().is_none() {
        trials = trials.iter().map(without_docglow).collect();
    }
    common::conclude(trials)
}

fn without_docglow(trial: &Trial) -> Trial {
    let reason = "needs DOCGLOW_VENV, the folder of a Python environment with docglow";
    Trial::test(trial.name(), move || Err(Failed::from(reason)))
        .with_kind("needs DOCGLOW_VENV")
        .with_ignored_flag(std::env::var_os("CI").is_none())
}
