//! Host names and certificates, as the operating system knows them.

use std::net::{IpAddr, ToSocketAddrs};

use crate::platform::{NoAddress, Resolver};

/// The system's own resolver, if it can be used. On Linux the sender has its own, because a static
/// program cannot use glibc's.
pub const SYSTEM_RESOLVER: Option<Resolver> =
    if cfg!(target_os = "linux") { None } else { Some(addresses) };

/// Whether the trust store is the file and the folders that `SSL_CERT_FILE` and `SSL_CERT_DIR`
/// name.
pub const HAS_CERTIFICATE_FILE: bool = cfg!(target_os = "linux");

/// The system does not distinguish an unknown name from a look-up that failed.
fn addresses(host: &str) -> Result<Vec<IpAddr>, NoAddress> {
    let addresses = (host, 0).to_socket_addrs().map_err(|_| NoAddress::Unanswered)?;
    Ok(addresses.map(|address| address.ip()).collect())
}

/// Whether exactly this certificate is in the trust store. On systems that verify certificates
/// themselves, the answer is always no.
pub fn is_in_trust_store(certificate: &[u8]) -> bool {
    #[cfg(target_os = "linux")]
    return rustls_native_certs::load_native_certs().certs.iter().any(|own| **own == *certificate);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = certificate;
        false
    }
}
