//! A certificate file: rustls can read the converted copy, which has no byte-order mark.

use docglow_telemetry::sender::certificates::plain;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(changed) = plain(&text) else { return };
    assert!(!changed.contains('\u{feff}') && changed.len() < text.len());
    // The parser of rustls accepts any text.
    for certificate in CertificateDer::pem_slice_iter(changed.as_bytes()).flatten() {
        assert!(certificate.len() < changed.len());
    }
}
