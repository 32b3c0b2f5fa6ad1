//! Knowledge about docglow 0.9.2: how it is started, its command line, and its docglow.yml.

mod click;
pub mod command_line;
pub mod config;
pub mod docglow_command;
mod document;
pub mod feature_settings;
pub mod switch;
mod yaml;
