//! Shared by all test binaries: a sandbox to run the hook in, a receiver to send to, and trials
//! that name the tools they need.
#![allow(dead_code, unused_imports)] // each test binary uses only a part of it

pub mod connection;
pub mod invocation;
pub mod outcome;
pub mod platform;
pub mod process;
pub mod receiver;
pub mod sandbox;
pub mod trials;

pub use connection::{Connection, Request};
pub use invocation::Invocation;
pub use outcome::Outcome;
pub use receiver::{Behaviour, Receiver};
pub use sandbox::{EVENT, Sandbox};
pub(crate) use trials::trials;

/// Runs the trials of a test binary. The exit status is libtest's.
pub fn conclude(trials: Vec<libtest_mimic::Trial>) -> std::process::ExitCode {
    libtest_mimic::run(&arguments(), trials).exit_code()
}

/// The command-line arguments of a test binary. Each `main` calls this first, because it also
/// restores the default action of ignored signals.
pub fn arguments() -> libtest_mimic::Arguments {
    platform::restore_default_signals();
    libtest_mimic::Arguments::from_args()
}
