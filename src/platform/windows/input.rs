//! Standard input, read by a thread.

#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Instant;

use crate::platform::input::{Read, TimedRead};

use windows_sys::Win32::Storage::FileSystem::{FILE_TYPE_PIPE, GetFileType};

/// Bytes per read.
const CHUNK_BYTES: usize = 8 << 10;

/// Standard input. A thread reads it, because a blocking read cannot be given up at a deadline.
pub struct Input {
    chunks: Receiver<Vec<u8>>,
    has_writer: bool,
}

impl Input {
    /// This process's standard input.
    pub fn standard() -> Input {
        let (sender, chunks) = sync_channel(1);
        let mut has_writer = false;
        if let Ok(stdin) = io::stdin().as_handle().try_clone_to_owned() {
            // `GetFileType` blocks while a thread reads from the handle, so it is called first.
            // SAFETY: the handle is open, and only its type is queried.
            has_writer = unsafe { GetFileType(stdin.as_raw_handle()) } == FILE_TYPE_PIPE;
            let mut stdin = File::from(stdin);
            // Without a thread, the channel has no sender, which is the end of the input.
            let _ = thread::Builder::new().spawn(move || {
                let mut chunk = vec![0; CHUNK_BYTES];
                while let Ok(length @ 1..) = io::Read::read(&mut stdin, &mut chunk)
                    && sender.send(chunk[..length].to_vec()).is_ok()
                {}
            });
        }
        Input { chunks, has_writer }
    }
}

impl TimedRead for Input {
    fn has_writer(&self) -> bool {
        self.has_writer
    }

    fn read(&mut self, buffer: &mut Vec<u8>, deadline: Option<Instant>) -> Read {
        let chunk = match deadline {
            None => self.chunks.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(deadline) => {
                self.chunks.recv_timeout(deadline.saturating_duration_since(Instant::now()))
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
