//! Dead addresses and broken name servers, in the test's own network. If curl is installed, it is
//! compared.

use crate::common::{Receiver, trials};
use crate::support::namespace::{
    NXDOMAIN, REFUSED, Reply, SERVFAIL, Type, run_inside, run_inside_with, start_zone,
};
use crate::support::proxy::forward;
use crate::support::{Authority, Hook, Manner, Proxy, TlsReceiver, curl};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_dead_ipv6_address_costs_a_quarter_of_a_second needs ["root", "unshare", "ip", "mount", "sh"],
        a_dead_ipv4_address_before_it_costs_no_more needs ["root", "unshare", "ip", "mount", "sh"],
        two_dead_addresses_cost_half_a_second needs ["root", "unshare", "ip", "mount", "sh"],
        addresses_that_refuse_cost_nothing needs ["root", "unshare", "ip", "mount", "sh"],
        a_dead_address_of_the_proxys_costs_no_more needs ["root", "unshare", "ip", "mount", "sh"],
        if_all_addresses_are_dead_the_sender_ends_after_three_seconds needs ["root", "unshare", "ip", "mount", "sh"],
        an_error_for_one_family_is_none_for_the_other needs ["root", "unshare", "ip", "mount", "sh"],
        a_search_domain_that_fails_does_not_prevent_delivery needs ["root", "unshare", "ip", "mount", "sh"],
        debug_distinguishes_an_unknown_name_from_a_failed_look_up
            needs ["root", "unshare", "ip", "mount", "sh"],
    ]
}

/// The tests that run inside the namespaces, by the name that a trial passes.
pub fn part(name: &str) -> Option<fn()> {
    Some(match name {
        "dead-v6" => dead_v6,
        "dead-v4" => dead_v4,
        "two-dead" => two_dead,
        "refusing" => refusing,
        "dead-proxy" => dead_proxy,
        "all-dead" => all_dead,
        "one-family" => one_family,
        "search" => search,
        "not-found" => not_found,
        _ => return None,
    })
}

const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The resolvers sort addresses by how many leading bits they share with this machine's own.
const NEAR: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const FAR: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 128));

/// RFC 8305's delay, slightly shortened because clocks are not exact.
const ATTEMPT: Duration = Duration::from_millis(240);

pub struct Scene {
    pub hook: Hook,
    pub receiver: TlsReceiver,
    pub ca: PathBuf,
    pub url: String,
}

impl Scene {
    pub fn new() -> Self {
        Self::named("collector.test")
    }

    /// With a collector of this name.
    pub fn named(name: &str) -> Self {
        let (hook, authority) = (Hook::new(), Authority::new());
        let receiver = TlsReceiver::answering(&authority, name);
        let ca = authority.write_to(hook.sandbox.root(), "ca.pem");
        let url = receiver.url_with(name);
        Self { hook, receiver, ca, url }
    }

    pub fn port(&self) -> u16 {
        self.receiver.front().port()
    }

    pub fn debug_line(&self, environment: &[(&str, &str)]) -> (String, Duration) {
        let call = self
            .hook
            .call()
            .env("DOCGLOW_TELEMETRY_ENDPOINT", &self.url)
            .env("SSL_CERT_FILE", &self.ca)
            .debug();
        let outcome =
            environment.iter().fold(call, |call, (name, value)| call.env(name, value)).run();
        (outcome.assert_success().stderr().to_owned(), outcome.wall)
    }

    /// Delivers after the attempts to connect to the dead addresses. A busy machine can delay one
    /// delivery, but not all.
    #[track_caller]
    fn assert_delivers(&self, least: Duration, most: Duration, environment: &[(&str, &str)]) {
        const TRIES: usize = 10;
        let delivered = format!("telemetry: POST {} -> 204\n", self.url);
        let mut times = Vec::new();
        while times.len() < TRIES && times.last().is_none_or(|time| *time >= most) {
            let (line, time) = self.debug_line(environment);
            assert_eq!(line, delivered);
            assert!(time >= least, "{time:?}");
            times.push(time);
        }
        assert!(times.iter().any(|time| *time < most), "{times:?}");
    }
}

/// The collector's name resolves to these addresses.
fn resolve_to(v6: &'static [IpAddr], v4: &'static [IpAddr]) {
    start_zone(move |_, family| Reply::Addresses(if family == Type::A { v4 } else { v6 }.to_vec()));
}

fn a_dead_ipv6_address_costs_a_quarter_of_a_second() {
    run_inside("dead-v6");
}

fn dead_v6() {
    let scene = Scene::new();
    let _dead = Receiver::black_hole_at((V6, scene.port()));
    resolve_to(&[V6], &[V4]);
    scene.assert_delivers(ATTEMPT, Duration::from_millis(600), &[]);
}

fn a_dead_ipv4_address_before_it_costs_no_more() {
    run_inside("dead-v4");
}

