//! Access to files in folders that other users may be able to write to.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, OFlags};

use crate::platform::file::folder_of;

/// Opens a regular file for reading. Opening never blocks, even if a FIFO is at `path`.
///
/// # Errors
/// Those of `open(2)`, and `InvalidInput` for a FIFO, a device or a folder.
pub fn open_regular(path: &Path) -> Result<File> {
    // Without O_NONBLOCK, opening a FIFO waits for its writer.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(Error::new(ErrorKind::InvalidInput, "not a regular file"))
    }
}

/// Opens a lock file, and creates it empty if it does not exist. Does not follow a link, and never
/// blocks.
///
/// # Errors
/// Those of `open(2)`.
pub fn open_lock(path: &Path) -> Result<File> {
    open_private(OpenOptions::new().write(true).create(true).truncate(false), path)
}

/// Opens a file of any type to append to it. If there is no file at `path` and `may_create` is
/// set, creates a regular one. Does not follow a link, and never blocks.
///
/// # Errors
/// Those of `open(2)`.
pub fn open_any_append(path: &Path, may_create: bool) -> Result<File> {
    open_private(OpenOptions::new().append(true).create(may_create), path)
}

fn open_private(options: &mut OpenOptions, path: &Path) -> Result<File> {
    // Opening a FIFO must not block, and a terminal must not become this process's controlling
    // terminal.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    options.mode(0o600).custom_flags(flags.bits().cast_signed()).open(path)
}

/// Opens the object to lock while `file` is changed: its folder. All writers share that lock, even
/// if they reach the file through different links, and no lock file remains beside a file that a
/// user keeps elsewhere.
///
/// # Errors
/// Those of `open(2)`.
pub fn lock_of(file: &Path) -> Result<File> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let folder = folder_of(file);
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(folder)
}

/// Writes the folder entry of `path` to the disk. Some network file systems do not support that,
/// which is not an error.
///
/// # Errors
/// If the disk is full or broken.
pub fn sync_entry(path: &Path) -> Result<()> {
    let synced = File::open(folder_of(path)).and_then(|folder| folder.sync_all());
    let is_lost = |error: &Error| {
        matches!(error.raw_os_error(), Some(libc::EIO | libc::ENOSPC | libc::EDQUOT))
    };
    synced.or_else(|error| if is_lost(&error) { Err(error) } else { Ok(()) })
}

/// Creates a file for this user alone and opens it for writing. The file must not exist yet.
///
/// # Errors
/// Those of `open(2)`.
pub fn create_private(path: &Path) -> Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Creates a folder for this user alone.
///
/// # Errors
/// Those of `mkdir(2)`.
pub fn create_folder(path: &Path) -> Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Replaces the file `to` with the file `from`, atomically.
///
/// # Errors
/// Those of `rename(2)`.
pub fn replace(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to)
}

/// A path from the bytes of a file.
pub fn path_of_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// Whether an error of opening or reading means that there is no such file, or that something else
/// is in its place.
pub fn is_absence(error: &Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ENOENT | libc::ENOTDIR | libc::ELOOP | libc::EISDIR | libc::ENXIO)
    )
}

/// Whether this user may read the file or folder at `path`.
pub fn is_readable(path: &Path) -> bool {
    rustix::fs::access(path, Access::READ_OK).is_ok()
}
