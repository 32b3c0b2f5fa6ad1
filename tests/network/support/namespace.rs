//! Runs this test binary again in its own network and mount namespaces, with name servers on
//! loopback.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// The first argument of a run inside the namespaces. The second is the name of the part to run.
pub const INSIDE: &str = "inside-namespaces";

const SET_UP: &str = r#"ip link set lo up && mount --bind "$2/resolv.conf" /etc/resolv.conf && exec "$0" inside-namespaces "$1""#;

/// Runs the part that `crate::run_inside_namespaces` knows by this name in new namespaces. Panics
/// if the part panics.
#[track_caller]
pub fn run_inside(name: &str) {
    run_inside_with(name, "");
}

/// The same, with these extra lines in `resolv.conf`.
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

/// Runs a command that must succeed.
#[track_caller]
pub fn succeed(command: &mut Command) {
    assert!(command.status().expect("a command").success(), "{command:?}");
}

/// Runs a line of shell that must succeed.
#[track_caller]
pub fn sh(line: &str) {
    succeed(Command::new("sh").args(["-c", line]));
}

/// Replaces one of the machine's files by a file of the test's own in `folder`. The test can write
/// to it under the original path.
pub fn replace(path: &str, folder: &Path) {
    let own = folder.join(Path::new(path).file_name().expect("a file's name"));
    std::fs::write(&own, "").expect("a file in the test's folder");
    succeed(Command::new("mount").arg("--bind").args([&own, Path::new(path)]));
}

/// The reply of a name server to a query for one name and family.
pub enum Reply {
    Addresses(Vec<IpAddr>),
    /// An error (RFC 1035 §4.1.1).
    Error(u8),
    /// Makes the client repeat the query over TCP.
    Truncated,
    Silence,
}

pub const SERVFAIL: u8 = 2;
pub const NXDOMAIN: u8 = 3;
pub const REFUSED: u8 = 5;

const PORT: u16 = 53;

/// The family in a query.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Type {
    A,
    Aaaa,
}

/// Starts a resolver on 127.0.0.1 that lasts as long as the process. It resolves every name to
/// 127.0.0.1, or never answers.
pub fn start_resolver(answers: bool) {
    start_zone(move |_, family| match family {
        _ if !answers => Reply::Silence,
        Type::A => Reply::Addresses(vec![Ipv4Addr::LOCALHOST.into()]),
        Type::Aaaa => Reply::Addresses(Vec::new()),
    });
}

/// Starts a name server on 127.0.0.1 with these replies. It lasts as long as the process.
pub fn start_zone(zone: impl Fn(&str, Type) -> Reply + Send + 'static) {
    start_zone_at(Ipv4Addr::LOCALHOST, zone);
}

/// The same, on this address.
pub fn start_zone_at(server: Ipv4Addr, zone: impl Fn(&str, Type) -> Reply + Send + 'static) {
    let socket = UdpSocket::bind((server, PORT)).expect("the name server's port");
    thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, client)) = socket.recv_from(&mut query) {
            if let Some(answer) = answer(&query[..length], &zone) {
                socket.send_to(&answer, client).ok();
            }
        }
    });
}

/// The same, over TCP.
pub fn start_tcp_zone(zone: impl Fn(&str, Type) -> Reply + Send + 'static) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, PORT)).expect("the name server's port");
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            // glibc sends the queries for both families over one connection.
            while let Some(answer) = read_query(&mut stream).and_then(|query| answer(&query, &zone))
            {
                let length = u16::try_from(answer.len()).expect("an answer's length");
                stream.write_all(&[&length.to_be_bytes(), &answer[..]].concat()).ok();
            }
        }
    });
}

fn read_query(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).ok()?;
    let mut query = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut query).ok().map(|()| query)
}

/// The answer to a query with one question (RFC 1035 §4.1).
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
    let (flags, code, addresses) = match (query[name_end + 1], &query[name_end]) {
        (1, 0) => said(zone(&name, Type::A))?,
        (28, 0) => said(zone(&name, Type::Aaaa))?,
        _ => (0, 0, Vec::new()),
    };
    let mut answer = query[..2].to_vec();
    answer.extend([
        0x81 | flags,
        0x80 | code,
        0,
        1,
        0,
        u8::try_from(addresses.len()).ok()?,
        0,
        0,
        0,
        0,
    ]);
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

/// Flags, error code, and addresses.
fn said(reply: Reply) -> Option<(u8, u8, Vec<IpAddr>)> {
    const TRUNCATED: u8 = 2;
    match reply {
        Reply::Addresses(addresses) => Some((0, 0, addresses)),
        Reply::Error(code) => Some((0, code, Vec::new())),
        Reply::Truncated => Some((TRUNCATED, 0, Vec::new())),
        Reply::Silence => None,
    }
}
