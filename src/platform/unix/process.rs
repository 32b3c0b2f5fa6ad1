//! Starts the sender's process, and prepares the sender to run in the background.

#![allow(unsafe_code)]

use std::fs::File;
use std::io::{Error, PipeReader, PipeWriter, Result};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::platform::exit;
use crate::platform::self_command::SelfCommand;

#[cfg(target_os = "linux")]
use rustix::process::{DumpableBehavior, Signal};
use rustix::process::{Pid, Resource, Rlimit, nice, setpgid, setrlimit};

/// The first descriptor after the three standard streams.
const FIRST_INHERITED: libc::c_uint = 3;

/// The niceness that is added for the sender, of at most 19. The sender then gets a tenth of the
/// time of a program that competes with it.
const NICENESS: i32 = 10;

/// Ends the process and all its threads at once, with the status of [`exit`].
pub fn end() -> ! {
    // SAFETY: it accesses no memory of this program and does not return.
    unsafe { libc::_exit(exit::status()) }
}

/// Random bytes from the system.
pub fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    // In a static binary, uuid reads /dev/urandom, which a minimal root file system lacks.
    #[cfg(target_os = "linux")]
    if rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) == Ok(bytes.len())
    {
        return bytes;
    }
    bytes.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    bytes
}

/// Starts the program that `prepare` describes and does not wait for it. `prepare` runs in the new
/// process, so the caller does not wait for it, either. If it returns `None`, that process ends.
///
/// `Command::spawn` would wait until the new process has loaded the program, which takes longer
/// than the rest of a call. So only an error of creating the process is reported.
///
/// # Errors
/// Those of creating a process.
pub fn start_detached(prepare: impl FnOnce() -> Option<SelfCommand>) -> Result<()> {
    // SAFETY: this process has a single thread, so the child may call any function. It does not
    // return.
    match unsafe { libc::fork() } {
        -1 => Err(Error::last_os_error()),
        0 => {
            let _ = become_sender(prepare);
            end()
        }
        child => {
            // The child leaves the caller's process group by itself, but a signal to that group may
            // come first, for example when the terminal or session ends. If the child has called
            // `exec` already, this call fails, and the child has left the group.
            let _ = Pid::from_raw(child).map(|child| setpgid(Some(child), Some(child)));
            Ok(())
        }
    }
}

/// The most bytes that are written to a pipe before its reader runs. Linux gives a user who has
/// many pipes one page for each further pipe.
const PIPE_BYTES: usize = 4096;

/// Replaces this process, which was just created, with the program that `prepare` describes.
fn become_sender(prepare: impl FnOnce() -> Option<SelfCommand>) -> Result<()> {
    std::panic::set_hook(Box::new(|_| end()));
    // A shell waits until no process has the output of `$(...)` open.
    let null = null_device()?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    drop(null);
    close_inherited();
    let Some(own) = prepare() else { return Ok(()) };
    let (stdin, pipe) = std::io::pipe()?;
    if own.input.len() <= PIPE_BYTES {
        own.feed(pipe);
    } else {
        // SAFETY: as in `start_detached`.
        match unsafe { libc::fork() } {
            -1 => return Err(Error::last_os_error()),
            0 => {
                drop(stdin);
                own.feed(pipe);
                end()
            }
            _ => drop(pipe),
        }
    }
    Err(self_command(&own, stdin, Stdio::inherit())?.exec())
}

/// Starts this program again and returns a function that waits for its end.
///
/// # Errors
/// Those of opening the null device and creating a process.
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

/// CoreFoundation, which the trust store links, sets this variable before `main` if it is missing.
/// To do so, it queries the user database, which may be slow.
#[cfg(target_os = "macos")]
const TEXT_ENCODING: &str = "__CF_USER_TEXT_ENCODING";

