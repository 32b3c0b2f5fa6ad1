//! Converts certificate files that OpenSSL reads and rustls does not: those with a byte-order mark,
//! or with OpenSSL's older labels.

use std::path::Path;

use crate::platform::{BYTE_ORDER_MARK, file, process};

/// More than any platform's trust store.
const MAX_BYTES: u64 = 4 << 20;

/// OpenSSL's other labels for a certificate. In a "trusted certificate", limits to its use may
/// follow. rustls then rejects the certificate.
const LABELS: [&str; 2] = ["X509 CERTIFICATE-----", "TRUSTED CERTIFICATE-----"];

const LABEL: &str = "CERTIFICATE-----";

/// Replaces the file that `variable` names by a converted copy in memory, if rustls would not read
/// the original. Call it before the trust store is read.
pub fn prepare(variable: &'static str) {
    let Some(path) = std::env::var_os(variable) else { return };
    let Ok(pem) = file::read_regular(Path::new(&path), MAX_BYTES) else { return };
    if let Some(plain) = plain(&String::from_utf8_lossy(&pem))
        && let Ok(copy) = file::in_memory(plain.as_bytes())
    {
        process::set_variable(variable, copy.as_os_str());
    }
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
    fn only_what_rustls_does_not_read_is_changed() {
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