fn dead_v4() {
    let scene = Scene::new();
    let _dead = Receiver::black_hole_at((NEAR, scene.port()));
    forward(SocketAddr::new(FAR, scene.port()), scene.receiver.front());
    resolve_to(&[], &[NEAR, FAR]);
    scene.assert_delivers(ATTEMPT, Duration::from_millis(600), &[]);
}

fn two_dead_addresses_cost_half_a_second() {
    run_inside("two-dead");
}

fn two_dead() {
    let scene = Scene::new();
    let _dead = [V6, NEAR].map(|address| Receiver::black_hole_at((address, scene.port())));
    forward(SocketAddr::new(FAR, scene.port()), scene.receiver.front());
    resolve_to(&[V6], &[NEAR, FAR]);
    scene.assert_delivers(ATTEMPT * 2, Duration::from_secs(1), &[]);
}

fn addresses_that_refuse_cost_nothing() {
    run_inside("refusing");
}

fn refusing() {
    let scene = Scene::new();
    forward(SocketAddr::new(FAR, scene.port()), scene.receiver.front());
    resolve_to(&[V6], &[NEAR, FAR]);
    scene.assert_delivers(Duration::ZERO, ATTEMPT, &[]);
}

fn a_dead_address_of_the_proxys_costs_no_more() {
    run_inside("dead-proxy");
}

fn dead_proxy() {
    let scene = Scene::new();
    let proxy = Proxy::start(scene.receiver.front(), Manner::tunnel());
    let _dead = Receiver::black_hole_at((V6, proxy.address().port()));
    resolve_to(&[V6], &[V4]);
    let url = format!("http://proxy.test:{}", proxy.address().port());
    scene.assert_delivers(ATTEMPT, Duration::from_millis(600), &[("https_proxy", &url)]);
}

fn if_all_addresses_are_dead_the_sender_ends_after_three_seconds() {
    run_inside("all-dead");
}

fn all_dead() {
    let scene = Scene::new();
    let _dead = [V6, NEAR, FAR].map(|address| Receiver::black_hole_at((address, scene.port())));
    resolve_to(&[V6], &[NEAR, FAR]);
    let (line, _) = scene.debug_line(&[]);
    assert_eq!(line, format!("telemetry: POST {} -> failed (timed out)\n", scene.url));
}

fn an_error_for_one_family_is_none_for_the_other() {
    run_inside("one-family");
}

fn one_family() {
    const BAD: [Option<u8>; 4] = [Some(SERVFAIL), Some(REFUSED), Some(NXDOMAIN), None];
    let scene = Scene::new();
    // The first digit of the name chooses the error for IPv6, so that one resolver is enough.
    start_zone(|name, family| match (family, BAD[usize::from(name.as_bytes()[0] - b'0')]) {
        (Type::A, _) => Reply::Addresses(vec![V4]),
        (Type::Aaaa, Some(code)) => Reply::Error(code),
        (Type::Aaaa, None) => Reply::Silence,
    });
    let proxy = Proxy::start(scene.receiver.front(), Manner::tunnel());
    for (number, bad) in BAD.iter().enumerate() {
        let proxy = format!("http://{number}.test:{}", proxy.address().port());
        let (line, _) = scene.debug_line(&[("https_proxy", &proxy)]);
        assert_eq!(line, format!("telemetry: POST {} -> 204\n", scene.url), "{bad:?}");
    }
}

fn a_search_domain_that_fails_does_not_prevent_delivery() {
    run_inside_with(
        "search",
        "search team.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n",
    );
}

fn search() {
    let scene = Scene::new();
    start_zone(|name, family| match (name, family) {
        ("collector.test.", Type::A) => Reply::Addresses(vec![V4]),
        ("collector.test.", Type::Aaaa) => Reply::Addresses(Vec::new()),
        _ => Reply::Error(SERVFAIL),
    });
    curl::delivers(&scene.url, &scene.ca, &[]);
    assert_eq!(scene.debug_line(&[]).0, format!("telemetry: POST {} -> 204\n", scene.url));
}

fn debug_distinguishes_an_unknown_name_from_a_failed_look_up() {
    run_inside("not-found");
}

fn not_found() {
    let scene = Scene::new();
    let proxy = |host: &str| format!("http://{host}.test:1");
    start_zone(|name, _| {
        Reply::Error(if name.starts_with("unknown") { NXDOMAIN } else { SERVFAIL })
    });
    let failed = |reason: &str| format!("telemetry: POST {} -> failed ({reason})\n", scene.url);
    assert_eq!(
        scene.debug_line(&[("https_proxy", &proxy("unknown"))]).0,
        failed("proxy: name not found")
    );
    // On a busy machine, the time may run out before the reason is known: musl asks for 5 s.
    let is_told = |environment: &[(&str, &str)], reason| {
        (0..3).any(|_| scene.debug_line(environment).0 == failed(reason))
    };
    assert!(is_told(&[("https_proxy", &proxy("failing"))], "proxy: name look-up failed"));
    assert!(is_told(&[], "name look-up failed"));
}
