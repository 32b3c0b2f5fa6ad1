//! The folder of the user's configuration files.

use std::path::{Path, PathBuf};

/// The variable with the path of the user's home.
pub const HOME: &str = "USERPROFILE";

/// The variable with the path of the folder for configuration files.
pub const CONFIG_HOME: &str = "APPDATA";

/// The folder of configuration files, as click's `get_app_dir` chooses it. The arguments are the
/// values of the two variables, if they are not empty. `home` is called only if it is needed.
pub fn config_folder(
    home: impl FnOnce() -> Option<PathBuf>,
    config_home: Option<PathBuf>,
) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    config_home.filter(absolute).or_else(|| home().filter(absolute))
}

/// The home that Windows reports, for a process without `USERPROFILE`.
pub fn home_of_user() -> Option<PathBuf> {
    home::home_dir()
}

/// Returns true, because only creating a file would show whether that is possible.
pub fn is_writable(_folder: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roaming_folder_comes_before_the_home() {
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
