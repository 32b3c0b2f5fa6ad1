//! Where a user's configuration lives.

use std::path::{Path, PathBuf};

/// The variable that names the user's home.
pub const HOME: &str = "HOME";

/// The variable that names the folder of configurations.
pub const CONFIG_HOME: &str = "XDG_CONFIG_HOME";

/// The folder of configurations, given what the two variables say: where click's `get_app_dir` has it.
pub fn config_folder(home: Option<&Path>, config_home: Option<&Path>) -> Option<PathBuf> {
    // A relative path is to be ignored, says the XDG base directory specification.
    let absolute = |path: Option<&Path>| path.filter(|path| path.is_absolute()).map(Path::to_path_buf);
    if cfg!(target_os = "macos") {
        return Some(absolute(home)?.join("Library/Application Support"));
    }
    absolute(config_home).or_else(|| Some(absolute(home)?.join(".config")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_config_home_is_ignored() {
        if cfg!(target_os = "macos") {
            return;
        }
        for (config_home, home, folder) in [
            (Some("/xdg"), Some("/home"), Some("/xdg")),
            (Some("/xdg"), None, Some("/xdg")),
            (Some("relative"), Some("/home"), Some("/home/.config")),
            (None, Some("/home"), Some("/home/.config")),
            (None, Some("relative"), None),
            (None, None, None),
        ] {
            let found = config_folder(home.map(Path::new), config_home.map(Path::new));
            assert_eq!(found.as_deref(), folder.map(Path::new));
        }
    }
}
