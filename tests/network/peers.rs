//! Every event arrives through the proxies, and at the servers, that people run. The test has its
//! own host names, so each trial has its own network.

use crate::common::trials;
use crate::support::namespace::{run_inside, start_resolver};
use crate::support::peer::Peer;
use crate::support::{Authority, Hook, curl, plain_folder};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        squid_passes_every_event_on needs ["root", "unshare", "ip", "mount", "sh", "nginx", "squid"],
        tinyproxy_before_squid_passes_every_event_on
            needs ["root", "unshare", "ip", "mount", "sh", "nginx", "squid", "tinyproxy"],
        apache_passes_every_event_on needs ["root", "unshare", "ip", "mount", "sh", "nginx", "apache2"],
        haproxy_before_squid_passes_every_event_on
            needs ["root", "unshare", "ip", "mount", "sh", "nginx", "squid", "haproxy"],
        haproxy_with_tls_passes_every_event_on
            needs ["root", "unshare", "ip", "mount", "sh", "nginx", "squid", "haproxy"],
        privoxy_passes_every_event_on needs ["root", "unshare", "ip", "mount", "sh", "nginx", "privoxy"],
        dante_passes_every_event_on needs ["root", "unshare", "ip", "mount", "sh", "nginx", "danted"],
        nginx_gets_every_event needs ["root", "unshare", "ip", "mount", "sh", "nginx"],
        caddy_gets_every_event needs ["root", "unshare", "ip", "mount", "sh", "caddy"],
        apache_gets_every_event needs ["root", "unshare", "ip", "mount", "sh", "apache2"],
        a_squid_that_refuses_is_told needs ["root", "unshare", "ip", "mount", "sh", "squid"],
    ]
}

/// The tests that run inside the namespaces, by the name that a trial passes.
pub fn part(name: &str) -> Option<fn()> {
    Some(match name {
        "squid" => || {
            Scene::new(Peer::nginx)
                .passes("http", |scene| vec![Peer::squid(scene.folder(), "allow")])
        },
        "tinyproxy" => || {
            Scene::new(Peer::nginx).passes("http", |scene| {
                let squid = Peer::squid(scene.folder(), "allow");
                vec![Peer::tinyproxy(scene.folder(), &squid), squid]
            })
        },
        "apache-proxy" => || {
            Scene::new(Peer::nginx).passes("http", |scene| vec![Peer::apache_proxy(scene.folder())])
        },
        "haproxy" => || {
            Scene::new(Peer::nginx).passes("http", |scene| {
                let squid = Peer::squid(scene.folder(), "allow");
                vec![Peer::haproxy(scene.folder(), &squid, None), squid]
            })
        },
        "haproxy-tls" => || {
            Scene::new(Peer::nginx).passes("https", |scene| {
                let squid = Peer::squid(scene.folder(), "allow");
                let certificate = scene.authority.write_server_to(scene.folder(), "proxy.test");
                vec![Peer::haproxy(scene.folder(), &squid, Some(&certificate)), squid]
            })
        },
        "privoxy" => {
            || Scene::new(Peer::nginx).passes("http", |scene| vec![Peer::privoxy(scene.folder())])
        }
        "dante" => {
            || Scene::new(Peer::nginx).passes("socks5h", |scene| vec![Peer::danted(scene.folder())])
        }
        "nginx" => || Scene::new(Peer::nginx).gets(),
        "caddy" => || Scene::new(Peer::caddy).gets(),
        "apache" => || Scene::new(Peer::apache_server).gets(),
        "refusing-squid" => refusing_squid,
        _ => return None,
    })
}

const EVENTS: usize = 20;

struct Scene {
    hook: Hook,
    authority: Authority,
    ca: PathBuf,
    url: String,
    _server: Peer,
    /// Of the peers.
    folder: TempDir,
}

impl Scene {
    fn new(server: fn(&Path, &Path) -> Peer) -> Self {
        start_resolver(true);
        let (hook, authority) = (Hook::new(), Authority::new());
        let folder = plain_folder();
        let ca = authority.write_to(folder.path(), "ca.pem");
        let certificate = authority.write_server_to(folder.path(), "collector.test");
        let server = server(folder.path(), &certificate);
        let url = format!("https://collector.test:{}/v1/telemetry/events", server.port);
        Self { hook, authority, ca, url, _server: server, folder }
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Sends an event through the first of these proxies.
    fn passes(self, scheme: &str, proxies: impl FnOnce(&Self) -> Vec<Peer>) {
        let proxies = proxies(&self);
        let proxy = format!("{scheme}://proxy.test:{}", proxies[0].port);
        self.deliver_all(&[("https_proxy", &proxy)]);
    }

    fn gets(self) {
        self.deliver_all(&[]);
    }

    fn deliver_all(&self, environment: &[(&str, &str)]) {
        let mut ours = Vec::new();
        for _ in 0..EVENTS {
            let call = self
                .hook
                .call()
                .env("DOCGLOW_TELEMETRY_ENDPOINT", &self.url)
                .env("SSL_CERT_FILE", &self.ca);
            let call = environment.iter().fold(call, |call, (name, value)| call.env(name, value));
            let outcome = call.debug().run();
            outcome.assert_sent(&self.url, "204");
            ours.push(outcome.wall);
        }
        let curls = (0..EVENTS / 4)
            .filter_map(|_| curl::delivers(&self.url, &self.ca, environment))
            .collect();
        println!("{EVENTS} of {EVENTS}: median {:?}, curl's {:?}", median(ours), median(curls));
    }
}

fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort();
    times.get(times.len() / 2).copied()
}

fn refusing_squid() {
    let scene = Scene::new(|folder, _| Peer::squid(folder, "deny"));
    let proxy = format!("http://proxy.test:{}", scene._server.port);
    let call =
        scene.hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &scene.url).env("https_proxy", proxy);
    call.debug().run().assert_sent(&scene.url, "failed (proxy refused: 403)");
}

fn squid_passes_every_event_on() {
    run_inside("squid");
}

fn tinyproxy_before_squid_passes_every_event_on() {
    run_inside("tinyproxy");
}

fn apache_passes_every_event_on() {
    run_inside("apache-proxy");
}

fn haproxy_before_squid_passes_every_event_on() {
    run_inside("haproxy");
}

fn haproxy_with_tls_passes_every_event_on() {
    run_inside("haproxy-tls");
}

fn privoxy_passes_every_event_on() {
    run_inside("privoxy");
}

fn dante_passes_every_event_on() {
    run_inside("dante");
}

fn nginx_gets_every_event() {
    run_inside("nginx");
}

fn caddy_gets_every_event() {
    run_inside("caddy");
}

fn apache_gets_every_event() {
    run_inside("apache");
}

fn a_squid_that_refuses_is_told() {
    run_inside("refusing-squid");
}
