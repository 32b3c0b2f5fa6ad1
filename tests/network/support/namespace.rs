//! A network and a mount namespace of a test's own, in which this test binary runs again, with a resolver on loopback.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::process::{Command, Stdio};
use std::thread;

/// The first argument of a run inside the namespaces; the name of what to do there follows.
pub const INSIDE: &str = "inside-namespaces";

const SET_UP: &str = r#"ip link set lo up && mount --bind "$2/resolv.conf" /etc/resolv.conf && exec "$0" inside-namespaces "$1""#;

/// Runs what `crate::run_inside_namespaces` knows by this name in fresh namespaces; panics where it did.
#[track_caller]
pub fn run_inside(name: &str) {
    run_inside_with(name, "");
}

/// The same, with these lines in `resolv.conf`, too.
#[track_caller]
pub fn run_inside_with(name: &str, lines: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let resolv_conf = format!("nameserver 127.0.0.1\n{lines}");
    std::fs::write(folder.path().join("resolv.conf"), resolv_conf).expect("resolv.conf");
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "sh", "-c", SET_UP]);
    command.arg(std::env::current_exe().expect("this test binary")).arg(name).arg(folder.path());
    let output = command.stdin(Stdio::null()).output().expect("unshare");
    print!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What a resolver says of a name in one family.
pub enum Reply {
    Addresses(Vec<IpAddr>),
    /// An error (RFC 1035 §4.1.1).
    Error(u8),
    Silence,
}

pub const SERVFAIL: u8 = 2;
pub const NXDOMAIN: u8 = 3;
pub const REFUSED: u8 = 5;

/// A family, as a question names it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Type {
    A,
    Aaaa,
}

/// A resolver on 127.0.0.1 that knows every name as 127.0.0.1, for as long as the process lives; or one that swallows all.
pub fn start_resolver(answers: bool) {
    start_zone(move |_, family| match family {
        _ if !answers => Reply::Silence,
        Type::A => Reply::Addresses(vec![Ipv4Addr::LOCALHOST.into()]),
        Type::Aaaa => Reply::Addresses(Vec::new()),
    });
}

/// A resolver on 127.0.0.1 that says this, for as long as the process lives.
pub fn start_zone(zone: impl Fn(&str, Type) -> Reply + Send + 'static) {
    let socket = UdpSocket::bind("127.0.0.1:53").expect("the resolver's port");
    thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, client)) = socket.recv_from(&mut query) {
            if let Some(answer) = answer(&query[..length], &zone) {
                socket.send_to(&answer, client).ok();
            }
        }
    });
}

/// An answer to a query of one question (RFC 1035 §4.1).
fn answer(query: &[u8], zone: &dyn Fn(&str, Type) -> Reply) -> Option<Vec<u8>> {
    const HEADER_BYTES: usize = 12;
    let name_end =
        HEADER_BYTES + query.get(HEADER_BYTES..)?.iter().position(|byte| *byte == 0)? + 1;
    let question = query.get(HEADER_BYTES..name_end + 4)?;
    let (mut name, mut labels) = (String::new(), &question[..name_end - HEADER_BYTES - 1]);
    while let Some((length, rest)) = labels.split_first() {
        let (label, rest) = rest.split_at_checked((*length).into())?;
        name += &format!("{}.", String::from_utf8_lossy(label));
        labels = rest;
    }
    let (code, addresses) = match (query[name_end + 1], &query[name_end]) {
        (1, 0) => said(zone(&name, Type::A))?,
        (28, 0) => said(zone(&name, Type::Aaaa))?,
        _ => (0, Vec::new()),
    };
    let mut answer = query[..2].to_vec();
    answer.extend([0x81, 0x80 | code, 0, 1, 0, u8::try_from(addresses.len()).ok()?, 0, 0, 0, 0]);
    answer.extend(question);
    for address in addresses {
        let (family, bytes) = match address {
            IpAddr::V4(address) => (1, address.octets().to_vec()),
            IpAddr::V6(address) => (28, address.octets().to_vec()),
        };
        answer.extend([0xc0, 12, 0, family, 0, 1, 0, 0, 0, 60, 0, u8::try_from(bytes.len()).ok()?]);
        answer.extend(bytes);
    }
    Some(answer)
}

fn said(reply: Reply) -> Option<(u8, Vec<IpAddr>)> {
    match reply {
        Reply::Addresses(addresses) => Some((0, addresses)),
        Reply::Error(code) => Some((code, Vec::new())),
        Reply::Silence => None,
    }
}
