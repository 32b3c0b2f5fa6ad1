//! HTTPS: a server gets an event only if the platform's trust store accepts its certificate.

use crate::common::{Behaviour, Invocation, Receiver, trials};
use crate::support::{Authority, Hook, SENDER_LIFE, ThreeSeconds, TlsReceiver, Validity};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_ca_in_ssl_cert_file_is_trusted,
        a_ca_that_openssl_reads_is_trusted,
        a_ca_that_openssl_limits_is_not_trusted needs ["openssl"],
        a_ca_in_ssl_cert_dir_is_trusted,
        a_self_signed_certificate_in_the_trust_store_is_trusted needs ["openssl"],
        a_self_signed_certificate_is_trusted_for_its_name_its_time_and_itself_only needs ["openssl"],
        relative_paths_of_certificates_are_the_callers,
        a_detached_sender_trusts_them_too,
        an_unknown_ca_gets_nothing,
        a_certificate_for_another_name_gets_nothing,
        an_expired_certificate_gets_nothing,
        plain_http_on_a_tls_port_gets_nothing,
        a_server_that_hangs_in_the_handshake_is_left_after_three_seconds,
        a_server_that_closes_in_the_handshake_gets_no_event,
        an_unreadable_trust_store_sends_nothing,
        a_trust_store_as_large_as_a_platforms_stays_small_in_memory,
    ]
}

/// A name in the form of openssl-rehash. Only the form matters.
const HASHED_NAME: &str = "0a1b2c3d.0";

struct Scene {
    hook: Hook,
    authority: Authority,
    receiver: TlsReceiver,
}

impl Scene {
    fn new(name: &str, validity: Validity) -> Self {
        let authority = Authority::new();
        let receiver =
            TlsReceiver::start(&authority, name, validity, Behaviour::Answer(204, Vec::new()));
        Self { hook: Hook::new(), authority, receiver }
    }

    fn url(&self) -> String {
        self.receiver.url_with("localhost")
    }

    fn call(&self) -> Invocation {
        self.hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", self.url())
    }

    fn trusting_call(&self) -> Invocation {
        self.call()
            .env("SSL_CERT_FILE", self.authority.write_to(self.hook.sandbox.root(), "ca.pem"))
    }
}

/// Panics unless there is one debug line, and its reason contains this word.
#[track_caller]
fn assert_fails(call: Invocation, url: &str, word: &str) {
    let outcome = call.debug().run();
    let line = outcome.assert_success().stderr();
    let reason = line.strip_prefix(&format!("telemetry: POST {url} -> failed ("));
    let reason = reason
        .and_then(|rest| rest.strip_suffix(")\n"))
        .unwrap_or_else(|| panic!("no reason: {line:?}"));
    assert!(reason.to_lowercase().contains(word), "{reason}");
    assert!(!reason.contains('\n') && !reason.contains("os error"), "{reason}");
}

fn a_ca_in_ssl_cert_file_is_trusted() {
    let scene = Scene::new("localhost", Validity::Current);
    scene.trusting_call().debug().run().assert_sent(&scene.url(), "204");
    let request = scene.receiver.only_request();
    assert_eq!(request.line, "POST /v1/telemetry/events HTTP/1.1");
    assert_eq!(request.json()["command"], "generate");
}

fn a_ca_that_openssl_reads_is_trusted() {
    let scene = Scene::new("localhost", Validity::Current);
    let file = scene.hook.sandbox.root().join("ca.pem");
    let pem = scene.authority.pem();
    for other in [
        format!("\u{feff}{pem}"),
        pem.replace("CERT", "X509 CERT"),
        pem.replace("CERT", "TRUSTED CERT"),
        format!("{}\r\n", pem.replace('\n', "\r\n")),
    ] {
        std::fs::write(&file, &other).unwrap();
        let outcome = scene.call().env("SSL_CERT_FILE", &file).debug().run();
        assert_eq!(
            outcome.stderr(),
            format!("telemetry: POST {} -> 204\n", scene.url()),
            "{other}"
        );
        crate::support::curl::delivers(&scene.url(), &file, &[]);
    }
}

fn a_ca_that_openssl_limits_is_not_trusted() {
    let scene = Scene::new("localhost", Validity::Current);
    let root = scene.hook.sandbox.root();
    let (plain, limited) = (scene.authority.write_to(root, "ca.pem"), root.join("limited.pem"));
    let mut openssl = std::process::Command::new("openssl");
    openssl.args(["x509", "-addreject", "serverAuth", "-in"]).arg(plain).arg("-out").arg(&limited);
    assert!(openssl.status().expect("openssl").success());
    assert!(std::fs::read_to_string(&limited).unwrap().contains("TRUSTED"));
    assert_fails(scene.call().env("SSL_CERT_FILE", limited), &scene.url(), "");
    assert_eq!(scene.receiver.connections(), 0);
}

