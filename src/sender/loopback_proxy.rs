//! A proxy on 127.0.0.1 for this process only. minreq sends its one request through it.
//!
//! minreq accepts a URL and a proxy, but not an open connection. If it connected by itself, it
//! would try addresses one after the other without a time limit, resolve names by the C library,
//! support neither SOCKS nor TLS to a proxy, and reject some answers that curl accepts. So the
//! sender opens the connection. This proxy passes the request on, reads the answer, and returns a
//! simple one to minreq. It serves only a client that sends its random password.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use uuid::Uuid;

use crate::platform::process;
use crate::sender::answer::Answer;
use crate::sender::failure::Failure;
use crate::sender::proxy_handshake;
use crate::sender::stream::Stream;
use crate::sender::threads::start_thread;

/// How often the proxy checks for its client, which connects at once.
const POLL_INTERVAL: Duration = Duration::from_micros(100);

/// The time limit for connecting to the proxy's own port. A packet filter may drop the packets.
const CONNECT_LIMIT: Duration = Duration::from_millis(50);

const STACK_BYTES: usize = 512 << 10;

const USER: &str = "sender";

/// The reply to CONNECT. minreq reads only its status.
const OPEN: &[u8] = b"HTTP/1.1 200 \r\n\r\n";

/// A proxy for one request.
pub struct LoopbackProxy {
    address: SocketAddr,
    password: String,
    shared: Arc<Mutex<Shared>>,
}

/// The state that the proxy's thread and its owner share.
struct Shared {
    /// The connection to the endpoint, until it is used.
    stream: Option<Stream>,
    failure: Option<Failure>,
}

impl LoopbackProxy {
    /// Starts the proxy for a request of this length to `host`, which is in the form that minreq
    /// sends.
    ///
    /// # Errors
    /// The stream, if loopback cannot be used or no thread can be started.
    pub fn start(
        stream: Stream,
        host: &str,
        request_bytes: usize,
    ) -> Result<LoopbackProxy, Stream> {
        let Ok((listener, address)) = listen() else { return Err(stream) };
        let password = Uuid::from_bytes(process::random_bytes()).simple().to_string();
        let greeting = greeting(host, &password);
        let shared = Arc::new(Mutex::new(Shared { stream: Some(stream), failure: None }));
        let proxy = LoopbackProxy { address, password, shared: shared.clone() };
        let serve = move || {
            let Ok(client) = admit(listener, &greeting) else { return };
            let Some(stream) = lock(&shared).stream.take() else { return };
            let failure = pass_on(&client, stream, request_bytes).err();
            // Store the reason before minreq can see its connection close.
            lock(&shared).failure = failure;
            let _ = client.shutdown(Shutdown::Both);
        };
        if start_thread(STACK_BYTES, Box::new(serve)).is_err() {
            let unused = lock(&proxy.shared).stream.take();
            return unused.map_or(Ok(proxy), Err);
        }
        Ok(proxy)
    }

    /// The proxy in minreq's form.
    ///
    /// # Errors
    /// Those of minreq, if it rejects the URL.
    pub fn for_minreq(&self) -> Result<minreq::Proxy, minreq::Error> {
        minreq::Proxy::new(format!("http://{USER}:{}@{}", self.password, self.address))
    }

    /// Why there is no answer, unless the failure is minreq's own.
    pub fn failure(&self) -> Option<Failure> {
        lock(&self.shared).failure.take()
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Opens a port, and checks that this process can connect to it. A sandbox or a route may forbid
/// that.
fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    TcpStream::connect_timeout(&address, CONNECT_LIMIT)?;
    Ok((listener, address))
}

/// The exact first bytes that minreq sends.
fn greeting(host: &str, password: &str) -> Vec<u8> {
    let authorization = proxy_handshake::basic(USER.as_bytes(), password.as_bytes());
    format!("CONNECT {host} HTTP/1.1\r\nProxy-Authorization: {authorization}\r\n\r\n").into_bytes()
}

/// Waits for the client that sends the greeting. Other clients get no answer and cause no delay.
fn admit(listener: TcpListener, greeting: &[u8]) -> io::Result<TcpStream> {
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
        thread::sleep(POLL_INTERVAL);
    }
}

/// Passes on minreq's request, and returns the answer.
fn pass_on(mut client: &TcpStream, stream: Stream, request_bytes: usize) -> Result<(), Failure> {
    client.write_all(OPEN)?;
    let mut request = vec![0; request_bytes];
    client.read_exact(&mut request)?;
    let answer = Answer::exchange(&request, stream)?;
    client.write_all(answer.to_head().as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A test endpoint that records the request and answers it.
    struct Endpoint {
        answer: &'static [u8],
        request: Arc<Mutex<Vec<u8>>>,
    }

    impl Read for Endpoint {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.answer.read(buffer)
        }
    }

    impl Write for Endpoint {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.request.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_the_client_that_knows_the_password_is_served() {
        let request = Arc::<Mutex<Vec<u8>>>::default();
        let endpoint = Endpoint { answer: b"HTTP/1.1 204 X\r\n\r\n", request: request.clone() };
        let text = "POST /x HTTP/1.1\r\nHost: collector\r\nContent-Length: 2\r\n\r\n{}";
        let start = LoopbackProxy::start(Box::new(endpoint), "collector:80", text.len());
        let proxy = start.ok().unwrap();
        let connect = || TcpStream::connect(proxy.address).unwrap();
        // A silent client does not delay the others.
        let _silent = connect();
        let wrong = String::from_utf8(greeting("collector:80", &"0".repeat(32))).unwrap();
        for said in [
            "\r\n".repeat(200),
            "CONNECT collector:80 HTTP/1.1\r\n\r\n".to_owned(),
            "CONNECT localhost:22 HTTP/1.1\r\n\r\n".to_owned(),
            wrong[..wrong.len() - 1].to_owned(),
            wrong,
        ] {
            let mut client = connect();
            // The proxy may close the connection before all is written, so each of these may fail.
            let _ = client.write_all(said.as_bytes());
            let _ = client.shutdown(Shutdown::Write);
            let mut answer = Vec::new();
            let _ = client.read_to_end(&mut answer);
            assert!(answer.is_empty(), "{said:?}: {answer:?}");
        }
        assert!(request.lock().unwrap().is_empty());
        let post = minreq::post("http://collector/x").with_body("{}");
        let response = post.with_proxy(proxy.for_minreq().unwrap()).send_lazy().unwrap();
        assert_eq!((response.status_code, proxy.failure().is_none()), (204, true));
        let request = String::from_utf8(request.lock().unwrap().clone()).unwrap();
        assert_eq!(request, text);
        assert!(TcpStream::connect(proxy.address).is_err());
    }
}
