//! The folder of the user's configuration files.

#![allow(unsafe_code)]

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use rustix::process::getuid;

use crate::platform::file::read_regular;

/// Enough for about ten thousand users.
const MAX_PASSWD_BYTES: u64 = 1 << 20;

/// The variable with the path of the user's home.
pub const HOME: &str = "HOME";

/// The variable with the path of the folder for configuration files.
pub const CONFIG_HOME: &str = "XDG_CONFIG_HOME";

/// The folder of configuration files, as click's `get_app_dir` chooses it. The arguments are the
/// values of the two variables, if they are not empty. `home` is called only if it is needed.
pub fn config_folder(
    home: impl FnOnce() -> Option<PathBuf>,
    config_home: Option<PathBuf>,
) -> Option<PathBuf> {
    // The XDG Base Directory Specification says to ignore a relative path.
    let absolute = |path: &PathBuf| path.is_absolute();
    if cfg!(target_os = "macos") {
        return Some(home().filter(absolute)?.join("Library/Application Support"));
    }
    config_home.filter(absolute).or_else(|| Some(home().filter(absolute)?.join(".config")))
}

/// The home from the user database, because cron, systemd and `env -i` may set no `HOME`. On Linux,
/// only the users in `/etc/passwd` have one.
pub fn home_of_user() -> Option<PathBuf> {
    if cfg!(target_os = "linux") && !passwd_knows(&getuid().to_string()) {
        return None;
    }
    disable_nss_plugins();
    home::home_dir()
}

/// Makes a static glibc read `/etc/passwd` with its own code instead of the plug-ins that
/// `/etc/nsswitch.conf` names. They are made for the machine's own glibc, and crash in another
/// version. musl has no plug-ins.
fn disable_nss_plugins() {
    #[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
    {
        use std::ffi::{c_char, c_int};
        unsafe extern "C" {
            fn __nss_configure_lookup(database: *const c_char, services: *const c_char) -> c_int;
        }
        // SAFETY: the signature is that of glibc's nss.h, and it copies both strings. If it fails,
        // it changes nothing.
        unsafe { __nss_configure_lookup(c"passwd".as_ptr(), c"files".as_ptr()) };
    }
}

/// Whether `/etc/passwd` has a complete line for this user. If it has none, musl asks nscd and
/// waits for the answer without a limit.
fn passwd_knows(user: &str) -> bool {
    let passwd = read_regular(Path::new("/etc/passwd"), MAX_PASSWD_BYTES).unwrap_or_default();
    String::from_utf8_lossy(&passwd).lines().any(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [_name, _password, id, group, _comment, _home, _shell, ..] = fields[..] else {
            return false;
        };
        id == user && group.parse::<u32>().is_ok()
    })
}

/// Whether files can be created in this folder, or the folder itself if it does not exist yet.
pub fn is_writable(folder: &Path) -> bool {
    let existing = folder.ancestors().find(|folder| folder.symlink_metadata().is_ok());
    existing.is_some_and(|folder| {
        folder.is_dir() && access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
    })
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
            let found = config_folder(|| home.map(PathBuf::from), config_home.map(PathBuf::from));
            assert_eq!(found, folder.map(PathBuf::from));
        }
    }
}
