//! Files that anybody may have put there.

use std::fs;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::{Path, PathBuf};

pub use super::system::file::{
    create_private, create_private_folder, is_absence, is_readable, open_lock, open_regular, path_of_bytes,
};

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// Those of [`open_regular`] and of reading, and `FileTooLarge`.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let mut file = open_regular(path)?;
    let mut bytes = Vec::with_capacity(file.metadata()?.len().min(limit) as usize + 1);
    file.by_ref().take(limit).read_to_end(&mut bytes)?;
    if file.read(&mut [0])? == 0 { Ok(bytes) } else { Err(Error::from(ErrorKind::FileTooLarge)) }
}

/// The entries of a folder that are named in UTF-8: name and path. None of a folder that can't be read.
pub fn entries(folder: PathBuf) -> impl Iterator<Item = (String, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
}
