//! Standard input, read with `poll(2)`.

use std::os::fd::BorrowedFd;
use std::time::Instant;

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::FileType;
use rustix::io::Errno;

use crate::platform::input::{Read, TimedRead};

/// Standard input.
pub struct Input(BorrowedFd<'static>);

impl Input {
    /// This process's standard input.
    pub fn standard() -> Input {
        Input(rustix::stdio::stdin())
    }
}

impl TimedRead for Input {
    fn has_writer(&self) -> bool {
        let kind = rustix::fs::fstat(self.0).map(|stat| FileType::from_raw_mode(stat.st_mode));
        let mut state = [PollFd::new(&self.0, PollFlags::IN)];
        let _ = poll(&mut state, Some(&Timespec::default()));
        matches!(kind, Ok(FileType::Fifo | FileType::Socket))
            && state[0].revents() != PollFlags::HUP
    }

    fn read(&mut self, buffer: &mut Vec<u8>, deadline: Option<Instant>) -> Read {
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
                // `poll` fails if the process may have no descriptors (`ulimit -n 0`). Reading
                // works.
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
