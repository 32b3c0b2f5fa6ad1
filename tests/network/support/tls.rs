//! A loopback HTTPS receiver, whose certificate is from a CA of the test's own.

use crate::common::{Behaviour, Connection, Receiver};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, CrlDistributionPoint,
    DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A certificate authority that only the test trusts.
pub struct Authority {
    pub issuer: CertifiedIssuer<'static, KeyPair>,
    /// The URL of the revocation list in its certificates.
    pub revocation_list: Option<String>,
}

/// What is wrong with a receiver's certificate, if anything.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    Current,
    Expired,
}

impl Authority {
    pub fn new() -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        // A client tries all authorities with the right name, up to a limit, so this name is
        // unique.
        let name =
            key.public_key_raw().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        parameters.distinguished_name.push(DnType::CommonName, &name[name.len() - 16..]);
        let issuer = CertifiedIssuer::self_signed(parameters, key).expect("the CA's certificate");
        Self { issuer, revocation_list: None }
    }

    /// The CA's certificate.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Writes the CA's certificate to a file for `SSL_CERT_FILE`.
    pub fn write_to(&self, folder: &Path, name: &str) -> PathBuf {
        let file = folder.join(name);
        std::fs::write(&file, self.pem()).expect("the CA's file");
        file
    }

    /// Writes a certificate for `name` and its key to one file.
    pub fn write_server_to(&self, folder: &Path, name: &str) -> PathBuf {
        let (certificate, key) = self.issue(&[name.to_owned()], Validity::Current);
        let file = folder.join(format!("{name}.pem"));
        std::fs::write(&file, certificate.pem() + &key.serialize_pem()).expect("the server's file");
        file
    }

    fn issue(&self, names: &[String], validity: Validity) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = CertificateParams::new(names).expect("host names");
        parameters.distinguished_name.push(DnType::CommonName, &names[0]);
        let uris = self.revocation_list.iter().cloned().collect();
        if self.revocation_list.is_some() {
            parameters.crl_distribution_points = vec![CrlDistributionPoint { uris }];
        }
        if validity == Validity::Expired {
            parameters.not_before = date_time_ymd(2001, 1, 1);
            parameters.not_after = date_time_ymd(2002, 1, 1);
        }
        (parameters.signed_by(&key, &self.issuer).expect("a certificate"), key)
    }

    fn server_config(&self, names: &[String], validity: Validity) -> Arc<ServerConfig> {
        let (certificate, key) = self.issue(names, validity);
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        server_config(certificate.der().clone(), key)
    }
}

fn server_config(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("protocol versions").with_no_client_auth();
    Arc::new(config.with_single_cert(vec![certificate], key).expect("a key that fits"))
}

/// Terminates TLS and passes the bytes on to its own receiver.
pub struct TlsReceiver {
    inner: Receiver,
    front: Receiver,
}

impl TlsReceiver {
    /// Presents a certificate for `name`.
    pub fn start(
        authority: &Authority,
        name: &str,
        validity: Validity,
        behaviour: Behaviour,
    ) -> Self {
        Self::with_names(authority, &[name.to_owned()], validity, behaviour)
    }

    /// Presents a certificate for these names.
    pub fn with_names(
        authority: &Authority,
        names: &[String],
        validity: Validity,
        behaviour: Behaviour,
    ) -> Self {
        Self::of(authority.server_config(names, validity), behaviour)
    }

    /// Presents this certificate, and answers.
    pub fn with_certificate(pem: &[u8], key_pem: &[u8]) -> Self {
        let certificate = CertificateDer::from_pem_slice(pem).expect("a certificate");
        let key = PrivateKeyDer::from_pem_slice(key_pem).expect("a key");
        Self::of(server_config(certificate, key), Behaviour::Answer(204, Vec::new()))
    }

    fn of(config: Arc<ServerConfig>, behaviour: Behaviour) -> Self {
        let inner = Receiver::start(behaviour);
        let address = inner.address();
        let relay =
            move |connection: &mut Connection| drop(relay(connection, address, config.clone()));
        Self { inner, front: Receiver::start(Behaviour::Custom(Box::new(relay))) }
    }

    pub fn answering(authority: &Authority, name: &str) -> Self {
        Self::start(authority, name, Validity::Current, Behaviour::Answer(204, Vec::new()))
    }

    /// The address that accepts TLS.
    pub fn front(&self) -> SocketAddr {
        self.front.address()
    }

    /// The number of TLS connections so far.
    pub fn handshakes(&self) -> usize {
        self.front.connections()
    }

    pub fn url_with(&self, host: &str) -> String {
        format!("https://{host}:{}/v1/telemetry/events", self.front().port())
    }
}

/// The requests are those of the receiver behind TLS.
impl Deref for TlsReceiver {
    type Target = Receiver;

    fn deref(&self) -> &Receiver {
        &self.inner
    }
}

fn relay(
    connection: &mut Connection,
    inner: SocketAddr,
    config: Arc<ServerConfig>,
) -> io::Result<()> {
    let session = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut outside = StreamOwned::new(session, connection.stream.try_clone()?);
    let mut request = Vec::new();
    while !is_complete(&request) {
        let mut buffer = [0; 4096];
        match outside.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => request.extend_from_slice(&buffer[..length]),
        }
    }
    let mut inside = TcpStream::connect(inner)?;
    inside.write_all(&request)?;
    io::copy(&mut inside, &mut outside)?;
    outside.conn.send_close_notify();
    outside.flush()
}

/// Whether these bytes contain the head of a request and its whole body.
fn is_complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    body.len() >= length.and_then(|length| length.trim().parse().ok()).unwrap_or(0)
}
