//! Whose folder it is. Nobody is at work in another user's profile here: an elevated process is its
//! user's.

use std::convert::Infallible;
use std::fs::Metadata;
use std::io::Result;
use std::path::Path;

/// Whether the folder is another user's.
pub fn is_anothers(_folder: &Path) -> bool {
    false
}

/// Whether this user may rely on it. Access lists are not read here: a profile is its user's, and
/// links can't be made by just anybody.
pub fn is_trusted(_found: &Metadata) -> bool {
    true
}

/// Whether another user may have put `file`, found at `path`, into a folder that is open to others.
/// Access lists are not read.
pub fn is_planted(_path: &Path, _file: &Metadata) -> bool {
    false
}

/// The rights of another user.
pub struct OwnersRights(Infallible);

impl OwnersRights {
    /// Those of the user whose folder it is; never needed.
    ///
    /// # Errors
    /// None.
    pub fn take(_folder: &Path) -> Result<Option<OwnersRights>> {
        Ok(None)
    }
}
