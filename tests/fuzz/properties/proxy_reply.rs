//! The reply of a proxy: a tunnel is open only if the proxy says so, in HTTP or in SOCKS5.

use docglow_telemetry::sender::proxy::Credentials;
use docglow_telemetry::sender::proxy_handshake::{Target, connect, socks5};
use docglow_telemetry::sender::stream::Stream;
use std::io::{self, Read, Write};

/// A proxy that always sends the same reply.
struct Proxy(Vec<u8>, usize);

impl Read for Proxy {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&self.0[self.1..]).read(buffer)?;
        self.1 += read;
        Ok(read)
    }
}

impl Write for Proxy {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub fn check(data: &[u8]) {
    let proxy = || -> Stream { Box::new(Proxy(data.to_vec(), 0)) };
    let credentials = Credentials { user: b"jane".to_vec(), password: Vec::new() };
    for credentials in [None, Some(&credentials)] {
        if connect(&mut proxy(), "collector.test", 443, credentials).is_ok() {
            let text = String::from_utf8_lossy(data);
            assert!(text.starts_with("HTTP/1.") && text.contains('2') && text.contains("\n"));
        }
        let target = Target::Name("collector.test");
        if socks5(&mut proxy(), &target, 443, credentials).is_ok() {
            // The replies to the choice of a method and to the request: both have version 5, and
            // the second reports success.
            let reply = if data[1] == 0 { &data[2..] } else { &data[4..] };
            assert!(data[0] == 5 && reply[0] == 5 && reply[1] == 0);
        }
    }
}
