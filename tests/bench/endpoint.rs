//! The loopback endpoint of the benchmarks. Its own time in the figures is as small as possible.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

/// The delay of a slow endpoint's answer.
const DELAY: Duration = Duration::from_millis(200);

/// No sender lives longer.
const SENDER_LIFE: Duration = Duration::from_secs(3);

/// Longer than any sender lives.
const SILENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Answering,
    Slow,
    Silent,
    Dripping,
    Refusing,
}

impl Manner {
    pub const ALL: [Manner; 5] =
        [Manner::Answering, Manner::Slow, Manner::Silent, Manner::Dripping, Manner::Refusing];

    pub fn name(self) -> &'static str {
        match self {
            Manner::Answering => "answering",
            Manner::Slow => "slow by 200 ms",
            Manner::Silent => "silent",
            Manner::Dripping => "dripping",
            Manner::Refusing => "refusing",
        }
    }
}

/// Listens until the program ends.
pub struct Endpoint {
    url: String,
    manner: Manner,
    requests: Arc<AtomicUsize>,
}

impl Endpoint {
    pub fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!(
            "http://{}/v1/telemetry/events",
            listener.local_addr().expect("the endpoint's address")
        );
        let requests = Arc::new(AtomicUsize::new(0));
        if manner != Manner::Refusing {
            let requests = requests.clone();
            thread::spawn(move || serve(&listener, manner, &requests));
        }
        Self { url, manner, requests }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether a request can arrive.
    pub fn accepts(&self) -> bool {
        self.manner != Manner::Refusing
    }

    /// The number of complete requests so far.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// Waits until this many requests have arrived, but no longer than a sender lives. Returns how
    /// many have arrived.
    pub fn await_requests(&self, count: usize) -> usize {
        let give_up = Instant::now() + SENDER_LIFE;
        while self.requests() < count && Instant::now() < give_up {
            sleep(Duration::from_millis(1));
        }
        self.requests()
    }
}

fn serve(listener: &TcpListener, manner: Manner, requests: &Arc<AtomicUsize>) {
    for mut stream in listener.incoming().map_while(Result::ok) {
        let requests = requests.clone();
        let mut behave = move || {
            if read_request(&mut stream).is_some() {
                requests.fetch_add(1, Ordering::Relaxed);
                answer(&mut stream, manner);
            }
        };
        if manner == Manner::Answering {
            behave();
        } else {
            thread::spawn(behave);
        }
    }
}

fn read_request(stream: &mut TcpStream) -> Option<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let length = stream.read(&mut buffer).ok().filter(|length| *length > 0)?;
        request.extend_from_slice(&buffer[..length]);
        let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
        let announced = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let body = announced.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        if request.len() >= end + 4 + body {
            return Some(());
        }
    }
}

/// The other end may close the connection at any time, so errors are ignored.
fn answer(stream: &mut TcpStream, manner: Manner) {
    match manner {
        Manner::Answering | Manner::Refusing => drop(stream.write_all(ANSWER)),
        Manner::Slow => {
            thread::sleep(DELAY);
            let _ = stream.write_all(ANSWER);
        }
        Manner::Silent => thread::sleep(SILENCE),
        Manner::Dripping => {
            for byte in ANSWER {
                if stream.write_all(&[*byte]).is_err() {
                    return;
                }
                thread::sleep(Duration::from_secs(1));
            }
        }
    }
}
