//! A file in docglow's configuration folder that several processes change at the same time.

use std::fs::{self, File, TryLockError};
use std::io::{Error, ErrorKind, Result, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::platform::file::{
    create_private, create_private_folder, folder_of, is_absence, lock_of, read_with_metadata,
    replace, resolve_for_writing, sync_entry, without_links,
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
        let rights = self.owners_rights();
        let content = read(&self.0)?;
        Ok(Content { is_own: content.is_own && rights.is_ok(), ..content })
    }

    /// Whether all links on the path are this user's or root's.
    pub fn has_only_trusted_links(&self) -> bool {
        without_links(&self.0).is_ok()
    }

    /// Takes the rights of the other user in whose home the file is. Call it before any file is
    /// opened.
    fn owners_rights(&self) -> Result<Option<OwnersRights>> {
        OwnersRights::take(folder_of(&self.0))
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
        let rights = self.owners_rights()?;
        if rights.is_none() {
            create_private_folder(&without_links(folder_of(&self.0))?)?;
        } else if fs::symlink_metadata(&self.0).is_err() {
            return Err(Error::new(ErrorKind::PermissionDenied, "the folder is another user's"));
        }
        let target = resolve_for_writing(&self.0)?;
        // A link of this user's may lead into another user's home.
        let further_rights = OwnersRights::take(folder_of(&target))?;
        let is_anothers = rights.is_some() || further_rights.is_some();
        let _lock = lock(&target, patience)?;
        match change(read(&target)?) {
            Some(text) => write(&target, &text, is_anothers),
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
fn write(target: &Path, text: &str, is_anothers: bool) -> Result<()> {
    let before = if is_anothers { Some(fs::metadata(target)?) } else { None };
    let mut temporary = target.as_os_str().to_owned();
    temporary.push(".new");
    // A writer that was killed may have left it.
    let _ = fs::remove_file(&temporary);
    let written = create_private(temporary.as_ref())
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            before.map_or(Ok(()), |before| file.set_permissions(before.permissions()))?;
            file.sync_all()
        })
        .and_then(|()| replace(temporary.as_ref(), target));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    // Without this, a power failure could bring the old file back.
    written.and_then(|()| sync_entry(target))
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
