//! Name look-ups in the test's own network with a resolver on loopback: unanswered, answered, and
//! excluded from the proxy.

use crate::common::{Receiver, Sandbox, trials};
use crate::machine;
use crate::support::namespace::{Reply, run_inside, sh, start_resolver, start_zone, succeed};
use crate::support::proxy::forward;
use crate::support::{
    Authority, Hook, Manner, Proxy, SENDER_LIFE, ThreeSeconds, TlsReceiver, curl,
};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_look_up_that_never_returns_is_left_after_three_seconds needs ["root", "unshare", "ip", "mount", "sh"],
        localhost_is_this_machine_even_if_a_name_server_disagrees needs ["root", "unshare", "ip", "mount", "sh"],
        localhost_is_127_0_0_1_before_it_is_the_other_one needs ["root", "unshare", "ip", "mount", "sh"],
        no_proxy_names_addresses_and_blocks_of_them_as_curl_reads_it needs ["root", "unshare", "ip", "mount", "sh"],
        no_proxy_names_the_hosts_that_are_reached_directly_as_curl_reads_it needs ["root", "unshare", "ip", "mount", "sh"],
        no_nss_plug_in_is_loaded
            needs ["a static binary", "root", "unshare", "ip", "mount", "sh", "cc"],
        a_root_with_only_resolv_conf_looks_names_up
            needs ["a static binary", "root", "unshare", "ip", "mount", "sh", "chroot"],
    ]
}

/// The tests that run inside the namespaces, by the name that a trial passes.
pub fn part(name: &str) -> Option<fn()> {
    Some(match name {
        "swallowed" => swallowed,
        "localhost" => localhost,
        "no_proxy" => no_proxy,
        "no_proxy-blocks" => no_proxy_blocks,
        "squatter" => squatter,
        "chroot" => chroot,
        "plug-ins" => plug_ins,
        _ => return None,
    })
}

fn a_look_up_that_never_returns_is_left_after_three_seconds() {
    run_inside("swallowed");
}

fn swallowed() {
    start_resolver(false);
    let (hook, url) = (Hook::new(), "https://collector.test/events");
    hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", url).run().assert_silent();
    let three_seconds = ThreeSeconds::begin();
    hook.sender();
    hook.assert_gone_within(three_seconds);
    // On a busy machine, the time may run out before the reason is known.
    let told =
        || hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", url).debug().run().stderr().to_owned();
    assert!(
        (0..3)
            .any(|_| told() == format!("telemetry: POST {url} -> failed (name look-up failed)\n"))
    );
}

fn localhost_is_this_machine_even_if_a_name_server_disagrees() {
    run_inside("localhost");
}

/// Plain HTTP may be sent to no other host.
fn localhost() {
    let asked = Arc::new(AtomicBool::new(false));
    let zone = asked.clone();
    start_zone(move |_, _| {
        zone.store(true, Relaxed);
        Reply::Addresses(vec![Ipv4Addr::new(127, 0, 0, 9).into()])
    });
    let (hook, receiver) = (Hook::new(), Receiver::answering());
    let hosts = hook.sandbox.root().join("hosts");
    std::fs::write(&hosts, "").expect("a file without hosts");
    assert!(
        Command::new("mount")
            .arg("--bind")
            .args([&hosts, Path::new("/etc/hosts")])
            .status()
            .expect("mount")
            .success()
    );
    let url = format!("http://localhost:{}/events", receiver.port());
    hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url).debug().run().assert_sent(&url, "204");
    let request = receiver.only_request();
    assert_eq!(request.header("host"), Some(format!("localhost:{}", receiver.port()).as_str()));
    assert!(!asked.load(Relaxed));
}

fn localhost_is_127_0_0_1_before_it_is_the_other_one() {
    run_inside("squatter");
}

/// A process that listens on `::1` gets neither the event nor the token for a collector on
/// 127.0.0.1.
fn squatter() {
    let (hook, receiver) = (Hook::new(), Receiver::answering());
    let squatter = TcpListener::bind((Ipv6Addr::LOCALHOST, receiver.port())).expect("the port");
    squatter.set_nonblocking(true).expect("the squatter");
    let url = format!("http://localhost:{}/events", receiver.port());
    let call = hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url);
    let call = call.env("DOCGLOW_VERCEL_BYPASS", "s3cret-token").debug();
    for _ in 0..5 {
        call.run().assert_sent(&url, "204");
    }
    assert!(squatter.accept().is_err());
    drop(receiver);
    // A collector that listens only on `::1` gets the event.
    let other = thread::spawn(move || {
        loop {
            if let Ok((mut client, _)) = squatter.accept() {
                client.set_nonblocking(false).expect("the client");
                std::io::Read::read(&mut client, &mut [0; 4096]).expect("a request");
                break std::io::Write::write_all(&mut client, b"HTTP/1.1 204 X\r\n\r\n");
            }
            thread::yield_now();
        }
    });
    call.run().assert_sent(&url, "204");
    other.join().expect("the collector").expect("its answer");
}

