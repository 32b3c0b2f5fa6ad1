//! TLS with Windows's verification of certificates.

use crate::common::trials::tool_path;
use crate::common::{Behaviour, EVENT, Receiver, Sandbox, trials};
use crate::machine::hook;
use crate::tls::{Authority, TlsReceiver};
use rcgen::{CertificateRevocationListParams, KeyIdMethod, SerialNumber, date_time_ymd};
use std::fs;
use std::process::{Command, Output};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        an_event_reaches_an_endpoint_that_windows_trusts_and_whose_issuer_it_asks needs ["wine", "sha1sum"],
        an_endpoint_that_windows_does_not_trust_gets_no_event needs ["wine"],
    ]
}

fn send(sandbox: &Sandbox, receiver: &TlsReceiver) -> String {
    let hook = hook(sandbox, "")
        .on()
        .debug()
        .env("DOCGLOW_TELEMETRY_ENDPOINT", receiver.url_with("localhost"));
    let outcome = hook.stdin(EVENT).run();
    outcome.assert_success().stderr().to_owned()
}

/// A key of wine's registry, which is deleted at the end of the test. Otherwise the trust store
/// would collect authorities of the same name, and Windows might check a certificate with the wrong
/// one.
struct Key(String);

impl Drop for Key {
    fn drop(&mut self) {
        let _ = reg(&["delete", &self.0, "/f"]);
    }
}

fn reg(arguments: &[&str]) -> std::io::Result<Output> {
    Command::new(tool_path("wine").expect("wine")).arg("reg").args(arguments).output()
}

/// Puts the authority into wine's trust store, under the SHA-1 of its certificate.
fn trust(sandbox: &Sandbox, authority: &Authority) -> Key {
    let certificate: &[u8] = authority.issuer.der();
    let file = sandbox.root().join("ca.der");
    fs::write(&file, certificate).expect("the CA's file");
    let sum = Command::new("sha1sum").arg(&file).output().expect("sha1sum").stdout;
    let thumbprint = String::from_utf8_lossy(&sum[..40]).to_uppercase();
    const CERTIFICATE: u32 = 32;
    let head = [CERTIFICATE, 1, certificate.len() as u32].map(u32::to_le_bytes).concat();
    let blob: String = head.iter().chain(certificate).map(|byte| format!("{byte:02x}")).collect();
    let key = format!(r"HKLM\Software\Microsoft\SystemCertificates\Root\Certificates\{thumbprint}");
    let added = reg(&["add", &key, "/v", "Blob", "/t", "REG_BINARY", "/d", &blob, "/f"]);
    assert!(added.expect("reg").status.success());
    Key(key)
}

/// A revocation list without entries, in DER.
fn empty_revocation_list(authority: &Authority) -> Vec<u8> {
    let list = CertificateRevocationListParams {
        this_update: date_time_ymd(2001, 1, 1),
        next_update: date_time_ymd(2100, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: Vec::new(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    list.signed_by(&authority.issuer).expect("the list").der().to_vec()
}

/// The README mentions this request, which Windows sends.
fn an_event_reaches_an_endpoint_that_windows_trusts_and_whose_issuer_it_asks() {
    let (sandbox, mut authority) = (Sandbox::for_wine(), Authority::new());
    let list = empty_revocation_list(&authority);
    let head =
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", list.len());
    let issuer = Receiver::start(Behaviour::Bytes([head.as_bytes(), &list].concat()));
    authority.revocation_list = Some(format!("http://127.0.0.1:{}/revoked.crl", issuer.port()));
    let _trusted = trust(&sandbox, &authority);
    let receiver = TlsReceiver::answering(&authority, "localhost");
    let said = send(&sandbox, &receiver);
    assert!(said.contains("-> 204"), "{said}");
    assert_eq!(receiver.only_request().json()["platform"], "windows");
    assert_eq!(issuer.only_request().body, b"");
}

fn an_endpoint_that_windows_does_not_trust_gets_no_event() {
    let (sandbox, authority) = (Sandbox::for_wine(), Authority::new());
    let receiver = TlsReceiver::answering(&authority, "localhost");
    let said = send(&sandbox, &receiver);
    assert!(said.contains("-> failed ("), "{said}");
    assert_eq!(receiver.requests().len(), 0);
}
