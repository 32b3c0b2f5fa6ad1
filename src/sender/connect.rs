//! Opens a connection to an endpoint: direct or through the user's proxy, and with TLS for an
//! `https` endpoint.

use std::net::TcpStream;
use std::time::Instant;

use crate::endpoint::Endpoint;
use crate::sender::failure::Failure;
use crate::sender::happy_eyeballs;
use crate::sender::proxy::{Protocol, Proxy, Route};
use crate::sender::proxy_handshake::{self, Target};
use crate::sender::reach::Reach;
use crate::sender::stream::Stream;
use crate::sender::tls;

/// An open connection to an endpoint.
pub struct Connection {
    pub stream: Stream,
    /// How far away the endpoint is. Through a proxy, it counts as the internet.
    pub reach: Reach,
}

/// Opens a connection to an endpoint that is at least as far away as `least`. After `give_up`, it
/// no longer waits for a look-up.
///
/// # Errors
/// Why the connection could not be opened.
pub fn open(
    endpoint: &Endpoint,
    route: Route,
    least: Reach,
    give_up: Instant,
) -> Result<Connection, Failure> {
    if endpoint.is_https() {
        tls::prepare();
    }
    let (host, port) = (endpoint.host(), endpoint.port());
    let (stream, reach) = match route {
        Route::Direct => {
            let socket = happy_eyeballs::connect(host, port, least, give_up)?;
            let reach = socket.peer_addr().map_or(Reach::Internet, |peer| Reach::of(peer.ip()));
            (plain(socket), reach)
        }
        Route::Proxy(proxy) => {
            let target = match proxy.protocol {
                Protocol::Socks5 => {
                    Target::Address(happy_eyeballs::first_address(host, least, give_up)?)
                }
                Protocol::Http | Protocol::Https | Protocol::Socks5h => Target::Name(host),
            };
            let stream =
                through(&proxy, host, &target, port, give_up).map_err(Failure::of_proxy)?;
            (stream, Reach::Internet)
        }
        Route::UnusableProxy => return Err(Failure::UnusableProxy),
    };
    let stream = if endpoint.is_https() { tls::wrap(stream, host)? } else { stream };
    Ok(Connection { stream, reach })
}

fn plain(socket: TcpStream) -> Stream {
    Box::new(socket)
}

fn through(
    proxy: &Proxy,
    host: &str,
    target: &Target,
    port: u16,
    give_up: Instant,
) -> Result<Stream, Failure> {
    let socket = happy_eyeballs::connect(&proxy.host, proxy.port, Reach::ThisMachine, give_up)?;
    let mut stream = plain(socket);
    if proxy.protocol == Protocol::Https {
        stream = tls::wrap(stream, &proxy.host)?;
    }
    let credentials = proxy.credentials.as_ref();
    match proxy.protocol {
        Protocol::Http | Protocol::Https => {
            proxy_handshake::connect(&mut stream, host, port, credentials)?;
        }
        Protocol::Socks5 | Protocol::Socks5h => {
            proxy_handshake::socks5(&mut stream, target, port, credentials)?;
        }
    }
    Ok(stream)
}
