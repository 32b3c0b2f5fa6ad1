//! Host names and certificates, as the operating system knows them.

use std::io::ErrorKind;
use std::net::{IpAddr, ToSocketAddrs};

use crate::platform::{NoAddress, Resolver};

/// The system's own resolver.
pub const SYSTEM_RESOLVER: Option<Resolver> = Some(addresses);

/// False, because Windows has its own trust store.
pub const HAS_CERTIFICATE_FILE: bool = false;

fn addresses(host: &str) -> Result<Vec<IpAddr>, NoAddress> {
    /// WSAHOST_NOT_FOUND and WSANO_DATA.
    const UNKNOWN: [i32; 2] = [11001, 11004];
    let addresses = (host, 0).to_socket_addrs().map_err(|error| match error.raw_os_error() {
        Some(code) if UNKNOWN.contains(&code) => NoAddress::Unknown,
        _ if error.kind() == ErrorKind::InvalidInput => NoAddress::Unknown,
        _ => NoAddress::Unanswered,
    })?;
    Ok(addresses.map(|address| address.ip()).collect())
}

/// False, because Windows verifies certificates itself.
pub fn is_in_trust_store(_certificate: &[u8]) -> bool {
    false
}