fn a_ca_in_ssl_cert_dir_is_trusted() {
    let scene = Scene::new("localhost", Validity::Current);
    let (empty, full) =
        (scene.hook.sandbox.root().join("empty"), scene.hook.sandbox.root().join("full"));
    for folder in [&empty, &full] {
        std::fs::create_dir(folder).unwrap();
    }
    scene.authority.write_to(&full, HASHED_NAME);
    let both = std::env::join_paths([&empty, &full]).unwrap();
    for folders in [full.into_os_string(), both] {
        scene.call().env("SSL_CERT_DIR", folders).debug().run().assert_sent(&scene.url(), "204");
    }
    assert_eq!(scene.receiver.requests().len(), 2);
}

/// A certificate as people make it for their own collector: it is marked as an authority. Returns
/// its file and its receiver.
fn self_signed(scene: &Scene, name: &str) -> (PathBuf, TlsReceiver) {
    let root = scene.hook.sandbox.root();
    let (file, key) = (root.join(format!("{name}.pem")), root.join(format!("{name}.key")));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=collector"]);
    openssl.args(["-addext", &format!("subjectAltName=DNS:{name}"), "-keyout"]).arg(&key);
    openssl.arg("-out").arg(&file).stderr(Stdio::null());
    assert!(openssl.status().expect("openssl").success());
    let [pem, key] = [&file, &key].map(|file| std::fs::read(file).expect("openssl's file"));
    (file, TlsReceiver::with_certificate(&pem, &key))
}

fn a_self_signed_certificate_in_the_trust_store_is_trusted() {
    let scene = Scene::new("localhost", Validity::Current);
    let (file, receiver) = self_signed(&scene, "localhost");
    let url = receiver.url_with("localhost");
    let call = scene.hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url).debug();
    call.clone().env("SSL_CERT_FILE", &file).run().assert_sent(&url, "204");
    crate::support::curl::delivers(&url, &file, &[]);
    // Together with other certificates, and in a folder.
    let folder = scene.hook.sandbox.root().join("folder");
    std::fs::create_dir(&folder).unwrap();
    let own = std::fs::read_to_string(&file).unwrap();
    std::fs::write(folder.join(HASHED_NAME), scene.authority.pem() + &own).unwrap();
    call.env("SSL_CERT_DIR", &folder).run().assert_sent(&url, "204");
}

fn a_self_signed_certificate_is_trusted_for_its_name_its_time_and_itself_only() {
    let scene = Scene::new("localhost", Validity::Current);
    let (file, receiver) = self_signed(&scene, "localhost");
    let (other_file, other) = self_signed(&scene, "other.test");
    let (expired_file, expired) = expired(&scene);
    for (file, receiver, reason) in [
        (&other_file, &other, "not valid for name"),
        (&other_file, &receiver, "certificate"),
        (&expired_file, &expired, "expired"),
    ] {
        let url = receiver.url_with("localhost");
        let call = scene.hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url);
        assert_fails(call.env("SSL_CERT_FILE", file), &url, reason);
        assert_eq!(receiver.connections(), 0);
    }
    let url = receiver.url_with("localhost");
    let call = scene.hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url);
    call.env("SSL_CERT_FILE", file).debug().run().assert_sent(&url, "204");
}

/// Another certificate that is marked as an authority, but has expired.
fn expired(scene: &Scene) -> (PathBuf, TlsReceiver) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.not_before = date_time_ymd(2001, 1, 1);
    parameters.not_after = date_time_ymd(2002, 1, 1);
    let pem = parameters.self_signed(&key).unwrap().pem();
    let file = scene.hook.sandbox.root().join("expired.pem");
    std::fs::write(&file, &pem).unwrap();
    (file, TlsReceiver::with_certificate(pem.as_bytes(), key.serialize_pem().as_bytes()))
}

fn relative_paths_of_certificates_are_the_callers() {
    let scene = Scene::new("localhost", Validity::Current);
    let project = scene.hook.sandbox.project();
    scene.authority.write_to(&project, "ca.pem");
    scene.authority.write_to(&project, "a:b.pem");
    std::fs::create_dir_all(project.join("certs")).unwrap();
    std::fs::create_dir_all(project.join("none")).unwrap();
    scene.authority.write_to(&project.join("certs"), HASHED_NAME);
    for (name, value) in [
        ("SSL_CERT_FILE", "ca.pem"),
        ("SSL_CERT_FILE", "a:b.pem"),
        ("SSL_CERT_DIR", "certs"),
        ("SSL_CERT_DIR", "./certs/"),
        ("SSL_CERT_DIR", "none:certs"),
    ] {
        let outcome = scene.call().env(name, value).debug().run();
        assert_eq!(
            outcome.stderr(),
            format!("telemetry: POST {} -> 204\n", scene.url()),
            "{name}={value}"
        );
    }
}

