//! Random `/etc/hosts` and `/etc/resolv.conf` files are read as glibc's `getent` and curl read
//! them. In the test's own network.

use crate::common::trials;
use crate::support::namespace::{
    NXDOMAIN, Reply, SERVFAIL, Type, replace, run_inside, sh, start_zone, start_zone_at,
};
use docglow_telemetry::sender::resolver;
use fastrand::Rng;
use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        random_hosts_are_read_as_getent_and_curl_read_them
            needs ["root", "unshare", "ip", "mount", "sh", "getent", "curl"],
        random_resolv_confs_are_read_as_getent_and_curl_read_them
            needs ["root", "unshare", "ip", "mount", "sh", "getent", "curl"],
    ]
}

/// The tests that run inside the namespaces, by the name that a trial passes.
pub fn part(name: &str) -> Option<fn()> {
    Some(match name {
        "random-hosts" => || compare(random_hosts, |_| "nameserver 127.0.0.1\n".to_owned()),
        "random-resolv-confs" => || compare(|_| String::new(), random_resolv_conf),
        _ => return None,
    })
}

const FILES: usize = 200;

const HOSTS: [&str; 4] = ["collector.test", "collector", "a.b.collector.test", "collector.test."];

fn random_hosts_are_read_as_getent_and_curl_read_them() {
    run_inside("random-hosts");
}

fn random_resolv_confs_are_read_as_getent_and_curl_read_them() {
    run_inside("random-resolv-confs");
}

fn compare(hosts: fn(&mut Rng) -> String, resolv_conf: fn(&mut Rng) -> String) {
    let folder = tempfile::tempdir().expect("a folder");
    for path in ["/etc/hosts", "/etc/nsswitch.conf"] {
        replace(path, folder.path());
    }
    fs::write("/etc/nsswitch.conf", "hosts: files dns\n").expect("nsswitch.conf");
    // glibc looks up a family only if the machine has an address of it.
    sh("ip address add 192.0.2.1/32 dev lo && ip address add 2001:db8::1/128 dev lo");
    start_zone(|name, family| known(name, family, 1));
    start_zone_at(Ipv4Addr::new(127, 0, 0, 2), |name, family| known(name, family, 2));
    start_zone_at(Ipv4Addr::new(127, 0, 0, 3), |_, _| Reply::Error(SERVFAIL));
    let mut random = Rng::with_seed(20);
    let mut found = 0;
    for _ in 0..FILES {
        let (hosts, resolv_conf) = (hosts(&mut random), resolv_conf(&mut random));
        fs::write("/etc/hosts", &hosts).expect("hosts");
        fs::write("/etc/resolv.conf", &resolv_conf).expect("resolv.conf");
        for host in HOSTS {
            let ours = ours(host);
            found += usize::from(!ours.is_empty());
            let what = format!("{host}\nhosts: {hosts:?}\nresolv.conf: {resolv_conf:?}");
            assert_eq!(ours, getents(host), "getent, {what}");
            assert_eq!(ours, curls(host), "curl, {what}");
        }
    }
    println!("{found} of {} look-ups found addresses", FILES * HOSTS.len());
    assert!(found > FILES / 2);
}

/// The answers of the name servers, by the number of dots in the name.
fn known(name: &str, family: Type, server: u8) -> Reply {
    let dots = u8::try_from(name.matches('.').count()).expect("a few dots");
    match (name.len() % 5, family) {
        (0, _) => Reply::Error(NXDOMAIN),
        (1, _) => Reply::Addresses(Vec::new()),
        (_, Type::A) => Reply::Addresses(vec![Ipv4Addr::new(192, 0, server, dots).into()]),
        (_, Type::Aaaa) => {
            let end = u16::from(server) * 256 + u16::from(dots);
            Reply::Addresses(vec![Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 0, end).into()])
        }
    }
}

fn ours(host: &str) -> BTreeSet<IpAddr> {
    let all = Mutex::new(BTreeSet::new());
    let until = Instant::now() + Duration::from_secs(2);
    let _ = resolver::look_up(host, until, &|addresses| {
        all.lock().expect("the addresses").extend(addresses)
    });
    all.into_inner().expect("the addresses")
}

fn getents(host: &str) -> BTreeSet<IpAddr> {
    let output = Command::new("getent").args(["ahosts", host]).output().expect("getent");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().filter_map(|line| line.split(' ').next()?.parse().ok()).collect()
}

