//! Starts this program again, as the sender.

use std::ffi::OsString;
use std::io::{self, PipeWriter, Read, Result, Write};

use super::system::process;

/// A new process of this program.
///
/// It runs in its own process group, so neither Ctrl-C nor the end of the caller's terminal ends
/// it. Its standard error is the null device. It inherits no other descriptor of the caller's.
pub struct SelfCommand {
    /// Its only argument.
    pub argument: &'static str,
    /// Its environment. The platform adds the variables that the system needs.
    pub environment: Vec<(&'static str, OsString)>,
    /// The content of its standard input.
    pub input: Vec<u8>,
}

impl SelfCommand {
    /// Starts the process that `prepare` describes and does not wait for it. Its standard output is
    /// the null device, too. On Unix, `prepare` runs in the new process.
    ///
    /// # Errors
    /// Those of creating the process.
    pub fn start_detached(prepare: impl FnOnce() -> Option<SelfCommand>) -> Result<()> {
        process::start_detached(prepare)
    }

    /// Starts the process, waits for its end, and returns its standard output.
    ///
    /// # Errors
    /// Those of creating the pipes and the process.
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

    /// Writes the content of its standard input.
    pub(super) fn feed(&self, mut pipe: PipeWriter) {
        // The process may have ended already.
        let _ = pipe.write_all(&self.input);
    }
}
