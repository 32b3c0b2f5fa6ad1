//! A CONNECT proxy on loopback whose tunnels all lead to the same address.

use crate::common::{Behaviour, Connection, Receiver, Request};
use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// How the proxy reacts to a CONNECT. All variants except `Reset` read it first.
#[derive(Clone)]
pub enum Manner {
    /// Answers with these pieces, with a pause between two, and then passes on all bytes.
    Tunnel(Vec<Vec<u8>>),
    /// Answers with these bytes and closes the connection.
    Refuse(Vec<u8>),
    /// Never answers.
    Hang,
    /// Closes the connection with the request unread, which resets it.
    Reset,
}

impl Manner {
    pub fn tunnel() -> Self {
        Self::Tunnel(vec![b"HTTP/1.1 200 Connection established\r\n\r\n".to_vec()])
    }
}

/// Listens until it is dropped. The host names in CONNECT requests are recorded, but not looked up.
pub struct Proxy(Receiver);

impl Proxy {
    /// Starts a proxy whose tunnels all lead to `target`.
    pub fn start(target: SocketAddr, manner: Manner) -> Self {
        let handler = move |connection: &mut Connection| drop(serve(connection, target, &manner));
        Self(Receiver::start(Behaviour::Custom(Box::new(handler))))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    pub fn connections(&self) -> usize {
        self.0.connections()
    }

    /// The CONNECT requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.0.requests()
    }

    #[track_caller]
    pub fn wait_for(&self, count: usize, timeout: Duration) -> Vec<Request> {
        self.0.wait_for(count, timeout)
    }
}

fn serve(connection: &mut Connection, target: SocketAddr, manner: &Manner) -> io::Result<()> {
    if let Manner::Reset = manner {
        // Closing a socket with unread bytes sends RST, so this waits for some bytes.
        connection.stream.peek(&mut [0]).map(drop)?;
        return connection.stream.shutdown(Shutdown::Read);
    }
    connection.read_request()?;
    match manner {
        Manner::Tunnel(pieces) => {
            connection.stream.set_nodelay(true)?;
            for (index, piece) in pieces.iter().enumerate() {
                if index > 0 && connection.pause(Duration::from_millis(50)) {
                    return Ok(());
                }
                connection.stream.write_all(piece)?;
            }
            splice(&connection.stream, &TcpStream::connect(target)?)
        }
        Manner::Refuse(reply) => connection.stream.write_all(reply),
        Manner::Hang | Manner::Reset => {
            connection.hold();
            Ok(())
        }
    }
}

/// Passes on bytes in both directions until both have ended.
pub fn splice(outside: &TcpStream, inside: &TcpStream) -> io::Result<()> {
    let pass = |mut from: &TcpStream, mut to: &TcpStream| {
        io::copy(&mut from, &mut to).ok();
        to.shutdown(Shutdown::Write).ok();
    };
    thread::scope(|scope| {
        scope.spawn(|| pass(outside, inside));
        pass(inside, outside);
    });
    Ok(())
}

/// Forwards connections from one address to another for as long as the process lives.
pub fn forward(from: SocketAddr, to: SocketAddr) {
    let listener = TcpListener::bind(from).expect("a free address");
    thread::spawn(move || {
        for outside in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                TcpStream::connect(to).and_then(|inside| splice(&outside, &inside))
            });
        }
    });
}
