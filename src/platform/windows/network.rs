//! The same as on Unix, where the standard library says it well enough.

use std::io::ErrorKind;
use std::net::{IpAddr, TcpStream, ToSocketAddrs};

use crate::platform::{Family, NoAddress};

/// The addresses of a host in one family, in the order in which they should be tried.
///
/// # Errors
/// `NoAddress::Unknown` where there is none by that name, `NoAddress::Unanswered` where nobody could tell.
pub fn addresses(host: &str, family: Family) -> Result<Vec<IpAddr>, NoAddress> {
    /// WSAHOST_NOT_FOUND and WSANO_DATA.
    const UNKNOWN: [i32; 2] = [11001, 11004];
    let all = (host, 0).to_socket_addrs().map_err(|error| match error.raw_os_error() {
        Some(code) if UNKNOWN.contains(&code) => NoAddress::Unknown,
        _ if error.kind() == ErrorKind::InvalidInput => NoAddress::Unknown,
        _ => NoAddress::Unanswered,
    })?;
    let all: Vec<IpAddr> = all
        .map(|address| address.ip())
        .filter(|ip| ip.is_ipv4() == (family == Family::V4))
        .collect();
    if all.is_empty() { Err(NoAddress::Unknown) } else { Ok(all) }
}

/// Nothing has to be done here.
pub fn acknowledge(_stream: &TcpStream) {}
