//! Finds out who owns a folder. On Windows, a process never runs in another user's profile: an
//! elevated process still belongs to its user.

use std::convert::Infallible;
use std::fs::Metadata;
use std::io::Result;
use std::path::Path;

/// Returns false, because a process never runs in another user's profile.
pub fn is_anothers(_folder: &Path) -> bool {
    false
}

/// Returns true. Access control lists are not read: a profile belongs to its user, and an ordinary
/// user cannot create links.
pub fn is_trusted(_found: &Metadata) -> bool {
    true
}

/// Returns false, because access control lists are not read.
pub fn is_planted(_path: &Path, _file: &Metadata) -> bool {
    false
}

/// The rights of another user. Never needed on Windows.
pub struct OwnersRights(Infallible);

impl OwnersRights {
    /// Does nothing.
    ///
    /// # Errors
    /// Never.
    pub fn take(_folder: &Path) -> Result<Option<OwnersRights>> {
        Ok(None)
    }
}
