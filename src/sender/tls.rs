//! TLS without a client certificate. Servers are verified against the platform's trust store.

use std::sync::{Arc, LazyLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::ring::default_provider;
use rustls::crypto::{CryptoProvider, KeyProvider};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::SigningKey;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error,
    SignatureScheme, StreamOwned,
};
use rustls_platform_verifier::Verifier;

use crate::platform::network;
use crate::sender::certificates;
use crate::sender::failure::Failure;
use crate::sender::stream::Stream;
use crate::sender::threads::start;

const STACK_BYTES: usize = 512 << 10;

/// Reading the trust store takes some milliseconds, so it happens once, in parallel to connecting.
static CONFIG: LazyLock<Result<Arc<ClientConfig>, Error>> = LazyLock::new(config);

/// Starts reading the trust store.
pub fn prepare() {
    start(STACK_BYTES, || {
        let _ = LazyLock::force(&CONFIG);
    });
}

/// Does the TLS handshake with a host, which is a name or an address.
///
/// # Errors
/// If the trust store is empty, or the handshake fails.
pub fn wrap(mut stream: Stream, host: &str) -> Result<Stream, Failure> {
    let name = ServerName::try_from(host.trim_end_matches('.').to_owned());
    let name = name.map_err(|_| Error::General("not a name for TLS".to_owned()))?;
    let mut session = ClientConnection::new(CONFIG.clone()?, name)?;
    session.complete_io(&mut stream)?;
    Ok(Box::new(StreamOwned::new(session, stream)))
}

fn config() -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::new(CryptoProvider { key_provider: &NoKey, ..default_provider() });
    let converted = certificates::converted();
    // On Windows, even an empty list of extra roots would make a second chain of certificates.
    let platform = if converted.is_empty() {
        Verifier::new(provider.clone())?
    } else {
        Verifier::new_with_extra_roots(converted.clone(), provider.clone())?
    };
    let verifier = SelfSignedVerifier { platform, converted };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        // rustls calls every custom verifier "dangerous".
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The platform's verifier, which also accepts one more kind of certificate, as OpenSSL does: a
/// server's self-signed certificate that is itself in the trust store and is marked as an
/// authority, as made by `openssl req -x509`.
#[derive(Debug)]
struct SelfSignedVerifier {
    platform: Verifier,
    converted: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for SelfSignedVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.platform.verify_server_cert(certificate, intermediates, name, ocsp_response, now)
        {
            // Before this error, the verifier has checked the certificate's dates, but not its
            // name.
            Err(error) if is_ca_used_as_end_entity(&error) && self.contains(certificate) => {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.platform.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.platform.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.platform.supported_verify_schemes()
    }
}

impl SelfSignedVerifier {
    fn contains(&self, certificate: &CertificateDer) -> bool {
        self.converted.contains(certificate) || network::is_in_trust_store(certificate)
    }
}

fn is_ca_used_as_end_entity(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(error)) = error else { return false };
    error.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
}

/// Replaces the code that signs with a client's key, which takes 45 kB.
#[derive(Debug)]
struct NoKey;

impl KeyProvider for NoKey {
    fn load_private_key(&self, _key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        Err(Error::General(String::new()))
    }
}
