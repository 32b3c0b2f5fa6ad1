//! One connection of a receiver, and the record of all requests.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// For example, `POST /v1/telemetry/events HTTP/1.1`.
    pub line: String,
    /// Names and values in the order sent.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// All bytes of the request, to search for text that must not be there.
    pub raw: Vec<u8>,
    /// When the request was complete.
    pub at: Instant,
}

impl Request {
    /// The value of the first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

#[derive(Default)]
pub(super) struct Record {
    pub(super) requests: Vec<Request>,
    pub(super) connections: usize,
    pub(super) streams: Vec<TcpStream>,
    pub(super) stopped: bool,
}

#[derive(Default)]
pub(super) struct Shared {
    pub(super) record: Mutex<Record>,
    pub(super) changed: Condvar,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// An accepted connection. It is closed when its handler returns.
pub struct Connection {
    pub stream: TcpStream,
    pub(super) shared: Arc<Shared>,
}

impl Connection {
    /// Reads and records a whole request. A request without `Content-Length` has no body.
    pub fn read_request(&mut self) -> io::Result<Request> {
        let request = read_request(&mut self.stream)?;
        self.shared.lock().requests.push(request.clone());
        self.shared.changed.notify_all();
        Ok(request)
    }

    pub fn answer(&mut self, status: u16, headers: &[(String, String)]) -> io::Result<()> {
        let mut answer = format!("HTTP/1.1 {status} Status\r\nConnection: close\r\n");
        if status != 204 {
            answer += "Content-Length: 0\r\n";
        }
        headers.iter().for_each(|(name, value)| answer += &format!("{name}: {value}\r\n"));
        self.stream.write_all((answer + "\r\n").as_bytes())
    }

    pub fn drip(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes.chunks(1) {
            self.stream.write_all(byte)?;
            if self.pause(Duration::from_secs(1)) {
                break;
            }
        }
        Ok(())
    }

    /// Waits for this long. Returns true if the receiver is dropped in the meantime.
    pub fn pause(&self, time: Duration) -> bool {
        let guard = self.shared.lock();
        let (record, _) = self
            .shared
            .changed
            .wait_timeout_while(guard, time, |r| !r.stopped)
            .expect("the record");
        record.stopped
    }

    /// Keeps the connection open without answering, until the other side closes it or the receiver
    /// is dropped.
    pub fn hold(&mut self) {
        io::copy(&mut self.stream, &mut io::sink()).ok();
    }
}

fn read_request(stream: &mut impl Read) -> io::Result<Request> {
    let mut raw = Vec::new();
    let head_end = loop {
        if let Some(end) = raw.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        read_some(stream, &mut raw)?;
    };
    let head = String::from_utf8_lossy(&raw[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap_or_default().to_owned();
    let split = |line: &str| {
        line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
    };
    let headers: Vec<_> = lines.filter_map(split).collect();
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    while raw.len() < head_end + 4 + length {
        read_some(stream, &mut raw)?;
    }
    Ok(Request { line, headers, body: raw[head_end + 4..].to_vec(), raw, at: Instant::now() })
}

fn read_some(stream: &mut impl Read, raw: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    match stream.read(&mut buffer)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        length => {
            raw.extend_from_slice(&buffer[..length]);
            Ok(())
        }
    }
}
