//! What is fuzzed: each property takes any bytes and panics where a promise is broken.
//!
//! The fuzz targets and the replay test run the same functions.

pub mod command_line;
pub mod config;
pub mod endpoint;
pub mod event;
pub mod installation;
pub mod log;
pub mod manifest;
pub mod redirect;
pub mod scanner;
pub mod settings;
pub mod state;
pub mod version;
#[path = "../vocabulary.rs"]
pub mod vocabulary;

/// A property by the name of its fuzz target and corpus.
pub struct Property {
    pub name: &'static str,
    pub check: fn(&[u8]),
}

#[allow(dead_code)] // a fuzz target knows its own property
pub const ALL: [Property; 12] = [
    Property { name: "command_line", check: command_line::check },
    Property { name: "config", check: config::check },
    Property { name: "endpoint", check: endpoint::check },
    Property { name: "event", check: event::check },
    Property { name: "installation", check: installation::check },
    Property { name: "log", check: log::check },
    Property { name: "manifest", check: manifest::check },
    Property { name: "redirect", check: redirect::check },
    Property { name: "scanner", check: scanner::check },
    Property { name: "settings", check: settings::check },
    Property { name: "state", check: state::check },
    Property { name: "version", check: version::check },
];
