//! System calls that the standard library does not offer, and files that several processes share.
//!
//! `unix/` and `windows/` have the same public modules. All `unsafe` code and, outside tests, every
//! `cfg` of a system is below this folder. The only exception is `lean.rs`, which replaces four
//! functions when the program is linked.
//!
//! | module | purpose |
//! | --- | --- |
//! | `command` | runs or becomes another program |
//! | `error` | the text of an error |
//! | `file` | opens and replaces files safely, even if other users can write to the folder |
//! | `folders` | the folder of the user's configuration files |
//! | `input` | reads standard input with deadlines |
//! | `network` | resolves host names, and knows the trust store |
//! | `owner` | checks who owns a folder, and drops root's rights |
//! | `process` | starts the sender, and prepares it to run in the background |
//! | `python` | the folders of a Python installation |
//! | `start` | the program's own `main` |
//! | `terminal` | asks a question at the terminal |

pub mod answer;
pub mod arena;
pub mod escape;
pub mod exit;
pub mod file;
pub mod input;
pub mod memory;
pub mod self_command;
pub mod shared_file;
pub mod wait;

#[cfg(unix)]
#[path = "unix/mod.rs"]
mod system;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod system;

#[cfg(test)]
pub use system::testing;
pub use system::{command, error, folders, network, owner, process, python, start, terminal};

/// The byte-order mark (U+FEFF), with which Windows programs start a text in UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Looks up all addresses of a name.
pub type Resolver = fn(&str) -> Result<Vec<std::net::IpAddr>, NoAddress>;

/// Why a host name was not resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAddress {
    /// The name has no address.
    Unknown,
    /// No name server answered.
    Unanswered,
}
