//! Converts certificate files that OpenSSL reads and rustls does not: those with a byte-order mark,
//! or with OpenSSL's older labels.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::platform::{BYTE_ORDER_MARK, file, network};
use crate::sender::CERTIFICATE_VARIABLES;

/// More than any platform's trust store.
const MAX_BYTES: u64 = 4 << 20;

/// OpenSSL's other labels for a certificate. In a "trusted certificate", limits to its use may
/// follow. rustls then rejects the certificate.
const LABELS: [&str; 2] = ["X509 CERTIFICATE-----", "TRUSTED CERTIFICATE-----"];

const LABEL: &str = "CERTIFICATE-----";

/// The certificates in the file that `SSL_CERT_FILE` names, if rustls cannot read all of them.
pub fn converted() -> Vec<CertificateDer<'static>> {
    let path = std::env::var_os(CERTIFICATE_VARIABLES[0]).filter(|_| network::HAS_CERTIFICATE_FILE);
    let pem = path.and_then(|path| file::read_regular(Path::new(&path), MAX_BYTES).ok());
    let plain = pem.and_then(|pem| plain(&String::from_utf8_lossy(&pem))).unwrap_or_default();
    let is_usable = |found: &CertificateDer| RootCertStore::empty().add(found.clone()).is_ok();
    CertificateDer::pem_slice_iter(plain.as_bytes()).flatten().filter(is_usable).collect()
}

/// The same certificates in the form that rustls reads, if the text needs a change.
pub fn plain(pem: &str) -> Option<String> {
    let mut plain = pem.replace(BYTE_ORDER_MARK, "");
    for label in LABELS {
        plain = plain.replace(label, LABEL);
    }
    (plain != pem).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_rustls_cannot_read_are_changed() {
        let certificate = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
        assert_eq!(plain(certificate), None);
        assert_eq!(plain(&certificate.replace('A', "B")), None);
        for other in [
            format!("\u{feff}{certificate}"),
            certificate.replace("CERT", "X509 CERT"),
            certificate.replace("CERT", "TRUSTED CERT"),
        ] {
            assert_eq!(plain(&other).as_deref(), Some(certificate), "{other}");
        }
    }
}
