//! `/etc/hosts` and `/etc/resolv.conf` are read as other programs read them. Compared with curl, in
//! the test's own network.

use crate::addresses::Scene;
use crate::common::trials;
use crate::support::namespace::{
    NXDOMAIN, Reply, Type, replace, run_inside, run_inside_with, sh, start_tcp_zone, start_zone,
    start_zone_at,
};
use crate::support::{curl, proxy::forward};
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::thread::sleep;
use std::time::Duration;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_host_is_found_in_etc_hosts_however_its_line_is_written needs ["root", "unshare", "ip", "mount", "sh"],
        a_name_that_etc_hosts_blocks_gets_nothing needs ["root", "unshare", "ip", "mount", "sh"],
        an_address_that_etc_hosts_gives_is_used_before_a_name_servers needs ["root", "unshare", "ip", "mount", "sh"],
        a_later_name_server_does_not_overrule_a_slow_one needs ["root", "unshare", "ip", "mount", "sh"],
        a_slow_name_server_is_awaited_with_any_search_list needs ["root", "unshare", "ip", "mount", "sh"],
        a_dead_name_server_is_passed_over needs ["root", "unshare", "ip", "mount", "sh"],
        a_search_domain_without_addresses_does_not_prevent_delivery needs ["root", "unshare", "ip", "mount", "sh"],
        a_name_that_only_the_search_list_completes_is_found needs ["root", "unshare", "ip", "mount", "sh"],
        a_silent_search_domain_does_not_prevent_delivery needs ["root", "unshare", "ip", "mount", "sh"],
        a_name_server_that_is_to_be_asked_by_tcp_is needs ["root", "unshare", "ip", "mount", "sh"],
        a_long_answer_is_had_by_tcp needs ["root", "unshare", "ip", "mount", "sh"],
        no_option_of_resolv_conf_stops_the_sender needs ["root", "unshare", "ip", "mount", "sh"],
    ]
}

/// The tests that run inside the namespaces, by the name that a trial passes.
pub fn part(name: &str) -> Option<fn()> {
    Some(match name {
        "hosts" => hosts,
        "blocked" => blocked,
        "hosts-first" => hosts_first,
        "two-servers" => two_servers,
        "slow-server" => slow_server,
        "dead-server" => delivers_by_second_server,
        "search-empty" => || search(Reply::Addresses(Vec::new())),
        "search-silent" => || search(Reply::Silence),
        "search-completes" => search_completes,
        "use-vc" => use_vc,
        "truncated" => truncated,
        "options" => options,
        _ => return None,
    })
}

const EVENTS: usize = 5;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// An address of this machine that is not a loopback address.
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// An address that cannot be reached.
const NOWHERE: &str = "192.0.2.99";

/// Each line names the host, as glibc reads it.
fn lines(address: &str) -> [String; 9] {
    let padding = "x".repeat(600);
    [
        format!("{address} collector.test\n"),
        format!("{address} collector.test"),
        format!("127.0.0.1 localhost\n{address} collector.test"),
        format!("{address} Collector.TEST\n"),
        format!("  \t{address}\tcollector.test\n"),
        format!("{address} {padding} collector.test\n"),
        format!("{address} other.test COLLECTOR.test # a comment\n"),
        format!("{address} collector.test#\r\n"),
        format!("\u{e9}\n{address} collector.test\n"),
    ]
}

#[track_caller]
fn assert_delivers(scene: &Scene, what: &str) {
    let delivered = format!("telemetry: POST {} -> 204\n", scene.url);
    for _ in 0..EVENTS {
        assert_eq!(scene.debug_line(&[]).0, delivered, "{what}");
    }
    curl::delivers(&scene.url, &scene.ca, &[]);
}

fn a_host_is_found_in_etc_hosts_however_its_line_is_written() {
    run_inside("hosts");
}