fn no_proxy_names_the_hosts_that_are_reached_directly_as_curl_reads_it() {
    run_inside("no_proxy");
}

fn no_proxy() {
    start_resolver(true);
    let (hook, authority) = (Hook::new(), Authority::new());
    let ca = authority.write_to(hook.sandbox.root(), "ca.pem");
    let receiver = TlsReceiver::answering(&authority, "eu.collector.test");
    let proxy = Proxy::start(receiver.front(), Manner::tunnel());
    let (url, port) = (receiver.url_with("eu.collector.test"), receiver.front().port());
    let proxy_url = format!("http://{}", proxy.address());
    let with_port = format!("eu.collector.test:{port}");
    let call = hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url).env("SSL_CERT_FILE", &ca);
    let call = call.env("https_proxy", &proxy_url).debug();
    for (variables, direct) in [
        (&[("no_proxy", "*")][..], true),
        (&[("NO_PROXY", "*")], true),
        (&[("no_proxy", "eu.collector.test")], true),
        (&[("NO_PROXY", "collector.test")], true),
        (&[("no_proxy", ".collector.test")], true),
        (&[("no_proxy", "test")], true),
        (&[("no_proxy", "EU.Collector.Test.")], true),
        (&[("no_proxy", "a.example, eu.collector.test ,b.example")], true),
        (&[("no_proxy", "a.example eu.collector.test")], true),
        (&[("no_proxy", "a.example\teu.collector.test")], true),
        (&[("no_proxy", ""), ("NO_PROXY", "*")], true),
        (&[("no_proxy", &with_port)], false),
        (&[("no_proxy", "*.collector.test")], false),
        (&[("no_proxy", "*,a.example")], false),
        (&[("no_proxy", "..collector.test")], false),
        (&[("no_proxy", "llector.test")], false),
        (&[("no_proxy", "xeu.collector.test")], false),
        (&[("no_proxy", "eu.collector.test.example")], false),
        (&[("no_proxy", "collector")], false),
        (&[("no_proxy", ",, ,")], false),
        (&[("no_proxy", ".")], false),
        (&[("no_proxy", "a.example"), ("NO_PROXY", "*")], false),
        (&[], false),
    ] {
        let before = proxy.connections();
        let call = variables.iter().fold(call.clone(), |call, (name, list)| call.env(name, list));
        call.run().assert_sent(&url, "204");
        assert_eq!(proxy.connections() == before, direct, "{variables:?}");
        let before = proxy.connections();
        let environment = [&[("https_proxy", proxy_url.as_str())], variables].concat();
        if curl::delivers(&url, &ca, &environment).is_some() {
            assert_eq!(proxy.connections() == before, direct, "curl, {variables:?}");
        }
    }
}

fn no_proxy_names_addresses_and_blocks_of_them_as_curl_reads_it() {
    run_inside("no_proxy-blocks");
}

fn no_proxy_blocks() {
    const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
    sh("ip address add 192.0.2.1/32 dev lo");
    let (hook, authority) = (Hook::new(), Authority::new());
    let ca = authority.write_to(hook.sandbox.root(), "ca.pem");
    let receiver = TlsReceiver::answering(&authority, "192.0.2.1");
    forward(SocketAddr::new(ADDRESS.into(), receiver.front().port()), receiver.front());
    let proxy = Proxy::start(receiver.front(), Manner::tunnel());
    let (url, proxy_url) = (receiver.url_with("192.0.2.1"), format!("http://{}", proxy.address()));
    let call = hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url).env("SSL_CERT_FILE", &ca);
    let call = call.env("https_proxy", &proxy_url).debug();
    for (list, direct) in [
        ("192.0.2.1", true),
        ("192.0.2.0/24", true),
        ("192.0.2.0/31", true),
        ("0.0.0.0/1,192.0.0.0/8", true),
        ("192.0.2.1/32", true),
        ("collector.test,192.0.2.1/24", true),
        ("192.0.2.2/31", false),
        ("192.0.2.0/33", false),
        ("0.0.0.0/0", false),
        ("2.1", false),
        ("0.2.1", false),
    ] {
        let before = proxy.connections();
        call.clone().env("no_proxy", list).run().assert_sent(&url, "204");
        assert_eq!(proxy.connections() == before, direct, "{list}");
        let environment = [("https_proxy", proxy_url.as_str()), ("no_proxy", list)];
        let before = proxy.connections();
        if curl::delivers(&url, &ca, &environment).is_some() {
            assert_eq!(proxy.connections() == before, direct, "curl, {list}");
        }
    }
}

