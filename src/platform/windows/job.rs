//! Job objects, which limit processes on Windows.

#![allow(unsafe_code)]

use std::io::{Error, Result};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::null;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectExtendedLimitInformation, SetInformationJobObject,
};

/// A job object. Its limits apply to all processes that are assigned to it.
pub struct Job(OwnedHandle);

impl Job {
    /// Creates a job with these limits (`JOB_OBJECT_LIMIT_…`). `memory_bytes` is the limit of each
    /// process if `JOB_OBJECT_LIMIT_PROCESS_MEMORY` is one of them.
    ///
    /// # Errors
    /// Those of `CreateJobObjectW` and `SetInformationJobObject`.
    pub fn new(limits: u32, memory_bytes: usize) -> Result<Job> {
        // SAFETY: without a name and attributes, it only creates a handle.
        let job = unsafe { CreateJobObjectW(null(), null()) };
        if job.is_null() {
            return Err(Error::last_os_error());
        }
        // SAFETY: this process owns the handle, and only here.
        let job = Job(unsafe { OwnedHandle::from_raw_handle(job) });
        let mut information = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        information.BasicLimitInformation.LimitFlags = limits;
        information.ProcessMemoryLimit = memory_bytes;
        // SAFETY: the structure has the type that the class requires, and this size.
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

    /// Assigns a process to the job. An error is ignored.
    pub fn take(&self, process: HANDLE) {
        // SAFETY: both handles are open, and it accesses no memory of this process.
        unsafe { AssignProcessToJobObject(self.0.as_raw_handle(), process) };
    }
}
