//! An open connection: plain or encrypted, direct or through a proxy.

use std::io::{Read, Write};

/// Bytes in both directions.
pub trait Bytes: Read + Write + Send {}

impl<T: Read + Write + Send> Bytes for T {}

/// A connection. For TLS within TLS, one stream contains another.
pub type Stream = Box<dyn Bytes>;
