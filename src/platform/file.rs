//! Access to files in folders that other users may be able to write to.

use std::fs::{self, File, Metadata};
use std::io::{Error, ErrorKind, Read, Result};
use std::path::{Path, PathBuf};

use super::owner::{self, OwnersRights};

use super::system::file::{create_folder, open_any_append};
pub use super::system::file::{
    create_private, is_absence, is_readable, lock_of, open_lock, open_regular, path_of_bytes,
    replace, sync_entry,
};

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// Those of [`open_regular`] and of reading, and `FileTooLarge`.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>> {
    read_with_metadata(path, limit).map(|(bytes, _)| bytes)
}

/// Reads a regular file of at most `limit` bytes, with its metadata.
///
/// # Errors
/// Those of [`read_regular`].
pub fn read_with_metadata(path: &Path, limit: u64) -> Result<(Vec<u8>, Metadata)> {
    let file = open_regular(path)?;
    let metadata = file.metadata()?;
    let mut bytes = Vec::with_capacity(metadata.len().min(limit) as usize + 1);
    // One more byte, to detect a file that is larger than `limit`.
    File::take(file, limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 <= limit {
        Ok((bytes, metadata))
    } else {
        Err(Error::from(ErrorKind::FileTooLarge))
    }
}

/// Opens this user's file to append to it. If the file does not exist and `may_create` is set,
/// creates it for this user alone. Does not follow a link, and never blocks.
///
/// # Errors
/// Those of opening; `InvalidInput` if it is not a regular file, and `PermissionDenied` if it is
/// another user's.
pub fn open_append(path: &Path, may_create: bool) -> Result<File> {
    let file = open_any_append(path, may_create)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "not a regular file"));
    }
    if !owner::is_trusted(&found) {
        return Err(Error::new(ErrorKind::PermissionDenied, "another user's file"));
    }
    Ok(file)
}

/// The entries of a folder: name and path. Names that are not UTF-8 are skipped. A folder that
/// cannot be read counts as empty.
pub fn entries(folder: PathBuf) -> impl Iterator<Item = (String, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
}

/// The folder that a file is in.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

/// Creates a folder and its missing parents, for this user alone, and writes them to the disk. An
/// existing folder stays as it is.
///
/// # Errors
/// Those of creating a folder and of [`sync_entry`].
pub fn create_private_folder(path: &Path) -> Result<()> {
    if fs::symlink_metadata(path).is_ok() || path.as_os_str().is_empty() {
        return Ok(());
    }
    create_private_folder(folder_of(path))?;
    match create_folder(path) {
        // Another process has created it in the meantime.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made.and_then(|()| sync_entry(path)),
    }
}

/// The most links in a path.
const MAX_LINKS: usize = 8;

/// The path with all links resolved. Its last parts need not exist yet.
///
/// # Errors
/// Those of `readlink(2)`; `PermissionDenied` for another user's link, because that user could
/// point it at any file of this user's; `InvalidInput` for an endless chain of links.
pub fn without_links(path: &Path) -> Result<PathBuf> {
    let mut resolved = path.to_path_buf();
    for _ in 0..=MAX_LINKS {
        let Some(link) = resolved.ancestors().filter(|part| is_link(part)).last() else {
            return Ok(resolved);
        };
        if !owner::is_trusted(&fs::symlink_metadata(link)?) {
            return Err(Error::new(ErrorKind::PermissionDenied, "another user's link"));
        }
        let target = folder_of(link).join(fs::read_link(link)?);
        let rest = resolved.strip_prefix(link).unwrap_or(Path::new(""));
        resolved = target.components().chain(rest.components()).collect();
    }
    Err(Error::new(ErrorKind::InvalidInput, "too many levels of symbolic links"))
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

/// Whether there is nothing at this path. A broken link counts as existing, and so does a file whose
/// metadata cannot be read.
pub fn is_missing(path: &Path) -> bool {
    fs::symlink_metadata(path)
        .is_err_and(|error| matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory))
}

/// The path with a suffix added to the file's name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// A file in docglow's configuration folder that is about to be written. While this value exists,
/// root has the rights of the other user in whose home the file is.
pub struct WriteTarget {
    /// The file, without links.
    pub path: PathBuf,
    /// Whether it is in another user's home. Root must not create a file there.
    pub is_anothers: bool,
    /// The rights of the file's user, then those of the link's user. Given back in this order.
    _rights: [Option<OwnersRights>; 2],
}

impl WriteTarget {
    /// Creates the missing folders of the file at `path`, except in another user's home. Call it
    /// before any file is opened.
    ///
    /// # Errors
    /// Those of [`OwnersRights::take`], [`resolve_for_writing`] and [`create_private_folder`].
    pub fn prepare(path: &Path) -> Result<WriteTarget> {
        let rights = OwnersRights::take(folder_of(path))?;
        if rights.is_none() {
            create_private_folder(&without_links(folder_of(path))?)?;
        }
        let path = resolve_for_writing(path)?;
        // A link of this user's may lead into another user's home.
        let further_rights = OwnersRights::take(folder_of(&path))?;
        let is_anothers = rights.is_some() || further_rights.is_some();
        Ok(WriteTarget { path, is_anothers, _rights: [further_rights, rights] })
    }
}

/// [`without_links`] for a file that is to be written.
///
/// # Errors
/// The same, and `InvalidInput` for a link to something other than a file, such as a device.
pub fn resolve_for_writing(path: &Path) -> Result<PathBuf> {
    let target = without_links(path)?;
    if is_link(path) && fs::symlink_metadata(&target).is_ok_and(|found| !found.is_file()) {
        return Err(Error::new(ErrorKind::InvalidInput, "a link to something other than a file"));
    }
    Ok(target)
}
