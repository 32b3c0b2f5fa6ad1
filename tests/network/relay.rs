//! The sender's relay is the sender's only: whoever else connects to it gets nothing, and nothing through it.

use crate::common::trials;
use crate::proxies::Scene;
use crate::support::{Manner, SENDER_LIFE};
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        another_process_gets_nothing_from_the_relay needs ["sight of senders", "mkfifo"],
        there_is_no_relay_for_plain_http needs ["sight of senders"],
    ]
}

/// The ports of loopback that this process listens on.
fn listening_ports(descriptors: &[(u32, std::path::PathBuf)]) -> Vec<u16> {
    const LISTEN: &str = "0A";
    let inodes: Vec<_> = descriptors
        .iter()
        .filter_map(|(_, target)| {
            Some(target.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned())
        })
        .collect();
    let table = fs::read_to_string("/proc/net/tcp").expect("/proc/net/tcp");
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let own = rows.filter(|row| row[3] == LISTEN && inodes.iter().any(|inode| row[9] == inode));
    own.filter_map(|row| u16::from_str_radix(row[1].strip_prefix("0100007F:")?, 16).ok()).collect()
}

fn another_process_gets_nothing_from_the_relay() {
    let scene = Scene::new(Manner::tunnel());
    // minreq comes to the relay when it has read its trust store, which a FIFO puts off.
    let certificates = scene.hook.sandbox.root().join("fifo");
    assert!(Command::new("mkfifo").arg(&certificates).status().expect("mkfifo").success());
    let call =
        scene.call().env("SSL_CERT_FILE", &certificates).env("https_proxy", scene.proxy_url());
    call.run().assert_silent();
    let sender = scene.hook.sender();
    let begin = Instant::now();
    let port = loop {
        if let [port] = listening_ports(&sender.descriptors())[..] {
            break port;
        }
        assert!(begin.elapsed() < SENDER_LIFE, "no relay was seen");
        std::thread::sleep(Duration::from_millis(1));
    };
    let connect = "CONNECT collector.test:8443 HTTP/1.1\r\n";
    let authorization =
        "Proxy-Authorization: Basic c2VuZGVyOjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw\r\n";
    let greetings = [
        String::new(),
        "\r\n".repeat(200),
        format!("{connect}\r\n"),
        format!("{connect}{authorization}\r\n"),
        "CONNECT localhost:22 HTTP/1.1\r\n\r\n".to_owned(),
    ];
    for greeting in greetings {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the relay");
        stream.write_all(greeting.as_bytes()).expect("the relay");
        stream.shutdown(Shutdown::Write).ok();
        let mut answer = Vec::new();
        // It may be reset.
        stream.read_to_end(&mut answer).ok();
        assert!(answer.is_empty(), "{greeting:?}: {answer:?}");
    }
    // One who says nothing keeps the sender waiting, and not for long.
    let _silent = TcpStream::connect(("127.0.0.1", port)).expect("the relay");
    fs::write(&certificates, fs::read(&scene.ca).expect("the CA")).expect("the FIFO");
    scene.receiver.wait_for(1, SENDER_LIFE);
    assert_eq!(scene.proxy.connections(), 1);
}

fn there_is_no_relay_for_plain_http() {
    let scene = Scene::new(Manner::Hang);
    let receiver = crate::common::Receiver::start(crate::common::Behaviour::Silent);
    scene.call().to(&receiver).run().assert_silent();
    receiver.wait_for(1, SENDER_LIFE);
    assert!(listening_ports(&scene.hook.sender().descriptors()).is_empty());
}
