//! The subcommands: what the caller waits for.

pub mod consent;
pub mod hook;
pub mod log;
pub mod prompt;
pub mod run;
pub mod status;
