//! What the standard library can't say to the system.

pub mod file;
pub mod process;