fn hosts() {
    let scene = Scene::new();
    replace("/etc/hosts", scene.hook.sandbox.root());
    start_zone(|_, _| Reply::Error(NXDOMAIN));
    for line in lines("127.0.0.1") {
        fs::write("/etc/hosts", &line).expect("hosts");
        assert_delivers(&scene, &line);
        let capitals = scene.url.replace("collector.test", "Collector.Test");
        let (line_for_capitals, _) = scene.debug_line(&[("DOCGLOW_TELEMETRY_ENDPOINT", &capitals)]);
        assert!(line_for_capitals.ends_with(" -> 204\n"), "{line}: {line_for_capitals}");
    }
}

fn a_name_that_etc_hosts_blocks_gets_nothing() {
    run_inside("blocked");
}

/// People block telemetry in this way. The name server knows the collector's address, which differs
/// from the blocking one.
fn blocked() {
    let scene = Scene::new();
    replace("/etc/hosts", scene.hook.sandbox.root());
    sh("ip address add 192.0.2.1/32 dev lo");
    start_zone(|_, _| Reply::Addresses(vec![ELSEWHERE]));
    let port = scene.port() ^ 1;
    forward((ELSEWHERE, port).into(), scene.receiver.front());
    let url = format!("https://collector.test:{port}/events");
    let endpoint = [("DOCGLOW_TELEMETRY_ENDPOINT", url.as_str())];
    let delivered = format!("telemetry: POST {url} -> 204\n");
    assert_eq!(scene.debug_line(&endpoint).0, delivered, "nothing was blocked yet");
    let blocked = "failed (the name is blocked: its address is 0.0.0.0 or ::)";
    for (block, reason) in [
        ("0.0.0.0", blocked),
        ("::", blocked),
        ("127.0.0.1", "failed (Connection refused)"),
        ("::1", "failed (Connection refused)"),
    ] {
        for line in lines(block) {
            fs::write("/etc/hosts", &line).expect("hosts");
            for _ in 0..EVENTS {
                let (told, _) = scene.debug_line(&endpoint);
                assert_eq!(told, format!("telemetry: POST {url} -> {reason}\n"), "{line}");
            }
            if let Some((status, _)) = curl::post(&url, &scene.ca, &[], Duration::from_secs(9)) {
                assert!(status.starts_with("000"), "curl, {line}: {status}");
            }
        }
    }
    assert_eq!(scene.receiver.requests().len(), 1);
}

fn an_address_that_etc_hosts_gives_is_used_before_a_name_servers() {
    run_inside("hosts-first");
}

fn hosts_first() {
    let scene = Scene::new();
    replace("/etc/hosts", scene.hook.sandbox.root());
    // An address of one family in the file prevents a look-up of the other one.
    start_zone(|_, _| Reply::Addresses(vec![NOWHERE.parse().expect("an address")]));
    for lines in ["127.0.0.1 collector.test\n", "::1 collector.test\n127.0.0.1 collector.test\n"] {
        fs::write("/etc/hosts", lines).expect("hosts");
        assert_delivers(&scene, lines);
    }
}

fn a_later_name_server_does_not_overrule_a_slow_one() {
    run_inside_with("two-servers", "nameserver 127.0.0.2\n");
}

/// A VPN's name server, and the one at home, which does not know the VPN's names.
fn two_servers() {
    let scene = Scene::new();
    start_zone(|_, family| {
        sleep(Duration::from_millis(40));
        Reply::Addresses(if family == Type::A { vec![HERE] } else { Vec::new() })
    });
    start_zone_at(Ipv4Addr::new(127, 0, 0, 2), |_, _| Reply::Error(NXDOMAIN));
    assert_delivers(&scene, "40 ms");
    assert_delivers(&scene, "40 ms");
}

fn a_slow_name_server_is_awaited_with_any_search_list() {
    run_inside_with("slow-server", "search home.test\n");
}

fn slow_server() {
    let scene = Scene::new();
    start_zone(|name, family| {
        if name != "collector.test." {
            return Reply::Error(NXDOMAIN);
        }
        sleep(Duration::from_millis(900));
        known(name, family)
    });
    assert_eq!(scene.debug_line(&[]).0, format!("telemetry: POST {} -> 204\n", scene.url));
    curl::delivers(&scene.url, &scene.ca, &[]);
}

