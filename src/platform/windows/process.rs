//! Starting this program again, and what the process that was started asks of the system for itself.

#![allow(unsafe_code)]

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Error, PipeReader, PipeWriter, Result};
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::{null, null_mut};

use crate::platform::exit;
use crate::platform::self_command::SelfCommand;

use super::job::Job;

use windows_sys::Win32::Foundation::{HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation};
use windows_sys::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SetErrorMode,
};
use windows_sys::Win32::System::JobObjects::JOB_OBJECT_LIMIT_PROCESS_MEMORY;
use windows_sys::Win32::System::Threading::{
    BELOW_NORMAL_PRIORITY_CLASS, CREATE_BREAKAWAY_FROM_JOB, CREATE_NEW_PROCESS_GROUP,
    CREATE_UNICODE_ENVIRONMENT, CreateProcessW, DETACHED_PROCESS, DeleteProcThreadAttributeList,
    EXTENDED_STARTUPINFO_PRESENT, GetCurrentProcess, INFINITE, InitializeProcThreadAttributeList,
    LPPROC_THREAD_ATTRIBUTE_LIST, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, PROCESS_INFORMATION,
    STARTF_USESTDHANDLES, STARTUPINFOEXW, TerminateProcess, UpdateProcThreadAttribute,
    WaitForSingleObject,
};

/// Without a console window, out of reach of the caller's Ctrl-C, and behind everything else on a busy machine.
const FLAGS: u32 = DETACHED_PROCESS
    | CREATE_NEW_PROCESS_GROUP
    | BELOW_NORMAL_PRIORITY_CLASS
    | CREATE_UNICODE_ENVIRONMENT
    | EXTENDED_STARTUPINFO_PRESENT;

/// What Windows itself needs of an environment: sockets and random numbers are looked for below it.
const SYSTEM_VARIABLES: [&str; 2] = ["SystemDrive", "SystemRoot"];

/// Ends the process at once, with the status that was set, whatever its other threads are doing.
pub fn end() -> ! {
    loop {
        // SAFETY: nothing of ours runs after it, and it touches no memory of ours.
        unsafe { TerminateProcess(GetCurrentProcess(), exit::status().cast_unsigned()) };
    }
}

/// Bytes from the system's random numbers.
pub fn random_bytes() -> [u8; 16] {
    *uuid::Uuid::new_v4().as_bytes()
}

/// Starts this program again, and leaves it to itself.
///
/// # Errors
/// Those of opening the null device and making a process.
pub fn start_detached(own: &SelfCommand, stdin: PipeReader) -> Result<()> {
    create_process(own, &[stdin.into(), null_device()?, null_device()?]).map(drop)
}

/// Starts this program again, and returns what waits for its end.
///
/// # Errors
/// Those of opening the null device and making a process.
pub fn start(own: &SelfCommand, stdin: PipeReader, stdout: PipeWriter) -> Result<impl FnOnce()> {
    let process = create_process(own, &[stdin.into(), stdout.into(), null_device()?])?;
    Ok(move || {
        // SAFETY: the handle is that of the process, and open.
        unsafe { WaitForSingleObject(process.as_raw_handle(), INFINITE) };
    })
}

fn null_device() -> Result<OwnedHandle> {
    File::options().read(true).write(true).open("NUL").map(OwnedHandle::from)
}

/// Starts this program with these three standard handles. It inherits no other: a caller that waits for the end of a pipe of
/// its own would wait for a sender that holds it.
fn create_process(own: &SelfCommand, handles: &[OwnedHandle; 3]) -> Result<OwnedHandle> {
    let raw: [HANDLE; 3] = std::array::from_fn(|i| handles[i].as_raw_handle());
    let attributes = HandleList::of(&raw)?;
    let mut startup = STARTUPINFOEXW::default();
    startup.StartupInfo.cb = size_of::<STARTUPINFOEXW>() as u32;
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    [
        startup.StartupInfo.hStdInput,
        startup.StartupInfo.hStdOutput,
        startup.StartupInfo.hStdError,
    ] = raw;
    startup.lpAttributeList = attributes.list();
    let program = wide(std::env::current_exe()?.as_os_str());
    let folder = std::env::var_os("SystemRoot").map(|folder| wide(&folder));
    let folder = folder.as_ref().map_or(null(), |folder| folder.as_ptr());
    let block = environment_block(&own.environment);
    let mut process = PROCESS_INFORMATION::default();
    // Out of the caller's job, whose end would be the sender's, where the job allows it.
    for flags in [FLAGS | CREATE_BREAKAWAY_FROM_JOB, FLAGS] {
        let mut command_line = wide(OsStr::new(&format!("docglow-telemetry {}", own.argument)));
        // SAFETY: every pointer leads to a value above that outlives the call, texts and block end in zeros, and the
        // attributes are those of this start-up information, as its size and the flags say.
        let is_started = unsafe {
            CreateProcessW(
                program.as_ptr(),
                command_line.as_mut_ptr(),
                null(),
                null(),
                1,
                flags,
                block.as_ptr().cast(),
                folder,
                &raw const startup.StartupInfo,
                &raw mut process,
            )
        };
        if is_started != 0 {
            // SAFETY: both handles are this process's own now, and each is owned once.
            let [process, _thread] = [process.hProcess, process.hThread]
                .map(|handle| unsafe { OwnedHandle::from_raw_handle(handle) });
            return Ok(process);
        }
    }
    Err(Error::last_os_error())
}