/// The caller's value of the variable, else the value for this user and the default encoding.
#[cfg(target_os = "macos")]
fn text_encoding() -> std::ffi::OsString {
    let default = || format!("0x{:X}:0:0", rustix::process::getuid().as_raw()).into();
    std::env::var_os(TEXT_ENCODING).unwrap_or_else(default)
}

/// Marks every descriptor except the standard streams as close-on-exec, so that the sender does not
/// inherit the caller's files.
///
/// The sender outlives its caller, and a program such as bats waits for the end of a pipe on
/// descriptor 3. If both methods of marking fail, the sender keeps that pipe open for 3 s.
fn close_inherited_on_exec() {
    // Since Linux 5.11.
    #[cfg(target_os = "linux")]
    if close_range(libc::CLOSE_RANGE_CLOEXEC) {
        return;
    }
    for descriptor in inherited() {
        // SAFETY: it only sets a flag. It fails if the descriptor has been closed in the meantime.
        unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// Closes every descriptor except the standard streams. This process must not use any other.
pub(super) fn close_inherited() {
    // Since Linux 5.9.
    #[cfg(target_os = "linux")]
    if close_range(0) {
        return;
    }
    for descriptor in inherited() {
        // SAFETY: this process does not use the descriptor.
        unsafe { libc::close(descriptor) };
    }
}

#[cfg(target_os = "linux")]
fn close_range(flags: libc::c_uint) -> bool {
    // SAFETY: it takes three integers. The two callers say why the descriptors may be changed.
    unsafe { libc::syscall(libc::SYS_close_range, FIRST_INHERITED, libc::c_uint::MAX, flags) == 0 }
}

fn inherited() -> Vec<libc::c_int> {
    let open = std::fs::read_dir("/dev/fd").into_iter().flatten().flatten();
    let numbers = open.filter_map(|entry| entry.file_name().to_str()?.parse::<libc::c_int>().ok());
    numbers.filter(|number| number.cast_unsigned() >= FIRST_INHERITED).collect()
}

/// The path of this program. On Linux it works without `/proc`, and also if the file has been
/// replaced or deleted.
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

/// The null device. If there is no `/dev`, it is the root folder, which can be neither read nor
/// written.
///
/// # Errors
/// Those of `open(2)`, if the limit of descriptors is reached.
pub fn null_device() -> Result<File> {
    File::options().read(true).write(true).open("/dev/null").or_else(|_| File::open("/"))
}

/// Prepares this process to run in the background: with a lower priority, outside the caller's
/// folder, and with a memory limit.
pub fn enter_background(memory_limit_bytes: u64) {
    // The caller's terminal may be closed in the meantime. SAFETY: it installs no handler, so no
    // code of this program runs in a signal handler.
    unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
    let _ = nice(NICENESS);
    // It was started as `/proc/self/exe`. This is the name that `top` shows.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_name(c"docglow-telemet");
    // The file system of a working directory cannot be unmounted.
    let _ = std::env::set_current_dir("/");
    let limit = |most| Rlimit { current: Some(most), maximum: Some(most) };
    let _ = setrlimit(Resource::Data, limit(memory_limit_bytes));
}

/// Hides this process's memory from debuggers and core files. It contains the bypass token and the
/// password of a proxy.
pub fn hide_memory() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// Asks the kernel to kill this process when its parent, the process with this id, is killed.
/// Otherwise a killed `run` would leave its command behind. macOS has no such request, and a
/// set-user-ID program loses it.
pub(super) fn end_with_parent(parent: u32) {
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
        // A parent outside of this process's PID namespace has no id.
        let is_gone = |now: Pid| now.as_raw_nonzero().get().cast_unsigned() != parent;
        if rustix::process::getppid().is_some_and(is_gone) {
            end()
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = parent;
}

/// Replaces standard input with the null device, which closes the pipe.
pub fn close_input() {
    if let Ok(null) = null_device() {
        let _ = rustix::stdio::dup2_stdin(null);
    }
}
