//! Tests for one system only, with the same names for each system.

mod installations;

#[cfg(unix)]
#[path = "unix/mod.rs"]
mod system;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod system;

pub use system::{LOCK_FILES, ROUNDS, trials, unwritable};
