//! Access to files in folders that other users may be able to write to.

#![allow(unsafe_code)]

use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Result};
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::platform::wait::wait_until;

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_CANT_RESOLVE_FILENAME, ERROR_DIRECTORY, ERROR_FILE_NOT_FOUND,
    ERROR_INVALID_NAME, ERROR_PATH_NOT_FOUND, ERROR_SHARING_VIOLATION,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_BACKUP_SEMANTICS, FILE_TYPE_DISK, GetFileType, SECURITY_IDENTIFICATION,
};

/// Opens a regular file for reading. If the path is that of a pipe, its server can find out who
/// opened it, but cannot act as that user.
///
/// # Errors
/// Those of `CreateFileW`, and `InvalidInput` for a pipe, a device or a folder.
pub fn open_regular(path: &Path) -> Result<File> {
    // This flag allows opening a folder, so that it can be distinguished from an unreadable file.
    let mut options = OpenOptions::new();
    options
        .read(true)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
        .security_qos_flags(SECURITY_IDENTIFICATION);
    let file = patiently(&[ERROR_SHARING_VIOLATION], || options.open(path))?;
    // SAFETY: the handle is open, and only its type is queried.
    let is_on_disk = unsafe { GetFileType(file.as_raw_handle()) } == FILE_TYPE_DISK;
    if is_on_disk && file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(Error::new(ErrorKind::InvalidInput, "not a regular file"))
    }
}

/// Opens a lock file, and creates it empty if it does not exist.
///
/// # Errors
/// Those of `CreateFileW`.
pub fn open_lock(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(false)
        .security_qos_flags(SECURITY_IDENTIFICATION)
        .open(path)
}

/// Opens a file of any type to append to it. If there is no file at `path` and `may_create` is
/// set, creates a regular one.
///
/// # Errors
/// Those of `CreateFileW`.
pub fn open_any_append(path: &Path, may_create: bool) -> Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(may_create).security_qos_flags(SECURITY_IDENTIFICATION);
    patiently(&[ERROR_SHARING_VIOLATION], || options.open(path))
}

/// Opens the object to lock while `file` is changed: an empty file beside it, because a folder
/// cannot be locked on Windows.
///
/// # Errors
/// Those of `CreateFileW`.
pub fn lock_of(file: &Path) -> Result<File> {
    let mut lock = file.as_os_str().to_owned();
    lock.push(".lock");
    open_lock(lock.as_ref())
}

/// Writes the file or folder itself to the disk. On NTFS this includes its entry in its folder,
/// because both are in one journal, which is written in order. Other file systems do not guarantee
/// that.
///
/// # Errors
/// Never. A file that another program keeps open is written later.
pub fn sync_entry(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).custom_flags(FILE_FLAG_BACKUP_SEMANTICS);
    let _ = options.open(path).and_then(|file| file.sync_all());
    Ok(())
}

/// Replaces the file `to` with the file `from`, atomically.
///
/// # Errors
/// Those of `MoveFileExW`.
pub fn replace(from: &Path, to: &Path) -> Result<()> {
    patiently(&[ERROR_SHARING_VIOLATION, ERROR_ACCESS_DENIED], || fs::rename(from, to))
}

/// How long and how often to retry. Another program that reads the file, for example a virus
/// scanner, may deny access for a while.
const PATIENCE: Duration = Duration::from_millis(250);
const RETRY: Duration = Duration::from_millis(5);

/// Retries for as long as the attempt fails with one of these codes, up to a limit.
fn patiently<T>(denials: &[u32], mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let is_denied = |error: &Error| {
        error.raw_os_error().is_some_and(|code| denials.contains(&code.cast_unsigned()))
    };
    let mut outcome = attempt();
    if outcome.as_ref().is_err_and(is_denied) {
        wait_until(PATIENCE, RETRY, || {
            outcome = attempt();
            !outcome.as_ref().is_err_and(is_denied)
        });
    }
    outcome
}

/// Creates a file and opens it for writing. The file must not exist yet. It is for this user alone,
/// because its folder is in the user's profile.
///
/// # Errors
/// Those of `CreateFileW`.
pub fn create_private(path: &Path) -> Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Creates a folder. In the user's profile, it is for this user alone.
///
/// # Errors
/// Those of `CreateDirectoryW`.
pub fn create_folder(path: &Path) -> Result<()> {
    fs::create_dir(path)
}

/// Whether an error of opening or reading means that there is no such file, or that something else
/// is in its place.
pub fn is_absence(error: &Error) -> bool {
    let code = error.raw_os_error().map(i32::cast_unsigned);
    matches!(
        code,
        Some(
            ERROR_FILE_NOT_FOUND
                | ERROR_PATH_NOT_FOUND
                | ERROR_DIRECTORY
                | ERROR_INVALID_NAME
                | ERROR_CANT_RESOLVE_FILENAME
        )
    )
}

/// A path from the bytes of a file. Bytes that are not UTF-8 give an empty path.
pub fn path_of_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(str::from_utf8(bytes).unwrap_or_default())
}

/// Whether there is a file or folder at `path`. Like Python's `os.access`, it does not check who
/// may read it.
pub fn is_readable(path: &Path) -> bool {
    fs::metadata(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn a_file_that_somebody_reads_for_a_moment_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let [old, new] = ["old", "new"].map(|name| folder.path().join(name));
        fs::write(&old, "old").unwrap();
        fs::write(&new, "new").unwrap();
        // Shared with readers only, as other programs open files.
        let reader = OpenOptions::new().read(true).share_mode(1).open(&old).unwrap();
        let reading = thread::spawn(move || {
            thread::sleep(PATIENCE / 5);
            drop(reader);
        });
        replace(&new, &old).unwrap();
        assert_eq!(fs::read_to_string(&old).unwrap(), "new");
        reading.join().unwrap();
    }

    #[test]
    fn a_file_that_somebody_never_lets_go_of_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let [old, new] = ["old", "new"].map(|name| folder.path().join(name));
        fs::write(&old, "old").unwrap();
        fs::write(&new, "new").unwrap();
        let _alone = OpenOptions::new().read(true).share_mode(0).open(&old).unwrap();
        assert!(replace(&new, &old).is_err());
        let denied = open_regular(&old).unwrap_err();
        assert!(!is_absence(&denied), "{denied}");
    }
}
