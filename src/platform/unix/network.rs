//! What the standard library does not say to the network: a name's addresses in one family (musl's look-up of both fails where
//! either does), and acknowledging at once.

#![allow(unsafe_code)]

use std::ffi::CString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ptr;

use crate::platform::{Family, NoAddress};

/// The addresses of a host in one family, in the order in which they should be tried.
///
/// # Errors
/// `NoAddress::Unknown` where there is none by that name, `NoAddress::Unanswered` where nobody could tell.
pub fn addresses(host: &str, family: Family) -> Result<Vec<IpAddr>, NoAddress> {
    let host = CString::new(host).map_err(|_| NoAddress::Unknown)?;
    // SAFETY: integers and pointers, for which zero is a value: the one that asks for nothing.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_socktype = libc::SOCK_STREAM;
    hints.ai_family = match family {
        Family::V4 => libc::AF_INET,
        Family::V6 => libc::AF_INET6,
    };
    let mut list = ptr::null_mut();
    // SAFETY: the name ends with a zero, a null service is allowed, and `hints` and `list` outlive the call.
    match unsafe { libc::getaddrinfo(host.as_ptr(), ptr::null(), &raw const hints, &raw mut list) }
    {
        0 => {}
        libc::EAI_NONAME | libc::EAI_NODATA => return Err(NoAddress::Unknown),
        _ => return Err(NoAddress::Unanswered),
    }
    let mut addresses = Vec::new();
    let mut next = list;
    // SAFETY: a list that getaddrinfo made, whose end is null, and which is freed below. An entry's address has its family's form.
    while let Some(entry) = unsafe { next.as_ref() } {
        addresses.extend(unsafe { address(entry) });
        next = entry.ai_next;
    }
    // SAFETY: getaddrinfo made it, and nothing points into it any more.
    unsafe { libc::freeaddrinfo(list) };
    Ok(addresses)
}

/// # Safety
/// The entry's address has the form that its family says.
unsafe fn address(entry: &libc::addrinfo) -> Option<IpAddr> {
    match entry.ai_family {
        libc::AF_INET => {
            let address = unsafe { entry.ai_addr.cast::<libc::sockaddr_in>().read_unaligned() };
            Some(Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr)).into())
        }
        libc::AF_INET6 => {
            let address = unsafe { entry.ai_addr.cast::<libc::sockaddr_in6>().read_unaligned() };
            Some(Ipv6Addr::from(address.sin6_addr.s6_addr).into())
        }
        _ => None,
    }
}

/// Has what was received acknowledged at once: whoever waits for that before it sends on, as TCP by default does, goes on.
pub fn acknowledge(stream: &std::net::TcpStream) {
    #[cfg(target_os = "linux")]
    let _ = std::os::linux::net::TcpStreamExt::set_quickack(stream, true);
    #[cfg(not(target_os = "linux"))]
    let _ = stream;
}
