//! Why a request got no answer, as a text for debug. It contains no credentials, and only the
//! reason of a system error.

use std::fmt;
use std::io;

use crate::platform::NoAddress;
use crate::platform::error::reason;

/// Why a request got no answer.
#[derive(Debug)]
pub enum Failure {
    Io(io::Error),
    NoAddress(NoAddress),
    /// The only addresses of the name, by a name server or `/etc/hosts`, are 0.0.0.0 or `::`.
    Blocked,
    NoHttp,
    UnusableProxy,
    /// A failure while connecting to the proxy.
    Proxy(Box<Failure>),
    /// The status in the proxy's own answer.
    ProxyRefused(u16),
    /// The reply code of a SOCKS proxy (RFC 1928 §6).
    SocksRefused(u8),
    SocksCredentials,
    ProxyNoHttp,
    ProxyNoSocks,
    RedirectRefused,
    RedirectWithoutLocation,
    TooManyRedirects,
    /// The event or the redirect could not be logged, so it was not sent or followed.
    NotLogged(io::Error),
}

impl Failure {
    /// Marks a failure that happened while connecting to the proxy. The failures that only a proxy
    /// can cause need no mark.
    pub fn of_proxy(self) -> Failure {
        match self {
            Failure::Io(_) | Failure::NoAddress(_) | Failure::Blocked => {
                Failure::Proxy(Box::new(self))
            }
            other => other,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Io(error)
    }
}

impl From<rustls::Error> for Failure {
    fn from(error: rustls::Error) -> Failure {
        Failure::Io(io::Error::other(error))
    }
}

impl From<minreq::Error> for Failure {
    fn from(error: minreq::Error) -> Failure {
        match error {
            minreq::Error::IoError(error) => Failure::Io(error),
            other => Failure::Io(io::Error::other(other)),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Failure::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref()) {
                Some(rustls::Error::InvalidCertificate(reason)) => {
                    write!(f, "certificate not trusted: {reason}")
                }
                _ if error.kind() == io::ErrorKind::UnexpectedEof => {
                    f.write_str("the connection was closed without an answer")
                }
                _ => f.write_str(&reason(error)),
            },
            Failure::NoAddress(NoAddress::Unknown) => f.write_str("name not found"),
            Failure::NoAddress(NoAddress::Unanswered) => f.write_str("name look-up failed"),
            Failure::Blocked => f.write_str("the name is blocked: its address is 0.0.0.0 or ::"),
            Failure::NoHttp => f.write_str("the answer is not HTTP"),
            Failure::Proxy(failure) => write!(f, "proxy: {failure}"),
            Failure::UnusableProxy => {
                f.write_str("the proxy that the environment names can't be used")
            }
            Failure::ProxyRefused(status) => write!(f, "proxy refused: {status}"),
            Failure::SocksRefused(code) => write!(f, "proxy refused: SOCKS reply {code}"),
            Failure::SocksCredentials => f.write_str("proxy refused: SOCKS credentials"),
            Failure::ProxyNoHttp => f.write_str("the proxy's answer is not HTTP"),
            Failure::ProxyNoSocks => f.write_str("the proxy's answer is not SOCKS5"),
            Failure::RedirectRefused => f.write_str("redirect refused"),
            Failure::RedirectWithoutLocation => f.write_str("redirect without a Location"),
            Failure::TooManyRedirects => f.write_str("too many redirects"),
            Failure::NotLogged(error) => {
                write!(f, "telemetry.log can't be written: {}", reason(error))
            }
        }
    }
}
