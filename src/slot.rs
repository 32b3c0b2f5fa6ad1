//! How many senders of one user may be at work at once, so that a loop behind a firewall can't fill the machine.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// Each sender lives for at most 3 s and needs some 5 MB.
const MAX_SENDERS: usize = 64;

/// The right to be one of the senders. The kernel takes it back when the process ends, however it ends.
pub struct Slot {
    _locked: Option<File>,
}

impl Slot {
    /// Takes a slot: the lock on one of a fixed number of empty files in docglow's configuration folder. `None` where all
    /// are taken. Where the files or their locks can't be had, nobody is counted, and everybody may send.
    pub fn take(state_folder: Option<&Path>) -> Option<Slot> {
        const UNCOUNTED: Slot = Slot { _locked: None };
        let Some(folder) = state_folder.map(|folder| folder.join("senders")) else { return Some(UNCOUNTED) };
        if DirBuilder::new().recursive(true).mode(0o700).create(&folder).is_err() {
            return Some(UNCOUNTED);
        }
        // A FIFO in a slot's place must not block.
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        for number in 0..MAX_SENDERS {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
            let Ok(file) = options.open(folder.join(number.to_string())) else { return Some(UNCOUNTED) };
            match file.try_lock() {
                Ok(()) => return Some(Slot { _locked: Some(file) }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(_)) => return Some(UNCOUNTED),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_run_out_and_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut taken: Vec<Slot> = (0..MAX_SENDERS).map(|_| Slot::take(Some(folder.path())).unwrap()).collect();
        assert!(Slot::take(Some(folder.path())).is_none());
        taken.pop();
        assert!(Slot::take(Some(folder.path())).is_some());
    }

    #[test]
    fn a_folder_that_cannot_be_written_stops_nobody() {
        assert!(Slot::take(None).is_some());
        assert!(Slot::take(Some(Path::new("/dev/null"))).is_some());
    }
}
