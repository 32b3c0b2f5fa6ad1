//! What the standard library can't say to the system: one interface, a side for each system. All the `unsafe` code that runs
//! is below here (`lean.rs` is about linking), and so is every `cfg` of a system.
//!
//! A side has five modules: `input` (standard input, read with deadlines), `file` (files that anybody may have put there),
//! `folders` (where a user's configuration lives), `process` (starting the sender, and what the sender asks of the system for itself), `terminal` (asking a person).

#[cfg(not(unix))]
compile_error!("docglow-telemetry is for Linux and macOS; on Windows, build it inside WSL");

pub mod file;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(unix)]
pub use unix::{folders, input, process, terminal};
