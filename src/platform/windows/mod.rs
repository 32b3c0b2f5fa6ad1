//! Windows 10 and later.

pub mod file;
pub mod folders;
pub mod input;
pub mod process;
pub mod terminal;
