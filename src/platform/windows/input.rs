//! Standard input, read by a thread.

#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;
use std::os::windows::io::{AsRawHandle, FromRawHandle};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Instant;

use crate::platform::input::{Read, TimedRead};

use windows_sys::Win32::Storage::FileSystem::{FILE_TYPE_PIPE, GetFileType};

/// Bytes per read.
const CHUNK_BYTES: usize = 8 << 10;

/// Standard input. A thread reads it, because a blocking read cannot be given up at a deadline.
pub struct Input {
    chunks: Option<Receiver<Vec<u8>>>,
    has_writer: bool,
}

impl Input {
    /// This process's standard input.
    pub fn standard() -> Input {
        // SAFETY: the file is never dropped, so it does not close the handle.
        let stdin =
            ManuallyDrop::new(unsafe { File::from_raw_handle(io::stdin().as_raw_handle()) });
        let Ok(mut stdin) = stdin.try_clone() else {
            return Input { chunks: None, has_writer: false };
        };
        // `GetFileType` blocks while a thread reads from the handle, so it is called first.
        // SAFETY: the handle is open, and only its type is queried.
        let has_writer = unsafe { GetFileType(stdin.as_raw_handle()) } == FILE_TYPE_PIPE;
        let (sender, chunks) = sync_channel(1);
        let read_all = move || {
            let mut chunk = vec![0; CHUNK_BYTES];
            while let Ok(length @ 1..) = io::Read::read(&mut stdin, &mut chunk) {
                if sender.send(chunk[..length].to_vec()).is_err() {
                    return;
                }
            }
        };
        let is_read = thread::Builder::new().spawn(read_all).is_ok();
        Input { chunks: is_read.then_some(chunks), has_writer }
    }
}

impl TimedRead for Input {
    fn has_writer(&self) -> bool {
        self.has_writer
    }

    fn read(&mut self, buffer: &mut Vec<u8>, deadline: Option<Instant>) -> Read {
        let Some(chunks) = &self.chunks else { return Read::End };
        let chunk = match deadline {
            None => chunks.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(deadline) => {
                chunks.recv_timeout(deadline.saturating_duration_since(Instant::now()))
            }
        };
        match chunk {
            Ok(chunk) => {
                buffer.extend_from_slice(&chunk);
                Read::Bytes(chunk.len())
            }
            Err(RecvTimeoutError::Timeout) => Read::TimedOut,
            Err(RecvTimeoutError::Disconnected) => Read::End,
        }
    }
}
