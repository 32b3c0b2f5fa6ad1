//! Trials of a libtest-mimic test binary. If a machine lacks something that a trial needs, the
//! trial is ignored; if `CI` is set, it fails.

use libtest_mimic::{Failed, Trial};
use std::env::consts::ARCH;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// A list of trials from functions whose names are the promises: `trials![a_promise, another_one
/// needs ["strace", "root"], a_third_one needs TOOLS]`. The functions have no arguments, and panic
/// to fail.
#[allow(unused_macros)] // one test binary builds its list by itself
macro_rules! trials {
    ($($name:ident $(needs $needs:expr)?),* $(,)?) => {
        vec![$($crate::common::trials::trial(
            concat!(module_path!(), "::", stringify!($name)),
            &[&[] as &[&str] $(, &$needs)?].concat(),
            $name,
        )),*]
    };
}
pub(crate) use trials;

/// One trial. `needs` lists tools on PATH, or rights that the system has to grant: see
/// [`is_there`].
pub fn trial(
    name: impl Into<String>,
    needs: &[&str],
    body: impl FnOnce() + Send + 'static,
) -> Trial {
    let name = name.into();
    let name = name.split_once("::").map_or(name.as_str(), |(_crate, rest)| rest);
    let missing: Vec<&str> = needs.iter().copied().filter(|need| !is_there(need)).collect();
    if missing.is_empty() {
        return Trial::test(name, || within(TIME_LIMIT, body));
    }
    let missing = missing.join(", ");
    let reason = format!("needs {missing}, missing on this machine");
    Trial::test(name, move || Err(Failed::from(reason)))
        .with_kind(format!("needs {missing}"))
        .with_ignored_flag(std::env::var_os("CI").is_none())
}

/// The slowest trial takes minutes on a busy machine. A trial that waits forever must not prevent
/// the report of the others.
const TIME_LIMIT: Duration = Duration::from_secs(900);

/// Runs the body of a trial. If the time runs out, the trial fails, and its thread is left running.
pub fn within(limit: Duration, body: impl FnOnce() + Send + 'static) -> Result<(), Failed> {
    let (ended, end) = mpsc::channel::<()>();
    let running = thread::spawn(move || {
        let _ended = ended;
        body();
    });
    if end.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
        return Err(Failed::from(format!("it did not end within {limit:?}")));
    }
    running.join().unwrap_or_else(|panic| resume_unwind(panic));
    Ok(())
}

fn is_there(need: &str) -> bool {
    match need {
        "Linux" => super::platform::IS_LINUX,
        "root" => super::platform::is_root(),
        // `make` builds a static binary; a debug build is dynamic.
        "a static binary" => is_static(&std::fs::read(super::sandbox::binary()).expect("the hook")),
        "unshare" => tool_path(need).is_some() && may_unshare(),
        "sight of senders" => may_trace(),
        "user namespaces" => {
            succeeds(Command::new("unshare").args(["--user", "--map-root-user", "--net", "true"]))
        }
        "binfmt_misc in namespaces" => {
            let mount = ["mount", "-t", "binfmt_misc", "binfmt_misc", "/proc/sys/fs/binfmt_misc"];
            succeeds(
                Command::new("unshare").args(["--user", "--map-root-user", "--mount"]).args(mount),
            )
        }
        "loop devices" => tool_path("losetup")
            .is_some_and(|losetup| succeeds(Command::new(losetup).arg("--find"))),
        "nginx's lua" => Path::new("/usr/lib/nginx/modules/ngx_http_lua_module.so").is_file(),
        "altair" | "duckdb" | "chdb" | "tree_sitter_powershell" => python_package_is_there(need),
        tool => tool_path(tool).is_some(),
    }
}

/// Whether this process may create namespaces and mount inside them. A container without privileges
/// has the tool but not the right, even for root.
fn may_unshare() -> bool {
    static RIGHT: OnceLock<bool> = OnceLock::new();
    *RIGHT.get_or_init(|| {
        let mut probe = Command::new("unshare");
        if !super::platform::is_root() {
            probe.args(["--user", "--map-root-user"]);
        }
        probe
            .args(["--mount", "--net", "--pid", "--fork", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
        succeeds(&mut probe)
    })
}

/// Whether this process may inspect other processes that are not dumpable, such as a sender,
/// through `/proc`. It needs the capability `CAP_SYS_PTRACE`, which root has, but not in a
/// container without privileges.
pub fn may_trace() -> bool {
    const CAP_SYS_PTRACE: u32 = 19;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> CAP_SYS_PTRACE & 1 == 1)
}

/// Whether an ELF file (64 bits, little-endian) has no dynamic linker.
fn is_static(elf: &[u8]) -> bool {
    const INTERPRETER_SEGMENT: usize = 3;
    let number = |at: usize, bytes: usize| {
        elf[at..at + bytes].iter().rev().fold(0, |n, b| n << 8 | usize::from(*b))
    };
    let (table, size, count) = (number(0x20, 8), number(0x36, 2), number(0x38, 2));
    elf.starts_with(b"\x7fELF\x02\x01")
        && (0..count).all(|i| number(table + i * size, 4) != INTERPRETER_SEGMENT)
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Whether the virtual environment in `DOCGLOW_RECEIVERS_VENV` has the package.
fn python_package_is_there(name: &str) -> bool {
    let Some(folder) = std::env::var_os("DOCGLOW_RECEIVERS_VENV") else {
        return false;
    };
    let libraries = std::fs::read_dir(Path::new(&folder).join("lib"));
    libraries
        .into_iter()
        .flatten()
        .flatten()
        .any(|library| library.path().join("site-packages").join(name).is_dir())
}

/// The path of a tool on the PATH of the tests (the sandbox has none), or in Debian's folders for
/// root and services.
pub fn tool_path(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let postgres = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let elsewhere = [PathBuf::from("/usr/sbin")]
        .into_iter()
        .chain(postgres.map(|version| version.path().join("bin")));
    std::env::split_paths(&path)
        .chain(elsewhere)
        .map(|folder| folder.join(tool))
        .find(|file| file.is_file())
}
