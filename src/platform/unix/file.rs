//! Files that anybody may have put there.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, OFlags};

use crate::platform::file::folder_of;

/// Opens a regular file for reading. Opening never blocks, whatever stands at `path`.
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

/// Opens a file for the lock on it alone, and makes it, empty, if it is not there. A link is not
/// followed. Opening never blocks.
///
/// # Errors
/// Those of `open(2)`.
pub fn open_lock(path: &Path) -> Result<File> {
    open_private(OpenOptions::new().write(true).create(true).truncate(false), path)
}

/// Opens whatever is at `path` to append to it, and makes a file if there is nothing and it
/// `may_be_made`. A link is not followed. Opening never blocks.
///
/// # Errors
/// Those of `open(2)`.
pub fn open_any_append(path: &Path, may_be_made: bool) -> Result<File> {
    open_private(OpenOptions::new().append(true).create(may_be_made), path)
}

fn open_private(options: &mut OpenOptions, path: &Path) -> Result<File> {
    // A FIFO must not block, and a terminal must not become this process's own.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    options.mode(0o600).custom_flags(flags.bits().cast_signed()).open(path)
}

/// Opens what is locked while `file` is changed: the folder that it is in. So all writers share a
/// lock, whatever links they come through, and nothing is left beside a file that somebody keeps
/// elsewhere.
///
/// # Errors
/// Those of `open(2)`.
pub fn lock_of(file: &Path) -> Result<File> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let folder = folder_of(file);
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(folder)
}

/// Has the entry of `path` in its folder written to the disk. Some network file systems have no
/// such thing.
///
/// # Errors
/// That the disk is full or broken.
pub fn sync_entry(path: &Path) -> Result<()> {
    let synced = File::open(folder_of(path)).and_then(|folder| folder.sync_all());
    let is_lost = |error: &Error| {
        matches!(error.raw_os_error(), Some(libc::EIO | libc::ENOSPC | libc::EDQUOT))
    };
    synced.or_else(|error| if is_lost(&error) { Err(error) } else { Ok(()) })
}

/// Makes a file for this user alone, to be written. None may be there yet.
///
/// # Errors
/// Those of `open(2)`.
pub fn create_private(path: &Path) -> Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Makes a folder for this user alone.
///
/// # Errors
/// Those of `mkdir(2)`.
pub fn create_folder(path: &Path) -> Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Puts the file `from` in the place of `to`, in one step.
///
/// # Errors
/// Those of `rename(2)`.
pub fn replace(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to)
}

/// A path, as it stands in a file.
pub fn path_of_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// Whether an error of opening or reading a file says that there is none: nothing, or something
/// else in its place.
pub fn is_absence(error: &Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ENOENT | libc::ENOTDIR | libc::ELOOP | libc::EISDIR | libc::ENXIO)
    )
}

/// Whether something is at `path` that this user may read.
pub fn is_readable(path: &Path) -> bool {
    rustix::fs::access(path, Access::READ_OK).is_ok()
}

/// A file that lies in memory for as long as this process lives, under a path that only this
/// process can use.
///
/// # Errors
/// Those of `memfd_create(2)` and of writing; `Unsupported` where there is no such thing.
#[cfg(target_os = "linux")]
pub fn in_memory(bytes: &[u8]) -> Result<PathBuf> {
    use std::io::Write;
    use std::os::fd::{AsRawFd, IntoRawFd};
    let mut file = File::from(rustix::fs::memfd_create(
        c"docglow-telemetry",
        rustix::fs::MemfdFlags::CLOEXEC,
    )?);
    file.write_all(bytes)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    path.metadata()?;
    let _ = file.into_raw_fd();
    Ok(path)
}

#[cfg(not(target_os = "linux"))]
pub fn in_memory(_bytes: &[u8]) -> Result<PathBuf> {
    Err(ErrorKind::Unsupported.into())
}
