//! What stands around the hook: its senders, a TLS receiver, a CONNECT proxy.

pub mod curl;
pub mod namespace;
pub mod proxy;
pub mod senders;
pub mod socks;
pub mod tls;

pub use proxy::{Manner, Proxy};
pub use senders::{Hook, SENDER_LIFE, ThreeSeconds};
pub use tls::{Authority, TlsReceiver, Validity};
