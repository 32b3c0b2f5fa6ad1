//! A network and a mount namespace of a test's own, in which this test binary runs again, with a resolver on loopback.

use std::net::UdpSocket;
use std::process::{Command, Stdio};
use std::thread;

/// The first argument of a run inside the namespaces; the name of what to do there follows.
pub const INSIDE: &str = "inside-namespaces";

const SET_UP: &str = r#"ip link set lo up && printf 'nameserver 127.0.0.1\n' > "$2/resolv.conf" &&
mount --bind "$2/resolv.conf" /etc/resolv.conf && exec "$0" inside-namespaces "$1""#;

/// Runs what `crate::lookups::run` knows by this name in fresh namespaces; panics where it did.
#[track_caller]
pub fn run_inside(name: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "sh", "-c", SET_UP]);
    command.arg(std::env::current_exe().expect("this test binary")).arg(name).arg(folder.path());
    let output = command.stdin(Stdio::null()).output().expect("unshare");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A resolver on 127.0.0.1 that knows every name as 127.0.0.1, for as long as the process lives; or one that swallows all.
pub fn start_resolver(answers: bool) {
    let socket = UdpSocket::bind("127.0.0.1:53").expect("the resolver's port");
    thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, client)) = socket.recv_from(&mut query) {
            if let Some(answer) = answer(&query[..length]).filter(|_| answers) {
                socket.send_to(&answer, client).ok();
            }
        }
    });
}

/// An answer to a query of one question: 127.0.0.1 for type A, nothing for any other (RFC 1035 §4.1).
fn answer(query: &[u8]) -> Option<Vec<u8>> {
    const HEADER_BYTES: usize = 12;
    const TYPE_A: [u8; 2] = [0, 1];
    let name_end = HEADER_BYTES + query.get(HEADER_BYTES..)?.iter().position(|byte| *byte == 0)? + 1;
    let question = query.get(HEADER_BYTES..name_end + 4)?;
    let is_address = query[name_end..name_end + 2] == TYPE_A;
    let mut answer = query[..2].to_vec();
    answer.extend([0x81, 0x80, 0, 1, 0, u8::from(is_address), 0, 0, 0, 0]);
    answer.extend(question);
    if is_address {
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    Some(answer)
}
