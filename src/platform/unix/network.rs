//! Names and certificates, as far as the system itself knows them.

use std::net::{IpAddr, ToSocketAddrs};

use crate::platform::{NoAddress, Resolver};

/// The system's own resolver, if it is to be asked. On Linux the sender has its own: a static
/// program can't use glibc's.
pub const SYSTEM_RESOLVER: Option<Resolver> =
    if cfg!(target_os = "linux") { None } else { Some(addresses) };

/// The system does not say whether a name is unknown, or nobody could tell.
fn addresses(host: &str) -> Result<Vec<IpAddr>, NoAddress> {
    let addresses = (host, 0).to_socket_addrs().map_err(|_| NoAddress::Unanswered)?;
    Ok(addresses.map(|address| address.ip()).collect())
}

/// Whether this very certificate is in the trust store. Where the system judges certificates
/// itself, it is not asked.
pub fn is_in_trust_store(certificate: &[u8]) -> bool {
    #[cfg(target_os = "linux")]
    return rustls_native_certs::load_native_certs().certs.iter().any(|own| **own == *certificate);
    #[cfg(not(target_os = "linux"))]
    return certificate.is_empty();
}
