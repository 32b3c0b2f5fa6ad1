//! Opens a tunnel through a proxy: HTTP's CONNECT (RFC 9110 §9.3.6) and SOCKS5 (RFC 1928, RFC
//! 1929).

use std::io::ErrorKind;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::sender::failure::Failure;
use crate::sender::head::Head;
use crate::sender::proxy::Credentials;
use crate::sender::stream::Stream;

/// The limit for a proxy's reply.
const MAX_REPLY_BYTES: usize = 64 << 10;

/// The value of an authorization header (RFC 7617).
pub fn basic(user: &[u8], password: &[u8]) -> String {
    format!("Basic {}", STANDARD.encode([user, b":", password].concat()))
}

/// Asks an HTTP proxy for a tunnel. Reads its reply only up to the empty line, because the tunnel's
/// first bytes follow.
///
/// # Errors
/// `Failure::ProxyRefused` for any status except 2xx, `ProxyNoHttp`, and any I/O error.
pub fn connect(
    proxy: &mut Stream,
    host: &str,
    port: u16,
    credentials: Option<&Credentials>,
) -> Result<(), Failure> {
    let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    if let Some(Credentials { user, password }) = credentials {
        request += &format!("Proxy-Authorization: {}\r\n", basic(user, password));
    }
    proxy.write_all((request + "\r\n").as_bytes())?;
    loop {
        let head = Head::read(proxy, MAX_REPLY_BYTES).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof | ErrorKind::InvalidData => Failure::ProxyNoHttp,
            _ => Failure::Io(error),
        })?;
        let status = head.status().filter(|_| head.is_whole());
        match status.ok_or(Failure::ProxyNoHttp)? {
            100..=199 => {}
            200..=299 => return Ok(()),
            refusal => return Err(Failure::ProxyRefused(refusal)),
        }
    }
}

const PORT_BYTES: u16 = 2;

const SOCKS5: u8 = 5;
const SOCKS5_NO_CREDENTIALS: u8 = 0;
const SOCKS5_CREDENTIALS: u8 = 2;

/// The destination that a SOCKS5 proxy connects to.
pub enum Target<'a> {
    /// A name that the proxy looks up.
    Name(&'a str),
    Address(IpAddr),
}

impl Target<'_> {
    fn bytes(&self) -> Vec<u8> {
        match self {
            // A name of more than 255 characters does not exist.
            Target::Name(name) => {
                [&[3, u8::try_from(name.len()).unwrap_or(u8::MAX)], name.as_bytes()].concat()
            }
            Target::Address(IpAddr::V4(address)) => [&[1][..], &address.octets()].concat(),
            Target::Address(IpAddr::V6(address)) => [&[4][..], &address.octets()].concat(),
        }
    }
}

/// Asks a SOCKS5 proxy for a connection.
///
/// # Errors
/// `Failure::SocksRefused`, `SocksCredentials`, `ProxyNoSocks`, and any I/O error.
pub fn socks5(
    proxy: &mut Stream,
    target: &Target,
    port: u16,
    credentials: Option<&Credentials>,
) -> Result<(), Failure> {
    proxy.write_all(match credentials {
        Some(_) => &[SOCKS5, 2, SOCKS5_NO_CREDENTIALS, SOCKS5_CREDENTIALS],
        None => &[SOCKS5, 1, SOCKS5_NO_CREDENTIALS],
    })?;
    match (read(proxy)?, credentials) {
        ([SOCKS5, SOCKS5_NO_CREDENTIALS], _) => {}
        ([SOCKS5, SOCKS5_CREDENTIALS], Some(credentials)) => {
            proxy.write_all(&socks5_credentials(credentials).ok_or(Failure::UnusableProxy)?)?;
            let [_, status] = read(proxy)?;
            if status != 0 {
                return Err(Failure::SocksCredentials);
            }
        }
        ([SOCKS5, _], _) => return Err(Failure::SocksCredentials),
        _ => return Err(Failure::ProxyNoSocks),
    }
    const CONNECT: u8 = 1;
    proxy.write_all(&[&[SOCKS5, CONNECT, 0], &target.bytes()[..], &port.to_be_bytes()].concat())?;
    match read(proxy)? {
        [SOCKS5, 0, _, kind] => skip_address(proxy, kind),
        [SOCKS5, refusal, ..] => Err(Failure::SocksRefused(refusal)),
        _ => Err(Failure::ProxyNoSocks),
    }
}

/// User and password, 1 to 255 bytes each (RFC 1929). Many proxies accept an empty password.
fn socks5_credentials(Credentials { user, password }: &Credentials) -> Option<Vec<u8>> {
    let length = |text: &[u8]| u8::try_from(text.len()).ok();
    Some([&[1, length(user)?], &user[..], &[length(password)?], password].concat())
}

/// Skips the address and port that the proxy connects from.
fn skip_address(proxy: &mut Stream, kind: u8) -> Result<(), Failure> {
    let address_bytes = match kind {
        1 => 4,
        3 => u16::from(read::<1>(proxy)?[0]),
        4 => 16,
        _ => return Err(Failure::ProxyNoSocks),
    };
    for _ in 0..address_bytes + PORT_BYTES {
        read::<1>(proxy)?;
    }
    Ok(())
}

fn read<const N: usize>(proxy: &mut Stream) -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    match proxy.read_exact(&mut bytes) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(Failure::ProxyNoSocks),
        outcome => Ok(outcome.map(|()| bytes)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_written_as_socks_wants_it() {
        assert_eq!(Target::Name("ab").bytes(), [3, 2, b'a', b'b']);
        assert_eq!(Target::Address([10, 0, 0, 1].into()).bytes(), [1, 10, 0, 0, 1]);
        assert_eq!(Target::Address([0u16, 0, 0, 0, 0, 0, 0, 1].into()).bytes().len(), 17);
    }
}
