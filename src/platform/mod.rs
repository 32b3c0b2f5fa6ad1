//! What the standard library can't say to the system: one interface, a side for each system. All the `unsafe` code that runs
//! is below here (`lean.rs` is about linking), and so is every `cfg` of a system.
//!
//! A side has eleven modules: `command` (running somebody else's command line), `start` (the program's own start), `error` (what
//! the system says of one), `input` (standard input, read with deadlines), `file` (files that anybody may have put there),
//! `folders` (where a user's configuration lives), `network` (names and sockets), `owner` (whose folder it is), `process`
//! (starting the sender, and what the sender asks of the system for itself), `python` (how one is laid out), `terminal` (asking a
//! person).

pub mod arena;
pub mod escape;
pub mod exit;
pub mod file;
pub mod memory;
pub mod self_command;
pub mod shared_file;

#[cfg(unix)]
#[path = "unix/mod.rs"]
mod system;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod system;

#[cfg(test)]
pub use system::testing;
pub use system::{
    command, error, folders, input, network, owner, process, python, start, terminal,
};

/// Looks up all addresses of a name.
pub type Resolver = fn(&str) -> Result<Vec<std::net::IpAddr>, NoAddress>;

/// Why a name has no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAddress {
    /// There is none.
    Unknown,
    /// Nobody could tell.
    Unanswered,
}
