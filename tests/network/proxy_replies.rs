//! A proxy's possible replies to CONNECT. No reply reveals the credentials.

use crate::common::trials;
use crate::proxies::{Scene, URL};
use crate::support::{Manner, SENDER_LIFE, ThreeSeconds};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_reply_with_headers_opens_the_tunnel,
        a_reply_of_any_usual_length_opens_the_tunnel,
        a_reply_in_pieces_opens_the_tunnel,
        a_reply_behind_an_interim_one_opens_the_tunnel,
        a_reply_that_refuses_sends_nothing,
        a_proxy_that_hangs_is_left_after_three_seconds,
        a_proxy_that_resets_sends_nothing,
        a_proxy_that_is_not_there_sends_nothing,
        a_proxy_that_answers_nonsense_sends_nothing,
        credentials_are_in_no_message_no_argument_and_no_environment needs ["sight of senders"],
    ]
}

const ESTABLISHED: &str = "HTTP/1.1 200 Connection established\r\n";

/// A reply of exactly this length that opens the tunnel.
fn reply_of(length: usize) -> Vec<u8> {
    let filler = length - ESTABLISHED.len() - "X-Filler: \r\n\r\n".len();
    format!("{ESTABLISHED}X-Filler: {}\r\n\r\n", "x".repeat(filler)).into_bytes()
}

#[track_caller]
fn assert_delivers(pieces: Vec<Vec<u8>>) {
    let what = format!("{:?}", pieces.iter().map(Vec::len).collect::<Vec<_>>());
    let scene = Scene::new(Manner::Tunnel(pieces));
    let outcome = scene.call().env("https_proxy", scene.proxy_url()).debug().run();
    assert_eq!(
        outcome.stderr(),
        format!("telemetry: POST {URL} -> 204\n"),
        "reply in pieces of {what} bytes"
    );
}

fn a_reply_with_headers_opens_the_tunnel() {
    for reply in [
        "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.1 201 Created\r\n\r\n",
        "HTTP/1.1 299 X\n\n",
        "HTTP/1.1 200 OK\r\nVia: proxy\r\nX-Cache: none\r\n\r\n",
        "HTTP/1.1 200\r\n\r\n",
    ] {
        assert_delivers(vec![reply.into()]);
    }
}

fn a_reply_of_any_usual_length_opens_the_tunnel() {
    for length in [60, 100, 255, 256, 257, 512, 4000, 4096] {
        assert_delivers(vec![reply_of(length)]);
    }
}

fn a_reply_in_pieces_opens_the_tunnel() {
    let reply = reply_of(100);
    for cut in [1, 10, ESTABLISHED.len(), 99] {
        assert_delivers(vec![reply[..cut].to_vec(), reply[cut..].to_vec()]);
    }
    assert_delivers(reply.chunks(40).map(<[u8]>::to_vec).collect());
}

fn a_reply_behind_an_interim_one_opens_the_tunnel() {
    assert_delivers(vec![b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), reply_of(100)]);
}

/// The reason that debug shows after this reply.
#[track_caller]
fn failure(manner: Manner) -> String {
    let scene = Scene::new(manner);
    let call = scene.call().env("https_proxy", scene.proxy_url_for("jane:hunter2"));
    let outcome = call.debug().run();
    let line = outcome.assert_success().stderr();
    let reason = line.strip_prefix(&format!("telemetry: POST {URL} -> failed ("));
    let reason = reason
        .and_then(|rest| rest.strip_suffix(")\n"))
        .unwrap_or_else(|| panic!("no reason: {line:?}"));
    assert!(
        !line.contains("hunter2") && !line.contains("jane") && !line.contains("amFuZTpodW50ZXIy"),
        "{line}"
    );
    assert_eq!(scene.receiver.handshakes(), 0);
    reason.to_owned()
}

fn a_reply_that_refuses_sends_nothing() {
    for status in ["401", "403", "407", "502", "503", "302"] {
        let reason = failure(Manner::Refuse(
            format!("HTTP/1.1 {status} Reason\r\nContent-Length: 0\r\n\r\n").into(),
        ));
        assert_eq!(reason, format!("proxy refused: {status}"));
    }
}

fn a_proxy_that_hangs_is_left_after_three_seconds() {
    let scene = Scene::new(Manner::Hang);
    scene.call().env("https_proxy", scene.proxy_url()).run().assert_silent();
    let three_seconds = ThreeSeconds::begin();
    scene.hook.sender();
    scene.hook.assert_gone_within(three_seconds);
    assert_eq!(failure(Manner::Hang), "timed out");
}

fn a_proxy_that_resets_sends_nothing() {
    assert_ne!(failure(Manner::Reset), "timed out");
}

fn a_proxy_that_is_not_there_sends_nothing() {
    let (scene, nobody) = (Scene::new(Manner::Hang), crate::common::Receiver::refusing());
    let call = scene.call().env("https_proxy", format!("http://{}", nobody.address()));
    call.debug().run().assert_sent(URL, "failed (proxy: Connection refused)");
}

fn a_proxy_that_answers_nonsense_sends_nothing() {
    for reply in [
        "",
        "\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "\0\0\0\0\r\n\r\n",
        "200",
        "200 200 200\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
    ] {
        assert_ne!(failure(Manner::Refuse(reply.into())), "timed out", "{reply:?}");
    }
}

fn credentials_are_in_no_message_no_argument_and_no_environment() {
    let scene = Scene::new(Manner::Hang);
    scene.call().env("https_proxy", scene.proxy_url_for("jane:hunter2")).run().assert_silent();
    scene.proxy.wait_for(1, SENDER_LIFE);
    let sender = scene.hook.sender();
    assert!(!sender.proc("cmdline").is_empty());
    for text in ["jane", "hunter2", "amFuZTpodW50ZXIy", "collector"] {
        assert!(!sender.shows(text), "{text}");
    }
}
