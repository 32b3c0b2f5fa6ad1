//! A file in docglow's configuration folder that several processes change at the same time.

use std::fs::{self, File, TryLockError};
use std::io::{Error, ErrorKind, Result, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::platform::file::{
    behind_links, create_private, create_private_folder, is_absence, open_lock, read_regular,
    replace,
};
use crate::platform::owner::OwnersRights;

/// What is larger is not a file of this program's or of docglow's.
pub const MAX_BYTES: usize = 64 << 10;

/// How long to try for the lock. Its holders need it for a few milliseconds.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// How long to rest between two tries for the lock.
const LOCK_RETRY: Duration = Duration::from_millis(2);

/// A text file in docglow's configuration folder.
///
/// Readers take no lock, since the file is only ever replaced whole. Writers hold `….lock` from reading to replacing, so none
/// undoes what another has just written.
///
/// In another user's home, root replaces a file that is there, with that user's rights, and makes none.
#[derive(Clone, Debug)]
pub struct SharedFile {
    path: PathBuf,
    durability: Durability,
}

/// What a file must outlive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The machine's losing its power, right after it was written.
    OnDisk,
    /// The process alone; waiting for the disk would cost more than it is worth.
    InCache,
}

impl SharedFile {
    /// The file of this name in `folder`.
    pub fn in_folder(folder: &Path, name: &str, durability: Durability) -> SharedFile {
        SharedFile { path: folder.join(name), durability }
    }

    /// Where the file is or would be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file. What is there and is no text of at most [`MAX_BYTES`] reads as empty, as does no file at all.
    ///
    /// # Errors
    /// Those of a file that may not be read, and so must not be replaced.
    pub fn read(&self) -> Result<String> {
        match read_regular(&self.path, MAX_BYTES as u64) {
            Ok(bytes) => Ok(String::from_utf8(bytes).unwrap_or_default()),
            // An error of our own making: something else in its place, or a file too large for it.
            Err(error) if error.raw_os_error().is_none() || is_absence(&error) => Ok(String::new()),
            Err(error) => Err(error),
        }
    }

    /// The rights of the other user in whose home it lies, until they are dropped.
    ///
    /// # Errors
    /// Those of [`OwnersRights::take`].
    pub fn owners_rights(&self) -> Result<Option<OwnersRights>> {
        OwnersRights::take(folder_of(&self.path))
    }

    /// Replaces the file by what `change` makes of its text; `None` leaves it as it is.
    ///
    /// # Errors
    /// Those of reading and writing the file and of taking the lock; the file is then as it was before.
    pub fn update(&self, change: impl FnOnce(&str) -> Option<String>) -> Result<()> {
        let folder = folder_of(&self.path);
        let rights = self.owners_rights()?;
        if rights.is_none() {
            create_private_folder(folder)?;
        } else if fs::symlink_metadata(&self.path).is_err() {
            return Err(Error::new(ErrorKind::PermissionDenied, "the folder is another user's"));
        }
        let _lock = lock(&with_suffix(&self.path, ".lock"))?;
        match change(&self.read()?) {
            Some(text) => self.replace(&text, rights.is_some()),
            None => Ok(()),
        }
    }

    /// Writes the file whole or not at all. A link stays one. The file becomes this user's alone, but for one that is another
    /// user's, which is there and keeps its mode.
    fn replace(&self, text: &str, is_anothers: bool) -> Result<()> {
        let target = behind_links(&self.path)?;
        // A link of one's own may lead into another user's home.
        let rights = OwnersRights::take(folder_of(&target))?;
        let before =
            if is_anothers || rights.is_some() { Some(fs::metadata(&target)?) } else { None };
        let temporary = with_suffix(&target, ".new");
        // Left over by a writer that was killed.
        let _ = fs::remove_file(&temporary);
        let written = create_private(&temporary)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                before.map_or(Ok(()), |before| file.set_permissions(before.permissions()))?;
                if self.durability == Durability::OnDisk { file.sync_all() } else { Ok(()) }
            })
            .and_then(|()| replace(temporary.as_ref(), &target));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// Holds the lock until it is dropped. The kernel gives it back when its holder ends, however it ends.
fn lock(path: &Path) -> Result<File> {
    let file = open_lock(path)?;
    let give_up = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < give_up => sleep(LOCK_RETRY),
            Err(TryLockError::WouldBlock) => return Err(ErrorKind::TimedOut.into()),
            // A file system without locks: no worse than docglow, which takes none.
            Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
}
