//! Loopback is blocked, but the collector can be reached: by a sandbox, a routing rule, or an
//! interface that is down.

use crate::common::process::wait_until;
use crate::common::{Invocation, trials};
use crate::support::namespace::{INSIDE, replace, run_inside, sh};
use crate::support::{Authority, Hook, Manner, Proxy, TlsReceiver, curl, proxy::forward};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_sandbox_that_allows_port_443_only_delivers needs ["root", "unshare", "ip", "mount", "sh", "python3"],
        a_rule_that_closes_loopback_closes_nothing_else needs ["root", "unshare", "ip", "mount", "sh"],
        a_loopback_interface_that_is_down_does_not_prevent_delivery needs ["root", "unshare", "ip", "mount", "sh"],
        a_proxy_is_used_although_loopback_is_closed needs ["root", "unshare", "ip", "mount", "sh"],
    ]
}

/// The tests that run inside the namespaces, by the name that a trial passes.
pub fn part(name: &str) -> Option<fn()> {
    Some(match name {
        "landlock" => landlock,
        "rules" => || Network::new().check(&RULES, &[]),
        "down" => || Network::new().check(&[["ip link set lo down", "ip link set lo up"]], &[]),
        "closed-proxy" => {
            || Network::new().check(&RULES[..1], &[("https_proxy", "http://192.0.2.2:3128")])
        }
        "far-end" => far_end,
        _ => return None,
    })
}

const EVENTS: usize = 5;

const FAR_END: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

/// Each rule with the command that removes it. Normally, the rule for local addresses comes first.
const RULES: [[&str; 2]; 3] = [
    [
        "ip rule add pref 1 lookup local && ip rule del pref 0 && ip rule add pref 0 to 127.0.0.0/8 prohibit",
        "ip rule del pref 0",
    ],
    ["ip rule add pref 0 to 127.0.0.0/8 blackhole", "ip rule del pref 0"],
    ["ip rule add pref 0 to 127.0.0.0/8 unreachable", "ip rule del pref 0"],
];

fn a_rule_that_closes_loopback_closes_nothing_else() {
    run_inside("rules");
}

fn a_loopback_interface_that_is_down_does_not_prevent_delivery() {
    run_inside("down");
}

fn a_proxy_is_used_although_loopback_is_closed() {
    run_inside("closed-proxy");
}

/// A second network with the collector, connected by a virtual cable.
struct Network {
    hook: Hook,
    far_end: Child,
    url: String,
    ca: std::path::PathBuf,
}

impl Network {
    fn new() -> Self {
        let hook = Hook::new();
        sh(
            "ip link add near type veth peer name far && ip address add 192.0.2.1/24 dev near && ip link set near up",
        );
        let mut command = Command::new("unshare");
        command.arg("--net").arg(std::env::current_exe().expect("this test binary"));
        command.args([INSIDE, "far-end"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut far_end = command.spawn().expect("unshare");
        let namespace = |process: &str| fs::read_link(format!("/proc/{process}/ns/net")).ok();
        let id = far_end.id().to_string();
        wait_until("the far end has a network of its own", || {
            namespace(&id).is_some_and(|other| Some(other) != namespace("self"))
        });
        sh(&format!("ip link set far netns {id}"));
        far_end.stdin.as_mut().expect("a pipe").write_all(b"go\n").expect("the far end");
        let mut lines = BufReader::new(far_end.stdout.as_mut().expect("a pipe"));
        let (mut url, mut pem) = (String::new(), String::new());
        lines.read_line(&mut url).expect("a URL");
        while !pem.contains("END CERTIFICATE") {
            assert!(lines.read_line(&mut pem).expect("a certificate") > 0);
        }
        let ca = hook.sandbox.root().join("ca.pem");
        fs::write(&ca, pem).expect("the CA");
        replace("/etc/hosts", hook.sandbox.root());
        fs::write("/etc/hosts", format!("{FAR_END} collector.test\n")).expect("hosts");
        Self { hook, far_end, url: url.trim().to_owned(), ca }
    }

    /// With each of these, the hook delivers, and so does curl.
    fn check(&self, closings: &[[&str; 2]], environment: &[(&str, &str)]) {
        for [close, open] in closings {
            sh(close);
            for _ in 0..EVENTS {
                let call = self.hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &self.url);
                let call = call.env("SSL_CERT_FILE", &self.ca);
                let call =
                    environment.iter().fold(call, |call, (name, value)| call.env(name, value));
                call.debug().run().assert_sent(&self.url, "204");
            }
            curl::delivers(&self.url, &self.ca, environment);
            sh(open);
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.far_end.kill().ok();
        self.far_end.wait().ok();
    }
}

/// Runs the collector, and a proxy in front of it, until standard input ends.
fn far_end() {
    let mut go = String::new();
    std::io::stdin().read_line(&mut go).expect("a line");
    sh("ip link set lo up && ip address add 192.0.2.2/24 dev far && ip link set far up");
    let authority = Authority::new();
    let receiver = TlsReceiver::answering(&authority, "collector.test");
    let port = receiver.front().port();
    forward(SocketAddr::new(FAR_END.into(), port), receiver.front());
    let proxy = Proxy::start(receiver.front(), Manner::tunnel());
    forward(SocketAddr::new(FAR_END.into(), 3128), proxy.address());
    print!("{}\n{}", receiver.url_with("collector.test"), authority.pem());
    std::io::stdout().flush().expect("standard output");
    std::io::stdin().read_to_end(&mut Vec::new()).ok();
}

fn a_sandbox_that_allows_port_443_only_delivers() {
    run_inside("landlock");
}

/// Allows TCP connections to port 443 only, and then runs the rest of its arguments.
const LANDLOCK: &str = r"
import ctypes, os, sys
def call(number, *arguments):
    result = ctypes.CDLL(None, use_errno=True).syscall(number, *arguments)
    if result < 0: sys.exit(f'landlock: {os.strerror(ctypes.get_errno())}')
    return result
CONNECT, NET_PORT = 2, 2
class Rules(ctypes.Structure):
    _fields_ = [('fs', ctypes.c_uint64), ('net', ctypes.c_uint64)]
class Port(ctypes.Structure):
    _fields_ = [('allowed', ctypes.c_uint64), ('port', ctypes.c_uint64)]
rules = call(444, ctypes.byref(Rules(0, CONNECT)), 16, 0)
call(445, rules, NET_PORT, ctypes.byref(Port(CONNECT, 443)), 0)
ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
call(446, rules, 0)
os.execv(sys.argv[1], sys.argv[1:])
";

fn landlock() {
    let (hook, authority) = (Hook::new(), Authority::new());
    let ca = authority.write_to(hook.sandbox.root(), "ca.pem");
    let receiver = TlsReceiver::answering(&authority, "localhost");
    forward(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 443), receiver.front());
    let url = "https://localhost/events";
    let call = hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", url).env("SSL_CERT_FILE", &ca);
    for _ in 0..EVENTS {
        sandboxed(call.clone().debug()).run().assert_sent(url, "204");
    }
    // Shows that the sandbox works.
    let other = receiver.url_with("localhost");
    let call = call.env("DOCGLOW_TELEMETRY_ENDPOINT", &other).debug();
    sandboxed(call).run().assert_sent(&other, "failed (Permission denied)");
}

fn sandboxed(call: Invocation) -> Invocation {
    call.under("python3", ["-c", LANDLOCK])
}
