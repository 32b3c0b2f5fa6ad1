//! Standard input, read with deadlines.

use std::io::{self, IsTerminal};
use std::time::Instant;

pub use super::system::input::Input;

/// Whether standard input is a terminal.
pub fn is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// An input that is read with deadlines. Tests read from memory.
pub trait TimedRead {
    /// Whether to read it to its end: it is a socket, or a pipe that has a writer or unread bytes.
    /// A file or a device has no writer, and may have no end.
    fn has_writer(&self) -> bool;

    /// Waits for bytes until `deadline`, and appends them to the spare capacity of `buffer`.
    fn read(&mut self, buffer: &mut Vec<u8>, deadline: Option<Instant>) -> Read;
}

/// The result of one read.
#[derive(Clone, Copy)]
pub enum Read {
    Bytes(usize),
    /// The end of the input, or an error.
    End,
    TimedOut,
}
