//! TLS to a proxy that is named by `https://`. What goes through it is TLS once more, which this one knows nothing of.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use rustls_platform_verifier::ConfigVerifierExt;

use crate::sender::loopback_proxy::Stream;

const BUFFER_BYTES: usize = 16 << 10;

/// A way that is TLS with the proxy of this name or address, by the platform's trust store, as to endpoints. One thread may read
/// from it while another one writes.
///
/// # Errors
/// Where there is no certificate to trust, or no descriptor to be had. The handshake is part of what is written and read first.
pub fn stream(socket: TcpStream, host: &str) -> io::Result<Stream> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let config = ClientConfig::with_platform_verifier().map_err(io::Error::other)?;
    let session = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let session = Arc::new(Mutex::new(session));
    let half = || io::Result::Ok(Half { session: session.clone(), socket: socket.try_clone()? });
    Ok(Stream { reader: Box::new(half()?), writer: Box::new(half()?), socket })
}

struct Half {
    session: Arc<Mutex<ClientConnection>>,
    socket: TcpStream,
}

/// Nobody holds the session while waiting for the network to say something.
impl Half {
    fn session(&self) -> MutexGuard<'_, ClientConnection> {
        self.session.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn write_out(session: &mut ClientConnection, mut socket: &TcpStream) -> io::Result<()> {
    while session.wants_write() {
        session.write_tls(&mut socket)?;
    }
    Ok(())
}

impl Read for Half {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut encrypted = [0; BUFFER_BYTES];
        loop {
            match self.session().reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                outcome => return outcome,
            }
            let length = self.socket.read(&mut encrypted)?;
            let mut unread = &encrypted[..length];
            let mut session = self.session();
            loop {
                // Nothing to read is how the session learns of the end.
                session.read_tls(&mut unread)?;
                session.process_new_packets().map_err(io::Error::other)?;
                if unread.is_empty() {
                    break;
                }
            }
            write_out(&mut session, &self.socket)?;
        }
    }
}

impl Write for Half {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut session = self.session();
        let length = session.writer().write(bytes)?;
        write_out(&mut session, &self.socket)?;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
