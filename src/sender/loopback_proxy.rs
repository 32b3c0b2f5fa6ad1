//! The sender's own way to an endpoint, which it brings to the HTTP client as a proxy on loopback.
//!
//! minreq takes neither an address nor a stream, connects to one address after another without a limit, and knows no proxies
//! but those that answer CONNECT in one piece and ask for no `Host`. What it does take is a proxy. So this one finds the way,
//! and passes on what is TLS already, or for this machine: to the one client that knows a password made for it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::endpoint::Endpoint;
use crate::platform::{network, process};
use crate::sender::failure::Failure;
use crate::sender::happy_eyeballs;
use crate::sender::proxy::{Proxy, Scheme};
use crate::sender::proxy_handshake::{self, Target};
use crate::sender::threads::start_thread;
use crate::sender::tls_to_proxy;

/// How often a relay looks for its client, which reads its trust store before it comes.
const GLANCE: Duration = Duration::from_millis(1);

const STACK_BYTES: usize = 512 << 10;

/// A packet of TLS, and more.
const BUFFER_BYTES: usize = 16 << 10;

const USER: &str = "sender";

/// What minreq is answered, which reads no more of it than the status.
const OPEN: &[u8] = b"HTTP/1.1 200 \r\n\r\n";
const FAILED: &[u8] = b"HTTP/1.1 502 \r\n\r\n";

/// One relay, for one connection.
pub struct LoopbackProxy {
    address: SocketAddr,
    password: String,
    failure: Arc<Mutex<Option<Failure>>>,
}

/// A way to an endpoint that is open.
pub struct Stream {
    pub reader: Box<dyn Read + Send>,
    pub writer: Box<dyn Write + Send>,
    /// What both read and write in the end.
    pub socket: TcpStream,
}

impl LoopbackProxy {
    /// Begins to open a way to the endpoint, through the proxy where there is one. Look-ups are not waited for after
    /// `give_up`.
    ///
    /// # Errors
    /// Where there is no loopback, no port or no thread to be had.
    pub fn start(
        endpoint: &Endpoint,
        proxy: Option<Proxy>,
        give_up: Instant,
    ) -> io::Result<LoopbackProxy> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let password = Uuid::from_bytes(process::random_bytes()).simple().to_string();
        let failure = Arc::new(Mutex::new(None));
        let relay = LoopbackProxy { address, password, failure };
        let (host, port) = (endpoint.host().to_owned(), endpoint.port());
        let (greeting, failure) = (relay.greeting(&host, port), relay.failure.clone());
        let serve = move || {
            let way = open(&host, port, proxy.as_ref(), give_up);
            let Ok(client) = admit(&listener, &greeting) else { return };
            drop(listener);
            // What the client learns of the end is to find its reason told.
            let tell = |reason| {
                *failure.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(reason)
            };
            match way {
                Ok(way) => pass_on(&client, way).unwrap_or_else(tell),
                Err(reason) => {
                    tell(reason);
                    let _ = (&client).write_all(FAILED);
                }
            }
            let _ = client.shutdown(Shutdown::Both);
        };
        start_thread(STACK_BYTES, Box::new(serve))?;
        Ok(relay)
    }

    /// The relay as minreq takes it.
    ///
    /// # Errors
    /// None that is known of.
    pub fn for_minreq(&self) -> Result<minreq::Proxy, minreq::Error> {
        minreq::Proxy::new(format!("http://{USER}:{}@{}", self.password, self.address))
    }

    /// Why the way could not be opened, or broke off.
    pub fn failure(&self) -> Option<Failure> {
        self.failure.lock().ok()?.take()
    }

    /// What minreq says first, to the letter.
    fn greeting(&self, host: &str, port: u16) -> Vec<u8> {
        let authorization = proxy_handshake::basic(USER.as_bytes(), self.password.as_bytes());
        format!("CONNECT {host}:{port} HTTP/1.1\r\nProxy-Authorization: {authorization}\r\n\r\n")
            .into_bytes()
    }
}

