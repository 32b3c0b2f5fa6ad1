//! The subcommands: the program that the caller waits for.

pub mod consent;
pub mod hook;
pub mod init;
pub mod log;
pub mod preview;
pub mod prompt;
pub mod run;
pub mod source;
pub mod status;

use std::io::{self, Write};

/// Prints a text on stdout, which may be closed.
pub fn print(text: &str) {
    let mut stdout = io::stdout();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints a message on stderr, which may be closed.
pub fn print_error(message: &str) {
    let _ = writeln!(io::stderr(), "docglow-telemetry: {message}");
}
