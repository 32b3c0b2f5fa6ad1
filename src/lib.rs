//! docglow's opt-in, anonymous telemetry: one JSON event in, one anonymous POST out, nobody waits.
//!
//! Read in this order: [`hook`] is the whole story. [`event`] and [`payload`] say what may leave, [`decision`] whether,
//! [`endpoint`] where to, [`delivery`] and [`sender`] how. The rules are those of docglow's telemetry page, as the README
//! gives them.

#![deny(unsafe_code)]

#[cfg(not(unix))]
compile_error!("docglow-telemetry is for Linux and macOS; on Windows, build it inside WSL");

pub mod bypass_token;
pub mod cli;
pub mod config;
pub mod consent;
pub mod context;
pub mod decision;
pub mod delivery;
pub mod endpoint;
pub mod environment;
pub mod event;
pub mod file;
pub mod hook;
pub mod http;
pub mod installation;
pub mod json;
pub mod manifest;
pub mod payload;
pub mod process;
pub mod proxy;
pub mod sender;
pub mod slot;
pub mod state;
pub mod status;
pub mod stdin;
pub mod version;
pub mod vocabulary;
