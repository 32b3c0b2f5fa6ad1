//! Standard input, read with deadlines.

use std::io::{IsTerminal, PipeReader};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::FileType;
use rustix::io::Errno;

/// What an event is read from.
pub struct Input<'a>(BorrowedFd<'a>);

/// What came of one reading.
pub enum Read {
    Bytes(usize),
    /// The end, or an error, which is one for a reader that has nobody to tell it to.
    End,
    TimedOut,
}

/// Whether this process's standard input is a terminal, where a person sits.
pub fn is_terminal() -> bool {
    rustix::stdio::stdin().is_terminal()
}

impl<'a> Input<'a> {
    /// This process's standard input.
    pub fn standard() -> Input<'static> {
        Input(rustix::stdio::stdin())
    }

    /// The reading end of a pipe.
    pub fn pipe(reader: &'a PipeReader) -> Input<'a> {
        Input(reader.as_fd())
    }

    /// Whether somebody writes to it, a pipe or a socket: not a file or a device, which may have no end, and not a pipe that
    /// is empty and closed.
    pub fn has_writer(&self) -> bool {
        let kind = rustix::fs::fstat(self.0).map(|stat| FileType::from_raw_mode(stat.st_mode));
        let mut state = [PollFd::new(&self.0, PollFlags::IN)];
        let _ = poll(&mut state, Some(&Timespec::default()));
        matches!(kind, Ok(FileType::Fifo | FileType::Socket))
            && state[0].revents() != PollFlags::HUP
    }

    /// Appends what there is to `buffer`, as far as it has spare room, and waits for it until `deadline`.
    pub fn read(&mut self, buffer: &mut Vec<u8>, deadline: Option<Instant>) -> Read {
        loop {
            let timeout =
                match deadline.map(|deadline| deadline.checked_duration_since(Instant::now())) {
                    None => None,
                    Some(None) => return Read::TimedOut,
                    Some(Some(left)) => Timespec::try_from(left).ok(),
                };
            match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], timeout.as_ref()) {
                Ok(0) => return Read::TimedOut,
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                // A process that may have no descriptors (`ulimit -n 0`) can't ask. It can read, for its writer's sake.
                Err(Errno::INVAL) => {}
                Err(_) => return Read::End,
            }
            match rustix::io::read(self.0, spare_capacity(buffer)) {
                Ok(0) => return Read::End,
                Ok(length) => return Read::Bytes(length),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => return Read::End,
            }
        }
    }
}
