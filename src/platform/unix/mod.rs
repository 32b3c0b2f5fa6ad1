//! Linux and macOS.

pub mod command;
pub mod error;
pub mod file;
pub mod folders;
mod group_probe;
mod inherited;
pub mod input;
pub mod network;
pub mod owner;
pub mod process;
pub mod python;
mod running;
mod signals;
pub mod start;
pub mod terminal;
#[cfg(test)]
pub mod testing;
