//! Reading files that anybody may have put there.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a regular file for reading. Opening never blocks, whatever stands at `path`.
///
/// # Errors
/// Those of `open(2)`, and `InvalidInput` for a FIFO, a device or a folder.
pub fn open_regular(path: &Path) -> Result<File> {
    // Without O_NONBLOCK, opening a FIFO waits for its writer.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(Error::new(ErrorKind::InvalidInput, "not a regular file")) }
}

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
