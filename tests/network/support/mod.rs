//! The surroundings of the hook: its senders, a TLS receiver, proxies and name servers.

pub mod curl;
pub mod namespace;
pub mod peer;
pub mod proxy;
pub mod senders;
#[allow(dead_code)] // the receivers' tests use the rest
#[path = "../../receivers/service.rs"]
mod service;
pub mod socks;
pub mod tls;

pub use proxy::{Manner, Proxy};
pub use senders::{Hook, SENDER_LIFE, SENDER_NICENESS, ThreeSeconds};
pub use service::plain_folder;
pub use tls::{Authority, TlsReceiver, Validity};
