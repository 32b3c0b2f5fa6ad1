//! A loopback HTTP server that records each whole request, and then behaves as the test wants.

use super::connection::{Connection, Record, Request, Shared};
use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

const PATH: &str = "/v1/telemetry/events";

/// More than any backlog that std requests.
const BACKLOG_LIMIT: usize = 4096;

/// The behaviour of a receiver at a connection. All except the first two record the request first.
pub enum Behaviour {
    CloseAtOnce,
    /// Handles the connection itself, including reading ([`Connection::read_request`]).
    Custom(Box<dyn Fn(&mut Connection) + Send + Sync>),
    /// Answers with this status and these headers, in order.
    Answer(u16, Vec<(String, String)>),
    /// Answers 204 after this time.
    SlowBy(Duration),
    /// Never answers.
    Silent,
    /// Sends a valid answer, one byte per second.
    Drip,
    /// Sends these bytes and closes the connection.
    Bytes(Vec<u8>),
}

/// Listens until it is dropped. Then its thread and its port are gone.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
    /// A listener that accepts no connection, and connections to it.
    held: Option<(TcpListener, Vec<TcpStream>)>,
}

impl Receiver {
    pub fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("the receiver's address");
        let shared = Arc::new(Shared::default());
        let acceptor = thread::spawn({
            let shared = shared.clone();
            move || accept_all(&listener, &shared, &behaviour)
        });
        Self { address, shared, acceptor: Some(acceptor), held: None }
    }

    /// Answers 204, as the real endpoint does.
    pub fn answering() -> Self {
        Self::start(Behaviour::Answer(204, Vec::new()))
    }

    /// A port on which nobody listens. It is the near end of a connection, so that no other test
    /// gets it meanwhile.
    pub fn refusing() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let far_end = listener.local_addr().expect("the listener's address");
        let connection = TcpStream::connect(far_end).expect("a connection");
        let address = connection.local_addr().expect("the refusing address");
        Self::deaf(address, (listener, vec![connection]))
    }

    /// A port whose connections are never completed: the backlog of its listener is full, so
    /// further packets are dropped.
    pub fn black_hole() -> Self {
        Self::black_hole_at("127.0.0.1:0")
    }

    /// The same, at this address.
    pub fn black_hole_at(address: impl ToSocketAddrs) -> Self {
        let listener = TcpListener::bind(address).expect("a free port");
        let address = listener.local_addr().expect("the black hole's address");
        let connect = |_| TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok();
        let filling: Vec<_> = (0..BACKLOG_LIMIT).map_while(connect).collect();
        assert!(filling.len() < BACKLOG_LIMIT, "the backlog never filled up");
        Self::deaf(address, (listener, filling))
    }

    fn deaf(address: SocketAddr, held: (TcpListener, Vec<TcpStream>)) -> Self {
        Self { address, shared: Arc::default(), acceptor: None, held: Some(held) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Waits for `count` requests in total and returns them. Panics if they do not arrive in time.
    #[track_caller]
    pub fn wait_for(&self, count: usize, timeout: Duration) -> Vec<Request> {
        let waiting = |record: &mut Record| record.requests.len() < count;
        let guard = self.shared.lock();
        let (record, _) =
            self.shared.changed.wait_timeout_while(guard, timeout, waiting).expect("the record");
        let arrived = record.requests.len();
        assert!(arrived >= count, "{arrived} of {count} requests arrived within {timeout:?}");
        record.requests.clone()
    }

    /// The requests so far. After a run that sends before it returns (`--wait`, debug), these are
    /// all requests.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    /// The only request so far.
    #[track_caller]
    pub fn only_request(&self) -> Request {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "not exactly one request: {requests:?}");
        requests.remove(0)
    }

    /// The number of accepted connections so far, with or without a request.
    pub fn connections(&self) -> usize {
        self.shared.lock().connections
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let Some(acceptor) = self.acceptor.take() else {
            return;
        };
        let streams = {
            let mut record = self.shared.lock();
            record.stopped = true;
            std::mem::take(&mut record.streams)
        };
        self.shared.changed.notify_all();
        for stream in streams {
            stream.shutdown(Shutdown::Both).ok();
        }
        TcpStream::connect(self.address).ok(); // wakes the acceptor
        acceptor.join().ok();
    }
}

fn accept_all(listener: &TcpListener, shared: &Arc<Shared>, behaviour: &Behaviour) {
    thread::scope(|scope| {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut record = shared.lock();
            if record.stopped {
                return;
            }
            record.connections += 1;
            record.streams.extend(stream.try_clone());
            drop(record);
            shared.changed.notify_all();
            let mut connection = Connection { stream, shared: shared.clone() };
            scope.spawn(move || {
                behave(behaviour, &mut connection).ok();
                connection.stream.shutdown(Shutdown::Both).ok();
            });
        }
    });
}

fn behave(behaviour: &Behaviour, connection: &mut Connection) -> io::Result<()> {
    match behaviour {
        Behaviour::CloseAtOnce => return Ok(()),
        Behaviour::Custom(handler) => {
            handler(connection);
            return Ok(());
        }
        _ => connection.read_request()?,
    };
    match behaviour {
        Behaviour::Answer(status, headers) => connection.answer(*status, headers),
        Behaviour::SlowBy(delay) => {
            connection.pause(*delay);
            connection.answer(204, &[])
        }
        Behaviour::Drip => connection.drip(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
        Behaviour::Bytes(bytes) => connection.stream.write_all(bytes),
        _ => {
            connection.hold();
            Ok(())
        }
    }
}
