//! docglow's opt-in, anonymous telemetry: one JSON event in, one anonymous POST out.
//!
//! This is the map of the code. The binary is two programs:
//!
//! - [`commands`] is the program that the caller waits for. It has one file per subcommand. Start
//!   with [`commands::hook`]: it reads the event, decides, and starts the sender.
//! - [`sender`] is the second process, which sends the event in the background. Its start is
//!   [`sender::main`].
//!
//! | module | contents |
//! | --- | --- |
//! | [`payload`] | the closed vocabulary, versions and numbers: all data that may be sent |
//! | [`platform`] | system calls and shared files; all `unsafe`; `unix/` and `windows/` |
//! | [`json`] | tolerant reading of JSON |
//! | [`event`] | the event on standard input, and why no event was sent |
//! | [`endpoint`] | the URLs that an event may be sent to, redirects, the bypass token |
//! | [`docglow`] | knowledge about docglow 0.9.2: its command line and its docglow.yml |
//! | [`decision`] | whether an event may be sent: environment, docglow.yml, state file |
//! | [`sender`] | the second process: HTTP, TLS, proxies, the log, versions, counts |
//! | [`commands`] | the subcommands |
//! | [`cli`] | the command line of this program; `main.rs` runs the subcommand |
//!
//! A module imports only modules above it in this table. [`payload`], [`platform`] and [`endpoint`]
//! import no other module. The rules of the README are those of docglow's telemetry page.

#![deny(unsafe_code)]

pub mod cli;
pub mod commands;
pub mod decision;
pub mod docglow;
pub mod endpoint;
pub mod event;
pub mod json;
pub mod payload;
pub mod platform;
pub mod sender;
