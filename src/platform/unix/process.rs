//! Starting this program again, and what the process that was started asks of the system for itself.

#![allow(unsafe_code)]

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Error, PipeReader, PipeWriter, Result};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::platform::exit;
use crate::platform::self_command::SelfCommand;

#[cfg(target_os = "linux")]
use rustix::process::DumpableBehavior;
use rustix::process::{Pid, Resource, Rlimit, nice, setpgid, setrlimit};

/// The first descriptor behind standard input, output and error.
const FIRST_INHERITED: libc::c_uint = 3;

/// By how much the sender's priority is lowered, of at most 19: a tenth of the time of a program that competes with it.
const POLITENESS: i32 = 10;

/// Ends the process at once, with the status that was set, whatever its other threads are doing.
pub fn end() -> ! {
    // SAFETY: nothing of ours runs after it, and it touches no memory of ours.
    unsafe { libc::_exit(exit::status()) }
}

/// Bytes from the system's random numbers.
pub fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    // uuid's own source needs /dev/urandom in a static binary, and a bare root has none.
    #[cfg(target_os = "linux")]
    if rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) == Ok(bytes.len())
    {
        return bytes;
    }
    bytes.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    bytes
}

/// Starts this program again, and leaves it to itself.
///
/// # Errors
/// Those of opening the null device and making a process.
pub fn start_detached(own: &SelfCommand, stdin: PipeReader) -> Result<()> {
    start_unawaited(self_command(own, stdin, null_device()?)?)
}

/// Starts this program again, and returns what waits for its end.
///
/// # Errors
/// Those of opening the null device and making a process.
pub fn start(own: &SelfCommand, stdin: PipeReader, stdout: PipeWriter) -> Result<impl FnOnce()> {
    let mut running = self_command(own, stdin, stdout)?.spawn()?;
    Ok(move || {
        let _ = running.wait();
    })
}

fn self_command(own: &SelfCommand, stdin: PipeReader, stdout: impl Into<Stdio>) -> Result<Command> {
    close_inherited_on_exec();
    let mut command = Command::new(own_executable()?);
    command.arg0(env!("CARGO_PKG_NAME")).arg(own.argument).env_clear();
    command.envs(own.environment.iter().map(|(name, value)| (name, value)));
    #[cfg(target_os = "macos")]
    command.env(TEXT_ENCODING, text_encoding());
    command.stdin(stdin).stdout(stdout).stderr(null_device()?).process_group(0);
    Ok(command)
}

/// CoreFoundation, which the trust store links, sets this variable before `main` where it is missing, and asks the user
/// database for it, which may take its time.
#[cfg(target_os = "macos")]
const TEXT_ENCODING: &str = "__CF_USER_TEXT_ENCODING";

/// The caller's own text encoding, else the user's with the default one.
#[cfg(target_os = "macos")]
fn text_encoding() -> std::ffi::OsString {
    let made_up = || format!("0x{:X}:0:0", rustix::process::getuid().as_raw()).into();
    std::env::var_os(TEXT_ENCODING).unwrap_or_else(made_up)
}

/// Starts `command` and does not wait for it to begin. `Command::spawn` waits until the new program is loaded, which is most
/// of what a call costs; so nobody hears of one that can't be.
fn start_unawaited(mut command: Command) -> Result<()> {
    // SAFETY: this process has a single thread, so its copy may do whatever the process itself may. It does not return.
    match unsafe { libc::fork() } {
        -1 => Err(Error::last_os_error()),
        0 => {
            let _ = command.exec();
            end()
        }
        child => {
            // A terminal, a group or a session that goes away with the caller would take along a child that has not come so
            // far as to leave the group by itself. One that has left and begun is refused this, and needs it no more.
            let _ = Pid::from_raw(child).map(|child| setpgid(Some(child), Some(child)));
            Ok(())
        }
    }
}

