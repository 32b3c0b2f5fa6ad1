//! Files that anybody may have put there.

use std::fs;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::{Path, PathBuf};

use super::owner;

pub use super::system::file::{
    create_private, create_private_folder, in_memory, is_absence, is_readable, open_lock,
    open_regular, path_of_bytes, replace,
};

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// Those of [`open_regular`] and of reading, and `FileTooLarge`.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let file = open_regular(path)?;
    let mut bytes = Vec::with_capacity(file.metadata()?.len().min(limit) as usize + 1);
    // One byte more tells a file of `limit` bytes from a longer one.
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 <= limit { Ok(bytes) } else { Err(Error::from(ErrorKind::FileTooLarge)) }
}

/// The entries of a folder that are named in UTF-8: name and path. None of a folder that can't be read.
pub fn entries(folder: PathBuf) -> impl Iterator<Item = (String, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
}

/// How many links may lead to a file, one after the other.
const MAX_LINKS: usize = 8;

/// The file to be replaced where one at `path` is: what a link there leads to, for the link is to stay. That file may be yet to
/// be made. A path that is no link is returned as it is, whatever stands there.
///
/// # Errors
/// Those of `readlink(2)`; `PermissionDenied` for a link that somebody else has made; `InvalidInput` where links lead to
/// something else than a file, or never end.
pub fn behind_links(path: &Path) -> Result<PathBuf> {
    let mut target = path.to_path_buf();
    for _ in 0..=MAX_LINKS {
        match fs::symlink_metadata(&target) {
            Ok(found) if found.is_symlink() && !owner::is_trusted(&found) => {
                return Err(Error::new(ErrorKind::PermissionDenied, "a link of another user's"));
            }
            Ok(found) if found.is_symlink() => {
                let next = fs::read_link(&target)?;
                target = target.parent().unwrap_or(Path::new("")).join(next);
            }
            Ok(found) if !found.is_file() && target != path => break,
            _ => return Ok(target),
        }
    }
    Err(Error::new(ErrorKind::InvalidInput, "a link to something else than a file"))
}
