//! Limits of processes, which Windows sets to jobs.

#![allow(unsafe_code)]

use std::io::{Error, Result};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::null;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectExtendedLimitInformation, SetInformationJobObject,
};

/// What processes have in common that are put into it.
pub struct Job(OwnedHandle);

impl Job {
    /// A job with these limits: `JOB_OBJECT_LIMIT_…`, and how much memory each process may have, where that is one of them.
    ///
    /// # Errors
    /// Those of `CreateJobObjectW` and `SetInformationJobObject`.
    pub fn new(limits: u32, memory_bytes: usize) -> Result<Job> {
        // SAFETY: without a name and attributes, it only makes a handle.
        let job = unsafe { CreateJobObjectW(null(), null()) };
        if job.is_null() {
            return Err(Error::last_os_error());
        }
        // SAFETY: the handle is this process's own now, and owned once.
        let job = Job(unsafe { OwnedHandle::from_raw_handle(job) });
        let mut information = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        information.BasicLimitInformation.LimitFlags = limits;
        information.ProcessMemoryLimit = memory_bytes;
        // SAFETY: the structure is the one that the class says, and of this size.
        let is_set = unsafe {
            SetInformationJobObject(
                job.0.as_raw_handle(),
                JobObjectExtendedLimitInformation,
                (&raw const information).cast(),
                size_of_val(&information) as u32,
            )
        };
        if is_set != 0 { Ok(job) } else { Err(Error::last_os_error()) }
    }

    /// Puts a process into the job; nothing happens where the system refuses.
    pub fn take(&self, process: HANDLE) {
        // SAFETY: both handles are open; it reads and writes no memory of ours.
        unsafe { AssignProcessToJobObject(self.0.as_raw_handle(), process) };
    }
}
