//! The hook started by another program: a shell script, another user, a namespace.

use crate::common::{Invocation, Sandbox};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};

/// A user id that is not in the user database.
pub const STRANGER: u32 = 54_321;

/// The hook run by `sh -c SCRIPT`. In the script, `"$@"` is the hook with its arguments.
pub fn by_shell(hook: &Invocation, script: &str) -> Invocation {
    by_tool(hook, "sh", &["-c", script, "sh"])
}

/// The hook run by a tool that takes a command line after its own arguments.
pub fn by_tool(hook: &Invocation, tool: &str, arguments: &[&str]) -> Invocation {
    let wrapped = hook.clone().under(tool, arguments);
    // For the shell and the tools that it starts. The hook does not use PATH.
    wrapped.env("PATH", std::env::var_os("PATH").unwrap_or_default())
}

/// The hook in its own mount namespace, after `script`.
pub fn in_namespace(hook: &Invocation, script: &str) -> Invocation {
    by_tool(
        &by_shell(hook, &format!("{script} && exec \"$@\"")),
        "unshare",
        &["--mount", "--propagation", "private"],
    )
}

/// The hook as [`STRANGER`], who owns the sandbox's folders.
pub fn as_stranger(sandbox: &Sandbox, hook: &Invocation, script: &str) -> Invocation {
    fs::set_permissions(sandbox.root(), fs::Permissions::from_mode(0o755))
        .expect("the sandbox's mode");
    for folder in [sandbox.home(), sandbox.config_home(), sandbox.project()] {
        chown(folder, Some(STRANGER), Some(STRANGER)).expect("the sandbox's owner");
    }
    let mut hook = hook.clone();
    hook.program = sandbox.copy_of_the_hook();
    let id = STRANGER.to_string();
    let inner = by_tool(&hook, "setpriv", &["--reuid", &id, "--regid", &id, "--clear-groups"]);
    by_shell(&inner, script)
}
