//! Whose folder it is. Nobody is at work in another user's profile here: an elevated process is its user's.

use std::convert::Infallible;
use std::fs::Metadata;
use std::io::Result;
use std::path::Path;

/// Whether the folder is another user's.
pub fn is_anothers(_folder: &Path) -> bool {
    false
}

/// Whether a link may be followed to what is to be replaced. Links can't be made by just anybody.
pub fn is_trusted(_link: &Metadata) -> bool {
    true
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
