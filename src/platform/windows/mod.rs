//! Windows 10 and later.

pub mod command;
mod console;
pub mod error;
pub mod file;
pub mod folders;
pub mod input;
mod job;
pub mod network;
pub mod owner;
pub mod process;
pub mod python;
pub mod start;
pub mod terminal;
#[cfg(test)]
pub mod testing;
