//! Redirects from elsewhere into this machine or its private network by a host name, in the test's
//! own network.

use crate::common::{Behaviour, trials};
use crate::support::namespace::{Reply, Type, run_inside, sh, start_zone};
use crate::support::{Authority, Hook, Manner, Proxy, TlsReceiver, Validity, curl, proxy::forward};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_redirect_to_a_name_nearer_than_the_endpoint_is_refused needs ["root", "unshare", "ip", "mount", "sh"],
        a_redirect_to_a_name_as_near_as_the_endpoint_is_followed needs ["root", "unshare", "ip", "mount", "sh"],
        a_redirect_of_a_proxied_endpoint_to_a_near_name_is_refused needs ["root", "unshare", "ip", "mount", "sh"],
    ]
}

/// The tests that run inside the namespaces, by the name that a trial passes.
pub fn part(name: &str) -> Option<fn()> {
    Some(match name {
        "nearer" => nearer,
        "as-near" => as_near,
        "proxied" => proxied,
        _ => return None,
    })
}

const TRIES: usize = 3;

/// Two addresses of each network. In the test, all of them are this machine's.
const INTERNET: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2)];
const PRIVATE: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2)];
const LOOPBACK: [Ipv4Addr; 2] = [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)];
const UNSPECIFIED: Ipv4Addr = Ipv4Addr::UNSPECIFIED;

struct Scene {
    hook: Hook,
    ca: PathBuf,
    target: TlsReceiver,
    first: TlsReceiver,
}

impl Scene {
    /// `first.test` redirects to `second.test`. They resolve to these addresses.
    fn new(first: Ipv4Addr, second: Ipv4Addr) -> Self {
        let (hook, authority) = (Hook::new(), Authority::new());
        let ca = authority.write_to(hook.sandbox.root(), "ca.pem");
        let target = TlsReceiver::answering(&authority, "second.test");
        let location = format!("https://second.test:{}/", target.front().port());
        let headers = vec![("Location".to_owned(), location)];
        let redirecting = Behaviour::Answer(307, headers);
        let receiver = TlsReceiver::start(&authority, "first.test", Validity::Current, redirecting);
        for (address, receiver) in [(first, &receiver), (second, &target)] {
            // Connecting to 0.0.0.0 connects to 127.0.0.1.
            if address != Ipv4Addr::LOCALHOST && address != UNSPECIFIED {
                let port = receiver.front().port();
                forward(SocketAddr::new(address.into(), port), receiver.front());
            }
        }
        Self { hook, ca, target, first: receiver }
    }

    fn debug_line(&self, environment: &[(&str, &str)]) -> String {
        let url = self.first.url_with("first.test");
        let call =
            self.hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", url).env("SSL_CERT_FILE", &self.ca);
        let call = environment.iter().fold(call, |call, (name, value)| call.env(name, value));
        call.debug().run().stderr().to_owned()
    }
}

/// Checks each pair of addresses. In the meantime, the name server returns them for the two names.
fn serve_pairs(pairs: Vec<(Ipv4Addr, Ipv4Addr)>, mut check: impl FnMut(Ipv4Addr, Ipv4Addr)) {
    for address in [INTERNET, PRIVATE].concat() {
        sh(&format!("ip address add {address}/32 dev lo"));
    }
    let current = Arc::new(Mutex::new((UNSPECIFIED, UNSPECIFIED)));
    let known = current.clone();
    start_zone(move |name, family| {
        let (first, second) = *known.lock().expect("the pair");
        let address = IpAddr::from(if name == "first.test." { first } else { second });
        Reply::Addresses(if family == Type::A { vec![address] } else { Vec::new() })
    });
    for (first, second) in pairs {
        *current.lock().expect("the pair") = (first, second);
        check(first, second);
    }
}

fn a_redirect_to_a_name_nearer_than_the_endpoint_is_refused() {
    run_inside("nearer");
}

fn nearer() {
    let pairs = vec![
        (INTERNET[0], LOOPBACK[0]),
        (INTERNET[0], LOOPBACK[1]),
        (INTERNET[0], PRIVATE[0]),
        (PRIVATE[0], LOOPBACK[0]),
        (INTERNET[0], UNSPECIFIED),
        (LOOPBACK[0], UNSPECIFIED),
    ];
    serve_pairs(pairs, |first, second| {
        let scene = Scene::new(first, second);
        let reason = if second == UNSPECIFIED { "the name is blocked" } else { "redirect refused" };
        for _ in 0..TRIES {
            let line = scene.debug_line(&[]);
            assert!(line.contains(&format!(" -> failed ({reason}")), "{first} to {second}: {line}");
        }
        assert_eq!(scene.first.requests().len(), TRIES);
        assert_eq!(scene.target.handshakes(), 0, "{first} to {second}");
    });
}

fn a_redirect_to_a_name_as_near_as_the_endpoint_is_followed() {
    run_inside("as-near");
}

fn as_near() {
    let pairs = vec![
        (INTERNET[0], INTERNET[1]),
        (PRIVATE[0], PRIVATE[1]),
        (PRIVATE[0], INTERNET[0]),
        (LOOPBACK[0], LOOPBACK[1]),
        (LOOPBACK[1], PRIVATE[0]),
        (LOOPBACK[0], INTERNET[0]),
    ];
    serve_pairs(pairs, |first, second| {
        let scene = Scene::new(first, second);
        for _ in 0..TRIES {
            let line = scene.debug_line(&[]);
            assert!(line.ends_with(" -> 204\n"), "{first} to {second}: {line}");
        }
        curl::delivers(&scene.first.url_with("first.test"), &scene.ca, &[]);
    });
}

fn a_redirect_of_a_proxied_endpoint_to_a_near_name_is_refused() {
    run_inside("proxied");
}

fn proxied() {
    let pairs = vec![(INTERNET[0], LOOPBACK[0]), (LOOPBACK[0], LOOPBACK[1])];
    serve_pairs(pairs, |first, second| {
        let scene = Scene::new(first, second);
        let proxy = Proxy::start(scene.first.front(), Manner::tunnel());
        let url = format!("http://{}", proxy.address());
        let line = scene.debug_line(&[("https_proxy", &url), ("no_proxy", "second.test")]);
        assert!(line.ends_with(" -> failed (redirect refused)\n"), "{first} to {second}: {line}");
        assert_eq!((proxy.connections(), scene.target.handshakes()), (1, 0));
    });
}
