//! The fuzzed properties. Each takes any bytes, and panics if a promise is broken.
//!
//! The fuzz targets and the replay test run the same functions.

pub mod certificates;
pub mod command_line;
pub mod config;
pub mod dns_answer;
pub mod endpoint;
pub mod event;
pub mod head;
pub mod hosts;
pub mod installation;
pub mod log;
pub mod manifest;
pub mod proxy_reply;
pub mod proxy_url;
pub mod redirect;
pub mod resolv_conf;
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

#[allow(dead_code)] // a fuzz target uses only its own property
pub const ALL: [Property; 19] = [
    Property { name: "certificates", check: certificates::check },
    Property { name: "command_line", check: command_line::check },
    Property { name: "config", check: config::check },
    Property { name: "dns_answer", check: dns_answer::check },
    Property { name: "endpoint", check: endpoint::check },
    Property { name: "event", check: event::check },
    Property { name: "head", check: head::check },
    Property { name: "hosts", check: hosts::check },
    Property { name: "installation", check: installation::check },
    Property { name: "log", check: log::check },
    Property { name: "manifest", check: manifest::check },
    Property { name: "proxy_reply", check: proxy_reply::check },
    Property { name: "proxy_url", check: proxy_url::check },
    Property { name: "redirect", check: redirect::check },
    Property { name: "resolv_conf", check: resolv_conf::check },
    Property { name: "scanner", check: scanner::check },
    Property { name: "settings", check: settings::check },
    Property { name: "state", check: state::check },
    Property { name: "version", check: version::check },
];
