//! Limits how many senders of one user send at the same time, so that a loop behind a firewall does
//! not fill the machine's memory. Further senders wait for a moment, and then give up.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use crate::platform::file::{create_private_folder, open_lock, without_links};
use crate::platform::wait::wait_until;

/// An active sender needs about 3 MB for at most 3 s. One that waits needs less than 1 MB.
const MAX_SENDERS: u32 = 64;

/// How long a sender waits for a slot. If the receiver answers, a burst of events gets through in
/// this time.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long to wait between two tries.
const RETRY: Duration = Duration::from_millis(20);

/// One of the limited places for senders. The kernel frees it when the process ends in any way.
pub struct Slot {
    _locked: Option<File>,
}

impl Slot {
    /// Takes a slot by locking one of a fixed number of empty files in docglow's configuration
    /// folder. Returns `None` if all slots stay taken. If the lock files cannot be created, there
    /// is no limit.
    pub fn take(state_folder: Option<&Path>) -> Option<Slot> {
        Slot::lock_one(state_folder).unwrap_or(Some(Slot { _locked: None }))
    }

    fn lock_one(state_folder: Option<&Path>) -> io::Result<Option<Slot>> {
        let folder = state_folder.ok_or(ErrorKind::NotFound)?.join("senders");
        let folder = without_links(&folder)?;
        create_private_folder(&folder)?;
        let open = |number: u32| open_lock(&folder.join(number.to_string()));
        for number in 0..MAX_SENDERS {
            let file = open(number)?;
            match file.try_lock() {
                Ok(()) => return Ok(Some(Slot { _locked: Some(file) })),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        // All slots are taken. It is enough to wait for one of them: the process ids spread the
        // waiting senders over the slots.
        let file = open(std::process::id() % MAX_SENDERS)?;
        let is_taken = wait_until(PATIENCE, RETRY, || file.try_lock().is_ok());
        Ok(is_taken.then_some(Slot { _locked: Some(file) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_run_out_and_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut taken: Vec<Slot> =
            (0..MAX_SENDERS).map(|_| Slot::take(Some(folder.path())).unwrap()).collect();
        assert!(Slot::take(Some(folder.path())).is_none());
        taken.clear();
        assert!(Slot::take(Some(folder.path())).is_some());
    }

    #[test]
    fn a_folder_that_cannot_be_written_stops_nobody() {
        assert!(Slot::take(None).is_some());
        assert!(Slot::take(Some(Path::new("/dev/null"))).is_some());
    }
}