/// Keeps the caller's open files from the sender: marks every descriptor but the standard three as closed on `exec`.
///
/// A program such as bats waits for the end of a pipe that it left open on descriptor 3, and the sender outlives its caller.
/// Where neither way of marking works, the sender holds that pipe for 3 s.
fn close_inherited_on_exec() {
    // Since Linux 5.11.
    #[cfg(target_os = "linux")]
    if close_range(libc::CLOSE_RANGE_CLOEXEC) {
        return;
    }
    for descriptor in inherited() {
        // SAFETY: takes three integers, and only sets a flag; a descriptor that is closed by now is an error of no interest.
        unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// Closes every descriptor but the standard three. This process must have none of its own.
pub(super) fn close_inherited() {
    // Since Linux 5.9.
    #[cfg(target_os = "linux")]
    if close_range(0) {
        return;
    }
    for descriptor in inherited() {
        // SAFETY: takes an integer, and nothing of this process's is behind it.
        unsafe { libc::close(descriptor) };
    }
}

#[cfg(target_os = "linux")]
fn close_range(flags: libc::c_uint) -> bool {
    // SAFETY: takes three integers. What it does to descriptors is what its two callers are about.
    unsafe { libc::syscall(libc::SYS_close_range, FIRST_INHERITED, libc::c_uint::MAX, flags) == 0 }
}

fn inherited() -> Vec<libc::c_int> {
    let open = std::fs::read_dir("/dev/fd").into_iter().flatten().flatten();
    let numbers = open.filter_map(|entry| entry.file_name().to_str()?.parse::<libc::c_int>().ok());
    numbers.filter(|number| number.cast_unsigned() >= FIRST_INHERITED).collect()
}

/// This very program, also when its file was replaced or deleted meanwhile, or when there is no `/proc`.
fn own_executable() -> Result<PathBuf> {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        let running = PathBuf::from("/proc/self/exe");
        if running.symlink_metadata().is_ok() {
            return Ok(running);
        }
        let started_as = std::ffi::OsStr::from_bytes(rustix::param::linux_execfn().to_bytes());
        std::path::absolute(started_as)
    }
    #[cfg(not(target_os = "linux"))]
    std::env::current_exe()
}

/// The null device, or, in a root without `/dev`, that root, which can neither be read nor written.
///
/// # Errors
/// Those of `open(2)`: no further descriptor can be had.
pub fn null_device() -> Result<File> {
    File::options().read(true).write(true).open("/dev/null").or_else(|_| File::open("/"))
}

/// Sets a variable of this process, for the libraries in it. To be called by the sender before it starts a thread that does
/// more than wait.
pub fn set_variable(name: &str, value: &OsStr) {
    // SAFETY: no other thread reads variables: the one that there is waits to end the process.
    unsafe { std::env::set_var(name, value) };
}

/// Makes this process one that nobody notices: with a lower priority, out of the caller's folder, without the machine's
/// plug-ins for names, and with a limit to the memory that it may fill.
pub fn step_aside(memory_limit_bytes: u64) {
    load_no_plug_ins();
    // The caller's terminal may go away meanwhile.
    // SAFETY: no handler is installed, so no code of ours runs in a signal's context.
    unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
    // On a busy machine the caller goes first, and so does everything else.
    let _ = nice(POLITENESS);
    // It was started as `/proc/self/exe`; what `top` shows should say whose it is.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_name(c"docglow-telemet");
    // So that no folder of the caller's is kept busy.
    let _ = std::env::set_current_dir("/");
    let limit = |most| Rlimit { current: Some(most), maximum: Some(most) };
    let _ = setrlimit(Resource::Data, limit(memory_limit_bytes));
}

/// Keeps this process's memory, which holds the bypass token and a proxy's password, from debuggers and out of core files.
pub fn hide_memory() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// Has names of hosts and users looked up by what is linked in, whatever `/etc/nsswitch.conf` says. To be called before the
/// first look-up.
///
/// A static glibc would load the plug-ins named there, which are made for the machine's own glibc, and crash where that is
/// another one. musl has no plug-ins.
pub fn load_no_plug_ins() {
    #[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
    {
        unsafe extern "C" {
            fn __nss_configure_lookup(
                database: *const libc::c_char,
                services: *const libc::c_char,
            ) -> libc::c_int;
        }
        for (database, services) in [(c"hosts", c"files dns"), (c"passwd", c"files")] {
            // SAFETY: the signature is that of glibc's nss.h; it copies both strings. Where it fails, nothing has changed.
            unsafe { __nss_configure_lookup(database.as_ptr(), services.as_ptr()) };
        }
    }
}

/// Closes standard input: the null device takes its place.
pub fn close_input() {
    if let Ok(null) = null_device() {
        let _ = rustix::stdio::dup2_stdin(null);
    }
}
