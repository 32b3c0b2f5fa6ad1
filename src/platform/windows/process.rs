//! Starts the sender's process, and prepares the sender to run in the background.

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

/// No console window, no Ctrl-C from the caller's console, and a low priority.
const FLAGS: u32 = DETACHED_PROCESS
    | CREATE_NEW_PROCESS_GROUP
    | BELOW_NORMAL_PRIORITY_CLASS
    | CREATE_UNICODE_ENVIRONMENT
    | EXTENDED_STARTUPINFO_PRESENT;

/// The variables that Windows itself needs, for example to load the libraries of sockets and random
/// numbers.
const SYSTEM_VARIABLES: [&str; 2] = ["SystemDrive", "SystemRoot"];

/// Ends the process and all its threads at once, with the status of [`exit`].
pub fn end() -> ! {
    loop {
        // SAFETY: it accesses no memory of this program.
        unsafe { TerminateProcess(GetCurrentProcess(), exit::status().cast_unsigned()) };
    }
}

/// Random bytes from the system.
pub fn random_bytes() -> [u8; 16] {
    *uuid::Uuid::new_v4().as_bytes()
}

/// Starts the program that `prepare` describes and does not wait for it. `None` starts none.
///
/// # Errors
/// Those of creating the pipe, opening the null device and creating a process.
pub fn start_detached(prepare: impl FnOnce() -> Option<SelfCommand>) -> Result<()> {
    let Some(own) = prepare() else { return Ok(()) };
    let (stdin, pipe) = std::io::pipe()?;
    create_process(&own, &[stdin.into(), null_device()?, null_device()?])?;
    own.feed(pipe);
    Ok(())
}

/// Starts this program again and returns a function that waits for its end.
///
/// # Errors
/// Those of opening the null device and creating a process.
pub fn start(own: &SelfCommand, stdin: PipeReader, stdout: PipeWriter) -> Result<impl FnOnce()> {
    let process = create_process(own, &[stdin.into(), stdout.into(), null_device()?])?;
    Ok(move || {
        // SAFETY: it is the open handle of the process.
        unsafe { WaitForSingleObject(process.as_raw_handle(), INFINITE) };
    })
}

fn null_device() -> Result<OwnedHandle> {
    File::options().read(true).write(true).open("NUL").map(OwnedHandle::from)
}

/// Starts this program with these standard handles. It inherits no other handle. Otherwise, a
/// caller that waits for the end of its own pipe would also wait for the sender.
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
    // The end of the caller's job would end the sender. So the sender leaves that job, if it may.
    for flags in [FLAGS | CREATE_BREAKAWAY_FROM_JOB, FLAGS] {
        let mut command_line = wide(OsStr::new(&format!("docglow-telemetry {}", own.argument)));
        // SAFETY: each pointer refers to a local variable. The texts and the block end with zeros.
        // The start-up information has the attribute list that its size and the flags announce.
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
            // SAFETY: this process owns both handles, and only here.
            let [process, _thread] = [process.hProcess, process.hThread]
                .map(|handle| unsafe { OwnedHandle::from_raw_handle(handle) });
            return Ok(process);
        }
    }
    Err(Error::last_os_error())
}

/// The handles that a new process inherits, as an attribute list for `CreateProcessW`.
struct HandleList(Vec<usize>);

impl HandleList {
    fn of(handles: &[HANDLE; 3]) -> Result<HandleList> {
        let mut size = 0;
        // SAFETY: without a list, it only returns the size of a list with one attribute.
        unsafe { InitializeProcThreadAttributeList(null_mut(), 1, 0, &raw mut size) };
        let list = HandleList(vec![0; size.div_ceil(size_of::<usize>())]);
        // SAFETY: the memory has the required size and alignment.
        let is_created =
            unsafe { InitializeProcThreadAttributeList(list.list(), 1, 0, &raw mut size) };
        let inherit = |handle: &HANDLE| {
            // SAFETY: the handle is open, and only its flag is set.
            unsafe { SetHandleInformation(*handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) }
        };
        // SAFETY: the list is initialized. `create_process` owns the handles longer than the list.
        let is_set = is_created != 0
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
        self.0.as_ptr().cast_mut().cast()
    }
}

impl Drop for HandleList {
    fn drop(&mut self) {
        // SAFETY: the list was initialized in `of`, or it is all zeros, which is an empty list.
        unsafe { DeleteProcThreadAttributeList(self.list()) };
    }
}

/// `NAME=value` for each variable, in the order of their names. Each variable ends with a zero, and
/// the block ends with another zero.
fn environment_block(environment: &[(&'static str, OsString)]) -> Vec<u16> {
    let system = SYSTEM_VARIABLES.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
    let mut variables: Vec<_> = environment.iter().cloned().chain(system).collect();
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

/// UTF-16 with a zero at the end.
fn wide(text: &OsStr) -> Vec<u16> {
    text.encode_wide().chain([0]).collect()
}

/// Prepares this process to run in the background, with a limit of its memory. Its priority and its
/// folder were set when it was started.
pub fn enter_background(memory_limit_bytes: u64) {
    // SAFETY: it only sets flags, which suppress the system's error dialogs.
    unsafe { SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX) };
    let limit = usize::try_from(memory_limit_bytes).unwrap_or(usize::MAX);
    if let Ok(job) = Job::new(JOB_OBJECT_LIMIT_PROCESS_MEMORY, limit) {
        // SAFETY: it returns a constant that stands for this process.
        job.take(unsafe { GetCurrentProcess() });
    }
}

/// Does nothing: on Windows, every process of a user may read the memory of the others, and
/// `enter_background` turns error dialogs off.
pub fn hide_memory() {}

/// Does nothing, because the other end of the pipe is closed already.
pub fn close_input() {}
