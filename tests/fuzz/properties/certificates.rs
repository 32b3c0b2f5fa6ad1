//! A file of certificates: as many as before, for rustls to read, and nothing left to change.

use docglow_telemetry::sender::certificates::plain;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let certificates =
        |text: &str| CertificateDer::pem_slice_iter(text.as_bytes()).filter_map(Result::ok).count();
    let Some(changed) = plain(&text) else { return };
    assert!(!changed.contains('\u{feff}') && changed.len() < text.len());
    assert!(certificates(&changed) >= certificates(&text), "{text:?}");
}
