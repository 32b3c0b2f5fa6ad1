//! Starting this program again.

use std::ffi::OsString;
use std::io::{self, PipeWriter, Read, Result, Write};

use super::system::process;

/// This very program, to be started again: in a process group of its own, so that neither a Ctrl-C meant for the caller nor what
/// goes away with the caller ends it, with standard error on the null device, and with no other file of the caller's.
pub struct SelfCommand {
    /// Its one argument.
    pub argument: &'static str,
    /// All of its environment, but for what the system itself needs.
    pub environment: Vec<(&'static str, OsString)>,
    /// Its standard input.
    pub input: Vec<u8>,
}

impl SelfCommand {
    /// Starts it and leaves it to itself, with standard output on the null device, too.
    ///
    /// # Errors
    /// Those of making a pipe and a process.
    pub fn start_detached(self) -> Result<()> {
        let (stdin, pipe) = io::pipe()?;
        process::start_detached(&self, stdin)?;
        self.feed(pipe);
        Ok(())
    }

    /// Starts it, waits for its end, and returns what it wrote to standard output.
    ///
    /// # Errors
    /// Those of making a pipe and a process.
    pub fn run(self) -> Result<String> {
        let (stdin, pipe) = io::pipe()?;
        let (mut output, stdout) = io::pipe()?;
        let wait = process::start(&self, stdin, stdout)?;
        self.feed(pipe);
        let mut text = String::new();
        let _ = output.read_to_string(&mut text);
        wait();
        Ok(text)
    }

    fn feed(&self, mut pipe: PipeWriter) {
        // A process that is gone already has no use for it.
        let _ = pipe.write_all(&self.input);
    }
}
