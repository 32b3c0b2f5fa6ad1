//! The hook under wine.

use crate::common::platform::CONFIG_HOME;
use crate::common::{Invocation, Sandbox, trials::tool_path};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// A path in wine's form.
pub fn path(path: &Path) -> String {
    format!("Z:{}", path.display()).replace('/', "\\")
}

/// The configuration folder that wine gives its user.
pub fn own_folder() -> PathBuf {
    let users =
        PathBuf::from(env::var_os("WINEPREFIX").expect("wine's folder")).join("drive_c/users");
    let folders =
        fs::read_dir(users).expect("wine's users").map(|user| user.expect("a user").path());
    folders
        .map(|user| user.join("AppData/Roaming"))
        .find(|folder| folder.is_dir())
        .expect("a user's folder")
}

/// The hook, with wine's own folders.
pub fn bare_hook(sandbox: &Sandbox) -> Invocation {
    let mut wine = sandbox.hook();
    let hook = path(&wine.program);
    wine.program = tool_path("wine").expect("wine");
    wine.environment.remove(CONFIG_HOME.as_ref() as &std::ffi::OsStr);
    for name in ["HOME", "PATH", "WINEPREFIX", "WINEDEBUG"] {
        wine = wine.env(name, env::var_os(name).unwrap_or_default());
    }
    wine.arg(hook)
}

/// The hook in the sandbox's folders. wine itself sets the variable that names them, so it is set
/// inside wine.
pub fn hook(sandbox: &Sandbox, arguments: &str) -> Invocation {
    let mut wine = bare_hook(sandbox);
    let hook = wine.arguments.remove(0);
    let set = format!("APPDATA={}&&{}", path(&sandbox.config_home()), hook.display());
    wine.args(["cmd", "/c", "set", &set]).args(arguments.split_whitespace())
}
