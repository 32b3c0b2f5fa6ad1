//! A file in docglow's configuration folder that several processes change at the same time.

use std::fs::{self, File, TryLockError};
use std::io::{Error, ErrorKind, Result, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::platform::file::{
    WriteTarget, create_private, folder_of, is_absence, is_missing, lock_of, read_with_metadata,
    replace, sync_entry, with_suffix, without_links,
};
use crate::platform::owner::{self, OwnersRights};
use crate::platform::wait::wait_until;

/// A larger file was not written by this program or docglow.
const MAX_BYTES: u64 = 64 << 10;

/// How long to try to get the lock. A writer holds it for a few milliseconds, and for as long as
/// the disk needs to sync. A sender that holds it ends within 3 s.
pub const LOCK_PATIENCE: Duration = Duration::from_secs(3);

/// How long to wait between two tries for the lock.
pub const LOCK_RETRY: Duration = Duration::from_millis(5);

/// A text file in docglow's configuration folder.
///
/// Readers take no lock, because writers only ever replace the whole file. A writer holds a lock
/// from reading to replacing, so no change of another writer is lost. A change survives a power
/// failure.
///
/// In another user's home, root takes that user's rights to replace an existing file, and creates
/// no new file.
#[derive(Clone, Debug)]
pub struct SharedFile(PathBuf);

/// The content of a file.
#[derive(Default)]
pub struct Content {
    pub text: String,
    /// Whether this user or root owns the file. For root in another user's home it is false, unless
    /// root could take that user's rights.
    pub is_own: bool,
}

impl SharedFile {
    /// The file of this name in `folder`.
    pub fn in_folder(folder: &Path, name: &str) -> SharedFile {
        SharedFile(folder.join(name))
    }

    /// The path of the file, whether it exists or not.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Reads the file, in another user's home with that user's rights, if possible. A missing file
    /// reads as empty, and so does a file that is too large, not UTF-8 or not a regular file.
    ///
    /// # Errors
    /// Those of reading a file that exists. Such a file must not be replaced.
    pub fn read(&self) -> Result<Content> {
        // By default, there is no file, and the owners of its parent folders need not be known.
        if is_missing(&self.0) {
            return Ok(Content::default());
        }
        let rights = OwnersRights::take(folder_of(&self.0));
        let content = read(&self.0)?;
        Ok(Content { is_own: content.is_own && rights.is_ok(), ..content })
    }

    /// Whether all links on the path are this user's or root's.
    pub fn has_only_trusted_links(&self) -> bool {
        without_links(&self.0).is_ok()
    }

    /// Replaces the content with the result of `change`; `None` keeps it. Waits for the lock for at
    /// most `patience`.
    ///
    /// # Errors
    /// `WouldBlock` if another process keeps the lock, and those of reading and writing the file.
    /// The file is then unchanged, unless the disk is broken.
    pub fn update(
        &self,
        patience: Duration,
        change: impl FnOnce(Content) -> Option<String>,
    ) -> Result<()> {
        let target = WriteTarget::prepare(&self.0)?;
        if target.is_anothers && is_missing(&target.path) {
            return Err(Error::new(ErrorKind::PermissionDenied, "the folder is another user's"));
        }
        let _lock = lock(&target.path, patience)?;
        match change(read(&target.path)?) {
            Some(text) => write(&target, &text),
            None => Ok(()),
        }
    }
}

fn read(path: &Path) -> Result<Content> {
    match read_with_metadata(path, MAX_BYTES) {
        Ok((bytes, file)) => Ok(Content {
            text: String::from_utf8(bytes).unwrap_or_default(),
            is_own: owner::is_trusted(&file),
        }),
        // This program's own errors: the path is not a regular file, or the file is too large.
        Err(error) if error.raw_os_error().is_none() || is_absence(&error) => {
            Ok(Content::default())
        }
        Err(error) => Err(error),
    }
}

/// Writes the whole file, or leaves it unchanged. A new file is for this user alone. A file of
/// another user's keeps its owner and its mode.
fn write(target: &WriteTarget, text: &str) -> Result<()> {
    let before = if target.is_anothers { Some(fs::metadata(&target.path)?) } else { None };
    let temporary = with_suffix(&target.path, ".new");
    // A writer that was killed may have left it.
    let _ = fs::remove_file(&temporary);
    let written = create_private(&temporary)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            before.map_or(Ok(()), |before| file.set_permissions(before.permissions()))?;
            file.sync_all()
        })
        .and_then(|()| replace(&temporary, &target.path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    // Without this, a power failure could bring the old file back.
    written.and_then(|()| sync_entry(&target.path))
}

/// Locks the file `target` until the result is dropped. The kernel also unlocks it when the process
/// ends.
fn lock(target: &Path, patience: Duration) -> Result<File> {
    let file = lock_of(target)?;
    // Any other error means that the file system does not support locks. docglow itself never locks
    // the file.
    let is_taken = || !matches!(file.try_lock(), Err(TryLockError::WouldBlock));
    if wait_until(patience, LOCK_RETRY, is_taken) {
        Ok(file)
    } else {
        Err(Error::new(ErrorKind::WouldBlock, "another process is writing the file"))
    }
}