fn a_detached_sender_trusts_them_too() {
    let scene = Scene::new("localhost", Validity::Current);
    scene.trusting_call().run().assert_silent();
    assert_eq!(scene.receiver.wait_for(1, SENDER_LIFE).len(), 1);
}

fn an_unknown_ca_gets_nothing() {
    let scene = Scene::new("localhost", Validity::Current);
    let other = Authority::new().write_to(scene.hook.sandbox.root(), "other.pem");
    assert_fails(scene.call().env("SSL_CERT_FILE", other), &scene.url(), "certificate");
    assert_eq!(scene.receiver.connections(), 0);
    assert_eq!(scene.receiver.handshakes(), 1);
}

fn a_certificate_for_another_name_gets_nothing() {
    let scene = Scene::new("localhost.example", Validity::Current);
    assert_fails(scene.trusting_call(), &scene.url(), "not valid for name");
    assert_eq!(scene.receiver.connections(), 0);
}

fn an_expired_certificate_gets_nothing() {
    let scene = Scene::new("localhost", Validity::Expired);
    assert_fails(scene.trusting_call(), &scene.url(), "expired");
    assert_eq!(scene.receiver.connections(), 0);
}

fn plain_http_on_a_tls_port_gets_nothing() {
    let (scene, receiver) = (
        Scene::new("localhost", Validity::Current),
        Receiver::start(Behaviour::Custom(Box::new(|connection| {
            connection.stream.peek(&mut [0]).ok();
            connection.answer(400, &[]).ok();
            connection.hold();
        }))),
    );
    let url = format!("https://localhost:{}/", receiver.port());
    assert_fails(scene.trusting_call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url), &url, "message");
}

fn a_server_that_hangs_in_the_handshake_is_left_after_three_seconds() {
    let scene = Scene::new("localhost", Validity::Current);
    let receiver = Receiver::start(Behaviour::Custom(Box::new(|connection| connection.hold())));
    let url = format!("https://localhost:{}/", receiver.port());
    let call = scene.trusting_call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url);
    call.run().assert_silent();
    let three_seconds = ThreeSeconds::begin();
    scene.hook.sender();
    scene.hook.assert_gone_within(three_seconds);
    call.debug().run().assert_sent(&url, "failed (timed out)");
}

fn a_server_that_closes_in_the_handshake_gets_no_event() {
    let scene = Scene::new("localhost", Validity::Current);
    let receiver = Receiver::start(Behaviour::Custom(Box::new(|connection| {
        std::io::Read::read(&mut connection.stream, &mut [0; 4096]).ok();
    })));
    let url = format!("https://localhost:{}/", receiver.port());
    assert_fails(
        scene.trusting_call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url),
        &url,
        "closed without an answer",
    );
}

fn an_unreadable_trust_store_sends_nothing() {
    let scene = Scene::new("localhost", Validity::Current);
    let empty = scene.hook.sandbox.root().join("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    for file in
        [empty, scene.hook.sandbox.root().join("missing.pem"), scene.hook.sandbox.root().to_owned()]
    {
        assert_fails(scene.call().env("SSL_CERT_FILE", file), &scene.url(), "");
    }
    assert_eq!(scene.receiver.connections(), 0);
}

fn a_trust_store_as_large_as_a_platforms_stays_small_in_memory() {
    const AUTHORITIES: usize = 150;
    // Measured with musl and with glibc.
    const PEAK_KIB: [u64; 2] = [1904, 2616];
    let (hook, authority) = (Hook::new(), Authority::new());
    let receiver =
        TlsReceiver::start(&authority, "localhost", Validity::Current, Behaviour::Silent);
    let others = (1..AUTHORITIES).map(|_| Authority::new());
    let store: String = others.chain([authority]).map(|authority| authority.pem()).collect();
    let file = hook.sandbox.root().join("store.pem");
    std::fs::write(&file, store).unwrap();
    let call = hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", receiver.url_with("localhost"));
    call.env("SSL_CERT_FILE", file).run().assert_silent();
    let peak = hook.sender().watch_peak_kib();
    assert_eq!(receiver.requests().len(), 1);
    assert!(peak < crate::machine::memory_limit_kib(PEAK_KIB), "the sender took {peak} KiB");
    println!("a sender over TLS takes {peak} KiB");
}
