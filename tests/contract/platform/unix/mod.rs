//! Linux and macOS.

mod installations;
mod links;
mod log;
mod modes;
mod slow_disk;
mod state;
mod stdin;

pub use modes::unwritable;

/// Empty files whose locks writers hold: a folder can be locked here.
pub const LOCK_FILES: &[&str] = &[];

/// How often fifty first runs are tried.
pub const ROUNDS: usize = 20;

/// What is promised here only.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    let parts = [
        installations::trials(),
        links::trials(),
        log::trials(),
        modes::trials(),
        slow_disk::trials(),
        state::trials(),
        stdin::trials(),
    ];
    parts.into_iter().flatten().collect()
}
