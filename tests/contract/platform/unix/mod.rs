//! Linux and macOS.

mod installations;
mod links;
mod log;
mod modes;
mod slow_disk;
mod state;
mod stdin;

pub use modes::unwritable;

/// Lock files of writers. There are none, because a folder can be locked.
pub const LOCK_FILES: &[&str] = &[];

/// The rounds of the test with fifty first runs.
pub const ROUNDS: usize = 20;

/// The trials for this system only.
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
