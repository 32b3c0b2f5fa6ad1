//! Files that anybody may have put there.

use std::fs::{self, File, Metadata};
use std::io::{Error, ErrorKind, Read, Result};
use std::path::{Path, PathBuf};

use super::owner;

use super::system::file::{create_folder, open_any_append};
pub use super::system::file::{
    create_private, in_memory, is_absence, is_readable, lock_of, open_lock, open_regular,
    path_of_bytes, replace, sync_entry,
};

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// Those of [`open_regular`] and of reading, and `FileTooLarge`.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>> {
    read_with_metadata(path, limit).map(|(bytes, _)| bytes)
}

/// The same, with the metadata of the file that was read.
///
/// # Errors
/// Those of [`read_regular`].
pub fn read_with_metadata(path: &Path, limit: u64) -> Result<(Vec<u8>, Metadata)> {
    let file = open_regular(path)?;
    let metadata = file.metadata()?;
    let mut bytes = Vec::with_capacity(metadata.len().min(limit) as usize + 1);
    // One byte more tells a file of `limit` bytes from a longer one.
    File::take(file, limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 <= limit {
        Ok((bytes, metadata))
    } else {
        Err(Error::from(ErrorKind::FileTooLarge))
    }
}

/// Opens a file of this user's to append to it. One that is not there is made, if it `may_be_made`,
/// for this user alone. A link is not followed. Opening never blocks.
///
/// # Errors
/// Those of opening; `InvalidInput` for something else than a file, and `PermissionDenied` for
/// another user's.
pub fn open_append(path: &Path, may_be_made: bool) -> Result<File> {
    let file = open_any_append(path, may_be_made)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "not a regular file"));
    }
    if !owner::is_trusted(&found) {
        return Err(Error::new(ErrorKind::PermissionDenied, "another user's file"));
    }
    Ok(file)
}

/// The entries of a folder that are named in UTF-8: name and path. None of a folder that can't be
/// read.
pub fn entries(folder: PathBuf) -> impl Iterator<Item = (String, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
}

/// The folder that a file is in.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

/// Makes a folder, and those it lies in, for this user alone. They are on the disk when it returns.
/// One that exists stays as it is.
///
/// # Errors
/// Those of making a folder and of [`sync_entry`].
pub fn create_private_folder(path: &Path) -> Result<()> {
    if fs::symlink_metadata(path).is_ok() || path.as_os_str().is_empty() {
        return Ok(());
    }
    create_private_folder(folder_of(path))?;
    match create_folder(path) {
        // Another process has made it meanwhile.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made.and_then(|()| sync_entry(path)),
    }
}

/// How many links a path may lead through.
const MAX_LINKS: usize = 8;

/// The path with every link in it replaced by what the link names. What it leads to may be yet to
/// be made.
///
/// # Errors
/// Those of `readlink(2)`; `PermissionDenied` for a link of another user's, who could lead this
/// user to any of their own files; `InvalidInput` if links never end.
pub fn without_links(path: &Path) -> Result<PathBuf> {
    let mut resolved = path.to_path_buf();
    for _ in 0..=MAX_LINKS {
        let Some(link) = resolved.ancestors().filter(|part| is_link(part)).last() else {
            return Ok(resolved);
        };
        if !owner::is_trusted(&fs::symlink_metadata(link)?) {
            return Err(Error::new(ErrorKind::PermissionDenied, "a link of another user's"));
        }
        let target = folder_of(link).join(fs::read_link(link)?);
        let rest = resolved.strip_prefix(link).unwrap_or(Path::new(""));
        resolved = target.components().chain(rest.components()).collect();
    }
    Err(Error::new(ErrorKind::InvalidInput, "links without an end"))
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

/// [`without_links`] for a file that is to be written.
///
/// # Errors
/// The same, and `InvalidInput` for a link to something else than a file, such as a device.
pub fn behind_links(path: &Path) -> Result<PathBuf> {
    let target = without_links(path)?;
    if is_link(path) && fs::symlink_metadata(&target).is_ok_and(|found| !found.is_file()) {
        return Err(Error::new(ErrorKind::InvalidInput, "a link to something else than a file"));
    }
    Ok(target)
}