/// The first client that says the greeting. Any other one is left without an answer, and keeps nobody waiting.
fn admit(listener: &TcpListener, greeting: &[u8]) -> io::Result<TcpStream> {
    listener.set_nonblocking(true)?;
    let (mut clients, mut heard) = (Vec::<TcpStream>::new(), vec![0; greeting.len()]);
    loop {
        if let Ok((client, _)) = listener.accept() {
            client.set_nonblocking(true)?;
            clients.push(client);
        }
        let mut admitted = None;
        clients.retain(|client| match client.peek(&mut heard) {
            Ok(length) if heard[..length] == *greeting => {
                admitted = client.try_clone().ok();
                false
            }
            Ok(length) => length > 0 && greeting.starts_with(&heard[..length]),
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        });
        if let Some(mut client) = admitted {
            client.set_nonblocking(false)?;
            client.read_exact(&mut heard)?;
            return Ok(client);
        }
        thread::sleep(GLANCE);
    }
}

fn open(host: &str, port: u16, proxy: Option<&Proxy>, give_up: Instant) -> Result<Stream, Failure> {
    let Some(proxy) = proxy else {
        return Ok(Stream::plain(happy_eyeballs::connect(host, port, give_up)?)?);
    };
    let target = match proxy.scheme {
        Scheme::Socks5 => Target::Address(happy_eyeballs::first_address(host, give_up)?),
        Scheme::Http | Scheme::Https | Scheme::Socks5h => Target::Name(host),
    };
    through(proxy, host, &target, port, give_up).map_err(Failure::of_proxy)
}

fn through(
    proxy: &Proxy,
    host: &str,
    target: &Target,
    port: u16,
    give_up: Instant,
) -> Result<Stream, Failure> {
    let stream = happy_eyeballs::connect(&proxy.host, proxy.port, give_up)?;
    let mut way = if proxy.scheme == Scheme::Https {
        tls_to_proxy::stream(stream, &proxy.host)?
    } else {
        Stream::plain(stream)?
    };
    let credentials = proxy.credentials.as_ref();
    match proxy.scheme {
        Scheme::Http | Scheme::Https => {
            proxy_handshake::connect(&mut way, host, port, credentials)?
        }
        Scheme::Socks5 | Scheme::Socks5h => {
            proxy_handshake::socks5(&mut way, target, port, credentials)?
        }
    }
    Ok(way)
}

impl Stream {
    fn plain(stream: TcpStream) -> io::Result<Stream> {
        Ok(Stream {
            reader: Box::new(stream.try_clone()?),
            writer: Box::new(stream.try_clone()?),
            socket: stream,
        })
    }
}

/// Tells the client that the way is open, and passes on what comes, until the other side ends.
///
/// # Errors
/// Those of the other side. One of the client's own knows better itself.
fn pass_on(mut client: &TcpStream, way: Stream) -> Result<(), Failure> {
    let Stream { mut reader, writer, socket } = way;
    let from = client.try_clone()?;
    let forward = move || {
        let _ = pass_forward(&from, writer);
        let _ = socket.shutdown(Shutdown::Write);
    };
    start_thread(STACK_BYTES, Box::new(forward))?;
    client.write_all(OPEN)?;
    let mut buffer = [0; BUFFER_BYTES];
    loop {
        let length = reader.read(&mut buffer)?;
        if length == 0 || client.write_all(&buffer[..length]).is_err() {
            return Ok(());
        }
    }
}

fn pass_forward(mut client: &TcpStream, mut writer: Box<dyn Write + Send>) -> io::Result<()> {
    let mut buffer = [0; BUFFER_BYTES];
    loop {
        let length = client.read(&mut buffer)?;
        // minreq's socket waits for it before it sends a second small packet, such as the request behind TLS's last message.
        network::acknowledge(client);
        if length == 0 {
            return Ok(());
        }
        writer.write_all(&buffer[..length])?;
    }
}
