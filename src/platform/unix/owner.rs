//! Finds out who owns a folder. Root may run in another user's home, as under `sudo -E`, and must
//! not leave files of its own there.

#![allow(unsafe_code)]

use std::fs::{self, Metadata};
use std::io::{Error, Result};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::process::{Gid, Uid, getegid, geteuid, getgroups};

use crate::platform::file::folder_of;

/// Whether this process is root's, and another user owns the folder or one of its parents.
pub fn is_anothers(folder: &Path) -> bool {
    other_owner(folder).is_some()
}

/// The innermost owner, other than root, of the folder and its parents. The owner of any parent can
/// replace everything below it.
fn other_owner(folder: &Path) -> Option<(Uid, Gid)> {
    if !geteuid().is_root() {
        return None;
    }
    let owners = folder.ancestors().flat_map(|folder| {
        // A link and its target may have different owners, and both count.
        let own = folder.symlink_metadata().ok();
        let linked =
            own.as_ref().filter(|own| own.is_symlink()).and_then(|_| folder.metadata().ok());
        [own, linked]
    });
    let mut owners =
        owners.flatten().map(|found| (Uid::from_raw(found.uid()), Gid::from_raw(found.gid())));
    owners.find(|(user, _)| !user.is_root() && !is_overflow_uid(*user))
}

/// Whether this is the overflow uid inside a user namespace. It stands for all owners without a
/// mapping, for example the machine's root.
fn is_overflow_uid(user: Uid) -> bool {
    const OVERFLOW: u32 = 65534;
    let is_identity_map = |map: String| map.split_whitespace().eq(["0", "0", "4294967295"]);
    user.as_raw() == OVERFLOW
        && !fs::read_to_string("/proc/self/uid_map").map_or(true, is_identity_map)
}

/// Whether this user or root owns the file. In a user namespace that does not map this user, the
/// owner is unknown and so not trusted.
pub fn is_trusted(found: &Metadata) -> bool {
    let owner = Uid::from_raw(found.uid());
    (owner.is_root() || owner == geteuid()) && !is_overflow_uid(owner)
}

/// Whether another user may have put `file`, found at `path`, into a folder that others may write
/// to, for example `/tmp`.
pub fn is_planted(path: &Path, file: &Metadata) -> bool {
    let folder = Some(folder_of(path)).filter(|folder| !folder.as_os_str().is_empty());
    let is_open = |folder: Metadata| folder.mode() & (STICKY | WRITABLE_BY_ALL) != 0;
    // The owner of a link chooses the file that is read.
    let is_own = || is_trusted(file) && path.symlink_metadata().is_ok_and(|own| is_trusted(&own));
    folder.unwrap_or(Path::new(".")).metadata().map_or(true, is_open) && !is_own()
}

/// Bits of a folder's mode (`inode(7)`).
const STICKY: u32 = 0o1000;
const WRITABLE_BY_ALL: u32 = 0o0002;

/// Runs with another user's rights instead of root's until it is dropped. New files belong to that
/// user, and a link of that user's cannot lead to a file that the user cannot access.
pub struct OwnersRights {
    roots: (Gid, Vec<Gid>),
}

impl OwnersRights {
    /// Takes the rights of the user who owns the folder. Does nothing if that is this user, or if
    /// this user is not root.
    ///
    /// # Errors
    /// Those of `getgroups(2)`, `setgroups(2)`, `setegid(2)` and `seteuid(2)`, for a root that must
    /// not change its user.
    pub fn take(folder: &Path) -> Result<Option<OwnersRights>> {
        let Some((user, group)) = other_owner(folder) else { return Ok(None) };
        let rights = OwnersRights { roots: (getegid(), getgroups()?) };
        set_groups(&[group])?;
        set_group(group)?;
        set_user(user)?;
        Ok(Some(rights))
    }
}

impl Drop for OwnersRights {
    fn drop(&mut self) {
        let (group, groups) = &self.roots;
        let _ =
            set_user(Uid::ROOT).and_then(|()| set_group(*group)).and_then(|()| set_groups(groups));
    }
}

fn set_user(user: Uid) -> Result<()> {
    // SAFETY: takes an integer.
    checked(unsafe { libc::seteuid(user.as_raw()) })
}

fn set_group(group: Gid) -> Result<()> {
    // SAFETY: takes an integer.
    checked(unsafe { libc::setegid(group.as_raw()) })
}

fn set_groups(groups: &[Gid]) -> Result<()> {
    let groups: Vec<libc::gid_t> = groups.iter().map(|group| group.as_raw()).collect();
    // SAFETY: reads as many groups as the slice has. The number's type differs between systems.
    checked(unsafe { libc::setgroups(groups.len() as _, groups.as_ptr()) })
}

fn checked(status: libc::c_int) -> Result<()> {
    if status == 0 { Ok(()) } else { Err(Error::last_os_error()) }
}