/// The handles that a process may inherit, in the form that starting one takes.
struct HandleList {
    memory: Vec<usize>,
}

impl HandleList {
    fn of(handles: &[HANDLE; 3]) -> Result<HandleList> {
        let mut size = 0;
        // SAFETY: without a list, it only tells the size that one of a single attribute has.
        unsafe { InitializeProcThreadAttributeList(null_mut(), 1, 0, &raw mut size) };
        let list = HandleList { memory: vec![0; size.div_ceil(size_of::<usize>())] };
        // SAFETY: the memory is of the size that was asked for, and so aligned.
        let is_made =
            unsafe { InitializeProcThreadAttributeList(list.list(), 1, 0, &raw mut size) };
        let inherit = |handle: &HANDLE| {
            // SAFETY: the handle is open, and only a flag of it is set.
            unsafe { SetHandleInformation(*handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) }
        };
        // SAFETY: the list is made, and the handles that it refers to outlive it: its one user owns them.
        let is_set = is_made != 0
            && handles.iter().map(inherit).all(|is_set| is_set != 0)
            && unsafe {
                UpdateProcThreadAttribute(
                    list.list(),
                    0,
                    PROC_THREAD_ATTRIBUTE_HANDLE_LIST as usize,
                    handles.as_ptr().cast(),
                    size_of_val(handles),
                    null_mut(),
                    null(),
                )
            } != 0;
        if is_set { Ok(list) } else { Err(Error::last_os_error()) }
    }

    fn list(&self) -> LPPROC_THREAD_ATTRIBUTE_LIST {
        self.memory.as_ptr().cast_mut().cast()
    }
}

impl Drop for HandleList {
    fn drop(&mut self) {
        // SAFETY: the list was made in `of`, or is all zeros, for which there is nothing to do.
        unsafe { DeleteProcThreadAttributeList(self.list()) };
    }
}

/// `NAME=value` for each variable, in order of their names, each ended by a zero, the whole by another.
fn environment_block(environment: &[(&'static str, OsString)]) -> Vec<u16> {
    let of_the_system =
        SYSTEM_VARIABLES.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
    let mut variables: Vec<_> = environment.iter().cloned().chain(of_the_system).collect();
    variables.sort();
    let mut block: Vec<u16> = variables
        .into_iter()
        .flat_map(|(name, value)| {
            let mut variable = OsString::from(name);
            variable.push("=");
            variable.push(value);
            wide(&variable)
        })
        .collect();
    block.extend([0, 0]);
    block
}

/// UTF-16, ended by a zero.
fn wide(text: &OsStr) -> Vec<u16> {
    text.encode_wide().chain([0]).collect()
}

/// Sets a variable of this process, for the libraries in it. To be called by the sender before it starts a thread that does
/// more than wait.
pub fn set_variable(name: &str, value: &OsStr) {
    // SAFETY: no other thread reads variables: the one that there is waits to end the process.
    unsafe { std::env::set_var(name, value) };
}

/// Makes this process one that nobody notices, and limits its memory. Its priority and its folder were set when it was started.
pub fn step_aside(memory_limit_bytes: u64) {
    // SAFETY: sets two flags of this process: no window of the system's shows what has gone wrong here.
    unsafe { SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX) };
    let limit = usize::try_from(memory_limit_bytes).unwrap_or(usize::MAX);
    if let Ok(job) = Job::new(JOB_OBJECT_LIMIT_PROCESS_MEMORY, limit) {
        // SAFETY: makes a number that stands for this process.
        job.take(unsafe { GetCurrentProcess() });
    }
}

/// Nothing to do: another process of the user's may read any memory of theirs here, and windows of errors are off.
pub fn hide_memory() {}

/// Nothing to do: the other end of the pipe is closed already.
pub fn close_input() {}
