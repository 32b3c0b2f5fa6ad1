//! Name look-ups, in a network of the test's own with a resolver on loopback: swallowed, answered, and excluded from the proxy.

use crate::common::{Receiver, Sandbox, trials};
use crate::machine;
use crate::support::namespace::{Reply, run_inside, start_resolver, start_zone};
use crate::support::{Authority, Hook, Manner, Proxy, SENDER_LIFE, ThreeSeconds, TlsReceiver};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_look_up_that_never_returns_is_left_after_three_seconds needs ["root", "unshare", "ip", "mount", "sh"],
        localhost_is_this_machine_whatever_a_name_server_says needs ["root", "unshare", "ip", "mount", "sh"],
        no_proxy_names_the_hosts_that_are_reached_directly needs ["root", "unshare", "ip", "mount", "sh"],
        no_plug_in_of_the_machines_stands_between_a_name_and_its_address
            needs ["a static binary", "root", "unshare", "ip", "mount", "sh", "cc"],
        a_root_with_only_resolv_conf_looks_names_up
            needs ["a static binary", "root", "unshare", "ip", "mount", "sh", "chroot"],
    ]
}

/// What is done inside the namespaces, by the name that a trial gives it.
pub fn part(name: &str) -> Option<fn()> {
    Some(match name {
        "swallowed" => swallowed,
        "localhost" => localhost,
        "no_proxy" => no_proxy,
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
    // A busy machine may leave no time to say so.
    let told =
        || hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", url).debug().run().stderr().to_owned();
    assert!(
        (0..3)
            .any(|_| told() == format!("telemetry: POST {url} -> failed (name look-up failed)\n"))
    );
}

fn localhost_is_this_machine_whatever_a_name_server_says() {
    run_inside("localhost");
}

/// Plain HTTP may go to no other.
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

fn no_proxy_names_the_hosts_that_are_reached_directly() {
    run_inside("no_proxy");
}

fn no_proxy() {
    start_resolver(true);
    let (hook, authority) = (Hook::new(), Authority::new());
    let ca = authority.write_to(hook.sandbox.root(), "ca.pem");
    let receiver = TlsReceiver::answering(&authority, "eu.collector.test");
    let proxy = Proxy::start(receiver.front(), Manner::tunnel());
    let (url, port) = (receiver.url_with("eu.collector.test"), receiver.front().port());
    let names = |list: &str| list.replace("PORT", &port.to_string());
    let call = hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url).env("SSL_CERT_FILE", ca);
    let call = call.env("https_proxy", format!("http://{}", proxy.address())).debug();
    let mut through_proxy = 0;
    for (variables, direct) in [
        (&[("no_proxy", "*")][..], true),
        (&[("NO_PROXY", "*")], true),
        (&[("no_proxy", "eu.collector.test")], true),
        (&[("NO_PROXY", "collector.test")], true),
        (&[("no_proxy", ".collector.test")], true),
        (&[("no_proxy", "*.collector.test")], true),
        (&[("no_proxy", "test")], true),
        (&[("no_proxy", "EU.Collector.Test.")], true),
        (&[("no_proxy", "a.example, eu.collector.test ,b.example")], true),
        (&[("no_proxy", "a.example eu.collector.test")], true),
        (&[("no_proxy", "eu.collector.test:PORT")], true),
        (&[("no_proxy", ""), ("NO_PROXY", "*")], true),
        (&[("no_proxy", "eu.collector.test:1")], false),
        (&[("no_proxy", "llector.test")], false),
        (&[("no_proxy", "xeu.collector.test")], false),
        (&[("no_proxy", "eu.collector.test.example")], false),
        (&[("no_proxy", "collector")], false),
        (&[("no_proxy", ",, ,")], false),
        (&[("no_proxy", ".")], false),
        (&[("no_proxy", "a.example"), ("NO_PROXY", "*")], false),
        (&[], false),
    ] {
        let call =
            variables.iter().fold(call.clone(), |call, (name, list)| call.env(name, names(list)));
        let outcome = call.run();
        assert_eq!(outcome.stderr(), format!("telemetry: POST {url} -> 204\n"), "{variables:?}");
        through_proxy += usize::from(!direct);
        assert_eq!(proxy.connections(), through_proxy, "{variables:?}");
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

/// What is seen in the field, and what nobody should write. `hesiod` is a library that ends whoever loads it.
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

/// A plug-in that ends its process as it is loaded, as one of another glibc does when it is called.
const DEADLY: &str = "__attribute__((constructor)) static void deadly(void) { __builtin_trap(); }";

fn no_plug_in_of_the_machines_stands_between_a_name_and_its_address() {
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
    // /lib is the same folder as /usr/lib on most machines.
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

fn succeed(command: &mut Command) {
    assert!(command.status().expect("a command").success(), "{command:?}");
}
