//! Linux and macOS.

mod installations;
mod modes;
mod state;
mod stdin;

pub use modes::unwritable;

/// How often fifty first runs are tried.
pub const ROUNDS: usize = 20;

/// What is promised here only.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    let parts = [installations::trials(), modes::trials(), state::trials(), stdin::trials()];
    parts.into_iter().flatten().collect()
}
