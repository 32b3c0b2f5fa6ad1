//! docglow's opt-in, anonymous telemetry: one JSON event in, one anonymous POST out, nobody waits.
//!
//! The map. docglow's telemetry page asks four questions; each is a folder:
//!
//! | folder | it answers |
//! | --- | --- |
//! | [`payload`] | what may leave: the closed vocabulary, nothing else |
//! | [`event`] | where its values come from |
//! | [`decision`] | whether it may be sent |
//! | [`endpoint`] | where to |
//! | [`delivery`] | how |
//! | [`platform`] | what the standard library can't say to the system |
//!
//! [`hook`] is the whole story in one screen; start there. Imports run down: `payload` knows nothing, `event`, `decision` and
//! `endpoint` build on it, `delivery` on all of them, and what stands beside this file wires them together. The rules are
//! those of docglow's telemetry page, as the README gives them.

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
