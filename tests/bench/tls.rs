//! A loopback endpoint with TLS. Its authority is trusted in addition to the machine's trust store.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rcgen::CertifiedKey;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::subject::Workshop;

/// The files with all authorities on Debian, Alpine, Fedora and macOS.
const TRUST_STORES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

pub struct Server {
    url: String,
    trusted: PathBuf,
    certificates: usize,
    requests: Arc<AtomicUsize>,
}

impl Server {
    pub fn start(workshop: &Workshop) -> Self {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let store =
            TRUST_STORES.iter().find_map(|path| fs::read_to_string(path).ok()).unwrap_or_default();
        let trusted = format!("{store}\n{}", cert.pem());
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("the protocol's versions")
                .with_no_client_auth()
                .with_single_cert(vec![cert.der().clone()], key)
                .expect("a key that fits");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("the server's address").port();
        let requests = Arc::new(AtomicUsize::new(0));
        let (config, counted) = (Arc::new(config), requests.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                counted
                    .fetch_add(answer(stream, config.clone()).is_some().into(), Ordering::Relaxed);
            }
        });
        Self {
            url: format!("https://localhost:{port}/v1/telemetry/events"),
            certificates: trusted.matches("BEGIN CERTIFICATE").count(),
            trusted: workshop.write("trusted.pem", trusted),
            requests,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file for `SSL_CERT_FILE`.
    pub fn trusted(&self) -> &Path {
        &self.trusted
    }

    pub fn certificates(&self) -> usize {
        self.certificates
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

/// Answers after some bytes of a request have arrived.
fn answer(stream: TcpStream, config: Arc<ServerConfig>) -> Option<()> {
    let mut session = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    session.read(&mut [0; 16 << 10]).ok().filter(|length| *length > 0)?;
    session.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").ok()?;
    session.conn.send_close_notify();
    session.flush().ok()
}
