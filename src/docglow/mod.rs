//! Knowledge about docglow 0.9.2: its command line, docglow.yml, and how it is started.

pub mod command_line;
pub mod config;
pub mod launcher;
pub mod settings;
mod yaml;
