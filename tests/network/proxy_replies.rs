//! What a proxy may answer to CONNECT, and that no answer brings its credentials to light.

use crate::common::trials;
use crate::proxies::{Scene, URL};
use crate::support::{Manner, SENDER_LIFE, ThreeSeconds};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_reply_with_headers_opens_the_tunnel,
        a_reply_of_any_usual_length_opens_the_tunnel,
        a_reply_in_pieces_may_lose_the_event_and_nothing_else,
        a_reply_that_refuses_sends_nothing,
        a_proxy_that_hangs_is_left_after_three_seconds,
        a_proxy_that_resets_sends_nothing,
        a_proxy_that_is_not_there_sends_nothing,
        a_proxy_that_answers_nonsense_sends_nothing,
        credentials_are_in_no_message_no_argument_and_no_environment,
    ]
}

const ESTABLISHED: &str = "HTTP/1.1 200 Connection established\r\n";

/// A reply that opens the tunnel, of exactly this length.
fn reply_of(length: usize) -> Vec<u8> {
    let filler = length - ESTABLISHED.len() - "X-Filler: \r\n\r\n".len();
    format!("{ESTABLISHED}X-Filler: {}\r\n\r\n", "x".repeat(filler)).into_bytes()
}

#[track_caller]
fn assert_delivers(pieces: Vec<Vec<u8>>) {
    let what = format!("{:?}", pieces.iter().map(Vec::len).collect::<Vec<_>>());
    let scene = Scene::new(Manner::Tunnel(pieces));
    let outcome = scene.call().env("https_proxy", scene.proxy_url()).debug().run();
    assert_eq!(outcome.stderr(), format!("telemetry: POST {URL} -> 204\n"), "reply in pieces of {what} bytes");
}

fn a_reply_with_headers_opens_the_tunnel() {
    for reply in
        ["HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nVia: proxy\r\nX-Cache: none\r\n\r\n", "HTTP/1.1 200\r\n\r\n"]
    {
        assert_delivers(vec![reply.into()]);
    }
}

fn a_reply_of_any_usual_length_opens_the_tunnel() {
    for length in [60, 100, 255, 257, 300, 4000] {
        assert_delivers(vec![reply_of(length)]);
    }
}

/// minreq takes what it reads first for the whole reply, and 256 bytes for the beginning of more.
fn a_reply_in_pieces_may_lose_the_event_and_nothing_else() {
    let reply = reply_of(100);
    let piecewise = [1, 10, ESTABLISHED.len(), 99].map(|cut| vec![reply[..cut].to_vec(), reply[cut..].to_vec()]);
    for pieces in piecewise.into_iter().chain([vec![reply_of(256)]]) {
        let scene = Scene::new(Manner::Tunnel(pieces));
        let call = scene.call().env("https_proxy", scene.proxy_url());
        let outcome = call.debug().run();
        let line = outcome.assert_success().stderr();
        // Pieces may still be read at once.
        let arrived = line == format!("telemetry: POST {URL} -> 204\n");
        assert!(arrived || line.starts_with(&format!("telemetry: POST {URL} -> failed (")), "{line}");
        assert_eq!(scene.receiver.requests().len(), usize::from(arrived), "{line}");
    }
}

/// The reason that debug shows, where the proxy answers like this.
#[track_caller]
fn failure(manner: Manner) -> String {
    let scene = Scene::new(manner);
    let call = scene.call().env("https_proxy", scene.proxy_url_for("jane:hunter2"));
    let outcome = call.debug().run();
    let line = outcome.assert_success().stderr();
    let reason = line.strip_prefix(&format!("telemetry: POST {URL} -> failed ("));
    let reason = reason.and_then(|rest| rest.strip_suffix(")\n")).unwrap_or_else(|| panic!("no reason: {line:?}"));
    assert!(!line.contains("hunter2") && !line.contains("jane") && !line.contains("amFuZTpodW50ZXIy"), "{line}");
    assert_eq!(scene.receiver.handshakes(), 0);
    reason.to_owned()
}

fn a_reply_that_refuses_sends_nothing() {
    for status in
        ["407 Proxy Authentication Required", "401 Unauthorized", "403 Forbidden", "502 Bad Gateway", "302 Found"]
    {
        let reason = failure(Manner::Refuse(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").into()));
        assert!(reason != "timed out" && reason.to_lowercase().contains("proxy"), "{status}: {reason}");
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
    call.debug().run().assert_sent(URL, "failed (Connection refused)");
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