fn a_root_with_only_resolv_conf_looks_names_up() {
    run_inside("chroot");
}

fn chroot() {
    start_resolver(true);
    let (sandbox, authority) = (Sandbox::new(), Authority::new());
    let receiver = TlsReceiver::answering(&authority, "collector.test");
    let root = machine::root_in(&sandbox, Some(&authority.write_to(sandbox.root(), "ca.pem")));
    let url = receiver.url_with("collector.test");
    let environment = [("DOCGLOW_TELEMETRY_ENDPOINT", url.as_str()), ("SSL_CERT_FILE", "/file")];
    let output = machine::run_in(&root, &[], &environment, machine::event_file(&sandbox));
    assert!(
        output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
    receiver.wait_for(1, SENDER_LIFE);
}

/// Common lines, and unusual ones. `hesiod` is a plug-in that ends any process that loads it.
const NSSWITCH: [&str; 23] = [
    "hosts: files dns",
    "hosts: dns files",
    "hosts: files",
    "hosts: dns",
    "hosts:",
    "",
    "hosts: files mdns4_minimal [NOTFOUND=return] dns",
    "hosts: files mdns4_minimal [NOTFOUND=return] dns mdns4",
    "hosts: mymachines resolve [!UNAVAIL=return] files myhostname dns",
    "hosts: files resolve [!UNAVAIL=return] dns",
    "hosts: files myhostname dns",
    "hosts: files dns myhostname",
    "hosts: files sss dns",
    "hosts: files wins ldap nis dns",
    "hosts: files libvirt libvirt_guest dns",
    "hosts: hesiod",
    "hosts: hesiod files dns",
    "hosts: files hesiod dns",
    "hosts: files hesiod [NOTFOUND=return] dns",
    "hosts: files [NOTFOUND=return] dns",
    "hosts: compat dns",
    "passwd: hesiod\nhosts: hesiod",
    "nonsense",
];

/// A plug-in that ends its process when it is loaded. Calling a plug-in of another glibc has the
/// same effect.
const DEADLY: &str = "__attribute__((constructor)) static void deadly(void) { __builtin_trap(); }";

fn no_nss_plug_in_is_loaded() {
    run_inside("plug-ins");
}

fn plug_ins() {
    start_resolver(true);
    let (hook, authority) = (Hook::new(), Authority::new());
    let root = hook.sandbox.root();
    let (source, library, nsswitch) =
        (root.join("deadly.c"), root.join("deadly.so"), root.join("nsswitch.conf"));
    std::fs::write(&source, DEADLY).expect("the plug-in's source");
    std::fs::write(&nsswitch, "").expect("nsswitch.conf");
    succeed(Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]));
    succeed(Command::new("mount").arg("--bind").args([&nsswitch, Path::new("/etc/nsswitch.conf")]));
    let found = Command::new("find")
        .args(["/lib/", "/usr/lib/", "-name", "libnss_hesiod.so.2"])
        .output()
        .expect("find");
    // On most machines, /lib is the same folder as /usr/lib.
    let paths = String::from_utf8(found.stdout).expect("paths");
    let plug_ins: BTreeSet<_> =
        paths.lines().filter_map(|path| std::fs::canonicalize(path).ok()).collect();
    for plug_in in plug_ins {
        succeed(Command::new("mount").arg("--bind").args([&library, &plug_in]));
    }
    let receiver = TlsReceiver::answering(&authority, "collector.test");
    let url = receiver.url_with("collector.test");
    let ca = authority.write_to(root, "ca.pem");
    let call = hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url).env("SSL_CERT_FILE", ca).debug();
    for content in NSSWITCH {
        std::fs::write(&nsswitch, format!("{content}\n")).expect("nsswitch.conf");
        assert_eq!(call.run().stderr(), format!("telemetry: POST {url} -> 204\n"), "{content}");
    }
}
