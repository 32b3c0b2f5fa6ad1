//! Knowledge about docglow 0.9.2: how it is started, its command line, and its docglow.yml.

mod click;
pub mod command_line;
pub mod config;
mod document;
pub mod invocation;
pub mod settings;
pub mod switch;
mod yaml;