fn a_dead_name_server_is_passed_over() {
    run_inside_with("dead-server", "nameserver 127.0.0.2\n");
}

fn delivers_by_second_server() {
    let scene = Scene::new();
    start_zone_at(Ipv4Addr::new(127, 0, 0, 2), known);
    assert_delivers(&scene, "nobody listens");
    start_zone(|_, _| Reply::Error(crate::support::namespace::SERVFAIL));
    assert_delivers(&scene, "it fails");
}

fn a_search_domain_without_addresses_does_not_prevent_delivery() {
    run_inside_with("search-empty", "search corp.test svc.test\noptions ndots:5\n");
}

fn a_silent_search_domain_does_not_prevent_delivery() {
    run_inside_with("search-silent", "search corp.test\noptions ndots:5 timeout:1\n");
}

fn search(of_search_domains: Reply) {
    let is_silent = matches!(of_search_domains, Reply::Silence);
    let scene = Scene::new();
    start_zone(move |name, family| match (name, family) {
        ("collector.test.", Type::A) => Reply::Addresses(vec![HERE]),
        ("collector.test.", Type::Aaaa) => Reply::Addresses(Vec::new()),
        _ if is_silent => Reply::Silence,
        _ => Reply::Addresses(Vec::new()),
    });
    if is_silent {
        // In this case, glibc does not ask for the name without a suffix.
        assert_eq!(scene.debug_line(&[]).0, format!("telemetry: POST {} -> 204\n", scene.url));
    } else {
        assert_delivers(&scene, "ndots:5");
    }
}

fn a_name_that_only_the_search_list_completes_is_found() {
    for lines in ["search svc.test corp.test\n", "domain corp.test\n"] {
        run_inside_with("search-completes", lines);
    }
}

fn search_completes() {
    let scene = Scene::named("collector");
    start_zone(|name, family| match (name, family) {
        ("collector.corp.test.", Type::A) => Reply::Addresses(vec![HERE]),
        ("collector.corp.test.", Type::Aaaa) => Reply::Addresses(Vec::new()),
        _ => Reply::Error(NXDOMAIN),
    });
    assert_delivers(&scene, "a name of one label");
}

fn a_name_server_that_is_to_be_asked_by_tcp_is() {
    run_inside_with("use-vc", "options use-vc\n");
}

fn known(_: &str, family: Type) -> Reply {
    Reply::Addresses(if family == Type::A { vec![HERE] } else { Vec::new() })
}

fn use_vc() {
    let scene = Scene::new();
    start_tcp_zone(known);
    start_zone(|_, _| Reply::Error(NXDOMAIN));
    assert_delivers(&scene, "use-vc");
}

fn a_long_answer_is_had_by_tcp() {
    run_inside("truncated");
}

fn truncated() {
    let scene = Scene::new();
    start_tcp_zone(known);
    start_zone(|_, _| Reply::Truncated);
    assert_delivers(&scene, "truncated");
}

fn no_option_of_resolv_conf_stops_the_sender() {
    run_inside("options");
}

/// With `attempts:0`, musl ended the sender by a division by zero.
fn options() {
    let scene = Scene::new();
    start_zone(known);
    for options in [
        "options attempts:0",
        "options timeout:0",
        "options ndots:99999999999999999999",
        "options ndots:-1 attempts:-1 timeout:x",
        "options",
        "search\ndomain\nnameserver",
        "nameserver nonsense\nnameserver 127.0.0.300",
        "options rotate edns0 single-request-reopen trust-ad no-aaaa inet6\nsortlist 10.0.0.0",
        "search . .. corp..test\noptions ndots:3",
        "\0\u{e9}nameserver 192.0.2.9",
    ] {
        fs::write("/etc/resolv.conf", format!("nameserver 127.0.0.1\n{options}\n")).expect("it");
        assert_eq!(
            scene.debug_line(&[]).0,
            format!("telemetry: POST {} -> 204\n", scene.url),
            "{options}"
        );
    }
}
