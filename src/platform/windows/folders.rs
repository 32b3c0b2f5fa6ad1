//! Where a user's configuration lives.

use std::path::{Path, PathBuf};

/// The variable that names the user's home.
pub const HOME: &str = "USERPROFILE";

/// The variable that names the folder of configurations.
pub const CONFIG_HOME: &str = "APPDATA";

/// The folder of configurations, given what the two variables say, if they are not empty: where click's `get_app_dir` has it.
/// `home` is only asked where it matters.
pub fn config_folder(
    home: impl FnOnce() -> Option<PathBuf>,
    config_home: Option<PathBuf>,
) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    config_home.filter(absolute).or_else(|| home().filter(absolute))
}

/// The home that the system names, for a process without `USERPROFILE`.
pub fn home_of_user() -> Option<PathBuf> {
    home::home_dir()
}

/// Whether files can be made in this folder. Only the attempt would tell.
pub fn is_writable(_folder: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roaming_folder_goes_before_the_home() {
        for (config_home, home, folder) in [
            (Some(r"C:\Roaming"), Some(r"C:\Home"), Some(r"C:\Roaming")),
            (None, Some(r"C:\Home"), Some(r"C:\Home")),
            (Some("relative"), Some(r"C:\Home"), Some(r"C:\Home")),
            (None, Some(r"\Home"), None),
            (None, None, None),
        ] {
            let found = config_folder(|| home.map(PathBuf::from), config_home.map(PathBuf::from));
            assert_eq!(found, folder.map(PathBuf::from));
        }
    }
}
