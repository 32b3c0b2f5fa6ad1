//! Standard input, read with deadlines.

#![allow(unsafe_code)]

use std::fs::File;
use std::io::{self, IsTerminal, PipeReader};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Instant;

use windows_sys::Win32::Storage::FileSystem::{FILE_TYPE_PIPE, GetFileType};

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 8 << 10;

/// What an event is read from. A thread reads it, for nothing else can be left when it takes too long.
pub struct Input<'a> {
    chunks: Option<Receiver<Vec<u8>>>,
    has_writer: bool,
    of: PhantomData<&'a PipeReader>,
}

/// What came of one reading.
pub enum Read {
    Bytes(usize),
    /// The end, or an error, which is one for a reader that has nobody to tell it to.
    End,
    TimedOut,
}

/// Whether this process's standard input is a terminal, where a person sits.
pub fn is_terminal() -> bool {
    io::stdin().is_terminal()
}

impl<'a> Input<'a> {
    /// This process's standard input.
    pub fn standard() -> Input<'static> {
        // SAFETY: the handle stays the process's own: what is made of it here is never dropped, and so never closes it.
        let stdin =
            ManuallyDrop::new(unsafe { File::from_raw_handle(io::stdin().as_raw_handle()) });
        Input::of(stdin.try_clone().ok())
    }

    /// The reading end of a pipe.
    pub fn pipe(reader: &'a PipeReader) -> Input<'a> {
        Input::of(reader.try_clone().ok().map(|reader| File::from(OwnedHandle::from(reader))))
    }

    fn of(source: Option<File>) -> Input<'a> {
        let Some(source) = source else {
            return Input { chunks: None, has_writer: false, of: PhantomData };
        };
        // Asked before the thread reads: the system answers no question about a handle that is being read.
        // SAFETY: the handle is open, and only asked for its type.
        let has_writer = unsafe { GetFileType(source.as_raw_handle()) } == FILE_TYPE_PIPE;
        let (sender, chunks) = sync_channel(1);
        let read_all = move || {
            let mut source = source;
            let mut chunk = vec![0; CHUNK_BYTES];
            while let Ok(length @ 1..) = io::Read::read(&mut source, &mut chunk) {
                if sender.send(chunk[..length].to_vec()).is_err() {
                    return;
                }
            }
        };
        let is_read = thread::Builder::new().spawn(read_all).is_ok();
        Input { chunks: is_read.then_some(chunks), has_writer, of: PhantomData }
    }

    /// Whether somebody writes to it, a pipe or a socket: not a file or a device, which may have no end.
    pub fn has_writer(&self) -> bool {
        self.has_writer
    }

    /// Appends what there is to `buffer`, and waits for it until `deadline`.
    pub fn read(&mut self, buffer: &mut Vec<u8>, deadline: Option<Instant>) -> Read {
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