/// The addresses that curl tries.
fn curls(host: &str) -> BTreeSet<IpAddr> {
    let url = format!("http://{host}:1/");
    let mut curl = Command::new("curl");
    let output = curl.args(["--silent", "--verbose", "--max-time", "9", &url]).output();
    let text = String::from_utf8_lossy(&output.expect("curl").stderr).into_owned();
    let tried = text.lines().filter_map(|line| line.split_once("Trying ")?.1.strip_suffix(":1..."));
    tried.map(|address| address.trim_matches(['[', ']']).parse().expect("an address")).collect()
}

fn pick(random: &mut Rng, words: &[&'static str]) -> &'static str {
    words[random.usize(..words.len())]
}

fn random_hosts(random: &mut Rng) -> String {
    const ADDRESSES: &[&str] = &[
        "192.0.2.7",
        "0.0.0.0",
        "127.0.0.1",
        "255.255.255.255",
        "2001:db8::7",
        "::",
        "::1",
        "2001:DB8:0::0:7",
        "192.0.2",
        "192.0.2.7.1",
        "010.0.2.7",
        "192.0.2.07",
        "0x7f.1",
        "",
        "2001:db8::7::1",
        "2001:db8::g",
        "::192.0.2.7",
        "192.0.2.7:80",
        "host",
        "1",
        "%",
        "é",
    ];
    const NAMES: &[&str] = &[
        "collector.test",
        "Collector.TEST",
        "collector.test.",
        "xcollector.test",
        "collector",
        "a.b.collector.test",
        "COLLECTOR",
        "other",
        "#",
        "#collector.test",
        "\0",
        "collector.test#x",
        "é",
    ];
    const BLANKS: &[&str] = &[" ", "\t", "  ", " \t ", "\x0b", "\x0c", "\r"];
    const ENDS: &[&str] = &["\n", "\n", "\n", "\r\n", "\n\n", " \n", ""];
    let mut text = String::new();
    for _ in 0..random.usize(..8) {
        if random.u8(..4) == 0 {
            text += pick(random, BLANKS);
        }
        text += pick(random, ADDRESSES);
        for _ in 0..random.usize(..4) {
            text += pick(random, BLANKS);
            if random.u8(..8) == 0 {
                text += &"x".repeat(random.usize(..1500));
                text += pick(random, BLANKS);
            }
            text += pick(random, NAMES);
        }
        text += pick(random, ENDS);
    }
    // glibc drops the last letter of a last line that begins with a blank and has no line break.
    // The hook reads such a line completely.
    if text.lines().last().is_some_and(|line| line.starts_with(|c| " \t\x0b\x0c\r".contains(c))) {
        text += "\n";
    }
    text
}

fn random_resolv_conf(random: &mut Rng) -> String {
    const SERVERS: &[&str] = &[
        "127.0.0.1",
        "127.0.0.2",
        "127.0.0.3",
        "127.0.0.4",
        "127.0.0.1 # home",
        "127.0.0.300",
        "",
        "host",
        "::1",
        "127.0.0.2\t;x",
        "::1%lo",
        "2001:db8::1",
    ];
    const DOMAINS: &[&str] = &["test", "corp.test", "corp.test.", "a.b.test", "x", "Example"];
    const OPTIONS: &[&str] = &[
        "ndots:0",
        "ndots:1",
        "ndots:2",
        "ndots:3",
        "ndots:5",
        "ndots:15",
        "ndots:99",
        "timeout:1",
        "attempts:1",
        "edns0",
        "trust-ad",
        "single-request",
        "nonsense",
        "ndots:",
    ];
    const BLANKS: &[&str] = &[" ", "\t", "  "];
    let mut text = String::new();
    for _ in 0..random.usize(..8) {
        let (keyword, words, most) = match random.u8(..12) {
            0..5 => ("nameserver", SERVERS, 1),
            5..7 => ("search", DOMAINS, 4),
            7 => ("domain", DOMAINS, 2),
            8..10 => ("options", OPTIONS, 3),
            10 => {
                (pick(random, &["#nameserver", "; search", " nameserver", "sortlist"]), SERVERS, 1)
            }
            _ => (pick(random, &["nameservers", "", "lookup", "Nameserver", "search"]), DOMAINS, 0),
        };
        text += keyword;
        for _ in 0..random.usize(..=most) {
            text += pick(random, BLANKS);
            text += pick(random, words);
        }
        text += pick(random, &["\n", "\n", " \n", "\n\n"]);
    }
    text
}
