//! A SOCKS5 proxy on loopback whose connections all lead to the same address (RFC 1928, RFC 1929).

use crate::common::{Behaviour, Connection, Receiver};
use crate::support::proxy::splice;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

/// The request of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `user:password`
    pub credentials: Option<String>,
    /// The type of the address, and its bytes.
    pub kind: u8,
    pub address: Vec<u8>,
    pub port: u16,
}

pub struct SocksProxy {
    receiver: Receiver,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl SocksProxy {
    /// Connects clients that have these credentials to `target`, and replies with this code.
    pub fn start(target: SocketAddr, credentials: Option<&'static str>, code: u8) -> Self {
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let record = asked.clone();
        let handler = move |connection: &mut Connection| {
            drop(serve(connection, target, credentials, code, &record))
        };
        Self { receiver: Receiver::start(Behaviour::Custom(Box::new(handler))), asked }
    }

    pub fn address(&self) -> SocketAddr {
        self.receiver.address()
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("the record").clone()
    }
}

fn serve(
    connection: &mut Connection,
    target: SocketAddr,
    wanted: Option<&str>,
    code: u8,
    record: &Mutex<Vec<Asked>>,
) -> io::Result<()> {
    let stream = &mut connection.stream;
    let [version, methods] = read(stream)?;
    let mut offered = vec![0; methods.into()];
    stream.read_exact(&mut offered)?;
    let method = if wanted.is_some() { 2 } else { 0 };
    if version != 5 || !offered.contains(&method) {
        return stream.write_all(&[5, 0xff]);
    }
    stream.write_all(&[5, method])?;
    let mut credentials = None;
    if let Some(wanted) = wanted {
        let [1] = read(stream)? else { return Ok(()) };
        let given = format!("{}:{}", text(stream)?, text(stream)?);
        let refused = given != wanted;
        stream.write_all(&[1, refused.into()])?;
        if refused {
            return Ok(());
        }
        credentials = Some(given);
    }
    let [5, 1, 0, kind] = read(stream)? else { return Ok(()) };
    let length = match kind {
        1 => 4,
        4 => 16,
        _ => read::<1>(stream)?[0],
    };
    let mut address = vec![0; length.into()];
    stream.read_exact(&mut address)?;
    let port = u16::from_be_bytes(read(stream)?);
    record.lock().expect("the record").push(Asked { credentials, kind, address, port });
    // In pieces, and with the proxy's own address in the form of the requested one.
    let bound = match kind {
        1 => &[192, 0, 2, 80][..],
        4 => &[0xfe; 16],
        _ => b"\x04here",
    };
    for piece in [&[5, code][..], &[0, kind], bound, &[0, 80]] {
        stream.write_all(piece)?;
    }
    if code == 0 { splice(stream, &TcpStream::connect(target)?) } else { Ok(()) }
}

fn read<const N: usize>(stream: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).map(|()| bytes)
}

fn text(stream: &mut TcpStream) -> io::Result<String> {
    let mut bytes = vec![0; read::<1>(stream)?[0].into()];
    stream.read_exact(&mut bytes)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}
