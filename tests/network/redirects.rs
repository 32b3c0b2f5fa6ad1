//! Redirects: the POST and its body are kept, each hop must pass the endpoint's rule, and at most
//! three are followed.

use crate::common::{Behaviour, Receiver, trials};
use crate::support::{Authority, Hook, Manner, Proxy, TlsReceiver, Validity, curl};
use std::path::Path;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_redirect_keeps_the_post_and_its_body,
        see_other_ends_the_send,
        a_location_is_resolved_against_the_request,
        three_redirects_are_followed_and_a_fourth_is_not,
        a_loop_of_redirects_ends,
        a_redirect_to_a_place_that_breaks_the_rule_is_refused,
        a_redirect_is_followed_as_curl_follows_it,
        a_location_cannot_add_a_header,
        a_redirect_without_a_location_fails,
        a_redirect_from_https_to_http_is_refused,
        a_redirect_within_https_is_followed,
        a_redirect_from_elsewhere_to_this_machine_is_refused,
    ]
}

const REFUSED: &str = "failed (redirect refused)";

fn redirecting(status: u16, location: &str) -> Receiver {
    Receiver::start(Behaviour::Answer(status, vec![("Location".to_owned(), location.to_owned())]))
}

fn path_of(receiver: &Receiver) -> String {
    receiver.only_request().line.split(' ').nth(1).expect("a path").to_owned()
}

fn a_redirect_keeps_the_post_and_its_body() {
    for status in [301, 302, 307, 308] {
        let target = Receiver::answering();
        let first =
            redirecting(status, &format!("http://127.0.0.1:{}/moved?to=here", target.port()));
        let answered = format!("http://127.0.0.1:{}/moved?(set)", target.port());
        Hook::new().call().to(&first).debug().run().assert_sent(&answered, "204");
        let (sent, arrived) = (first.only_request(), target.only_request());
        assert_eq!(arrived.line, "POST /moved?to=here HTTP/1.1", "{status}");
        assert_eq!(arrived.body, sent.body, "{status}");
        let but_host = |headers: &[(String, String)]| headers[1..].to_vec();
        assert_eq!(but_host(&arrived.headers), but_host(&sent.headers), "{status}");
        assert_eq!(arrived.header("host"), Some(format!("127.0.0.1:{}", target.port()).as_str()));
    }
}

fn see_other_ends_the_send() {
    let target = Receiver::answering();
    for status in [300, 303, 304, 305, 306] {
        let first = redirecting(status, &target.url());
        Hook::new().call().to(&first).debug().run().assert_sent(&first.url(), &status.to_string());
    }
    assert_eq!(target.connections(), 0);
}

/// Redirects a request for `/v1/telemetry/events` to this location. Returns the path in the second
/// request.
fn second_path(location: &'static str) -> String {
    let receiver = Receiver::start(Behaviour::Custom(Box::new(move |connection| {
        let first = connection
            .read_request()
            .is_ok_and(|request| request.line.contains(" /v1/telemetry/events "));
        let port = connection.stream.local_addr().expect("an address").port();
        let location = location.replace("PORT", &port.to_string());
        let (status, headers) =
            if first { (307, vec![("location".to_owned(), location)]) } else { (204, Vec::new()) };
        connection.answer(status, &headers).ok();
    })));
    let outcome = Hook::new().call().to(&receiver).debug().run();
    assert!(outcome.assert_success().stderr().ends_with(" -> 204\n"), "{outcome:?}");
    let requests = receiver.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].body, requests[1].body);
    requests[1].line.split(' ').nth(1).expect("a path").to_owned()
}

fn a_location_is_resolved_against_the_request() {
    for (location, path) in [
        ("/elsewhere", "/elsewhere"),
        ("/elsewhere/?a=b&c", "/elsewhere/?a=b&c"),
        ("other", "/v1/telemetry/other"),
        ("./other", "/v1/telemetry/other"),
        ("../other", "/v1/other"),
        ("/a/./b/../c", "/a/c"),
        ("other/deeper?x", "/v1/telemetry/other/deeper?x"),
        ("?only=a-query", "/v1/telemetry/events?only=a-query"),
        ("//127.0.0.1:PORT/scheme-relative", "/scheme-relative"),
        ("http://127.0.0.1:PORT/absolute#and-a-fragment", "/absolute"),
        ("http://localhost:PORT", "/"),
        ("  /white-space-around  ", "/white-space-around"),
        ("/%0d%0aX:%20y", "/%0d%0aX:%20y"),
    ] {
        assert_eq!(second_path(location), path, "{location:?}");
    }
}

fn three_redirects_are_followed_and_a_fourth_is_not() {
    let target = Receiver::answering();
    let mut hops = vec![redirecting(308, &target.url())];
    for _ in 0..3 {
        let next = hops.last().expect("a hop").url();
        hops.push(redirecting(302, &next));
    }
    let [third, fourth] = [&hops[2], &hops[3]];
    Hook::new()
        .call()
        .to(fourth)
        .debug()
        .run()
        .assert_sent(&hops[0].url(), "failed (too many redirects)");
    assert_eq!(target.connections(), 0);
    Hook::new().call().to(third).debug().run().assert_sent(&target.url(), "204");
    assert_eq!(path_of(&target), "/v1/telemetry/events");
}

fn a_loop_of_redirects_ends() {
    let receiver = redirecting(301, "/v1/telemetry/events");
    Hook::new()
        .call()
        .to(&receiver)
        .debug()
        .run()
        .assert_sent(&receiver.url(), "failed (too many redirects)");
    assert_eq!(receiver.requests().len(), 4);
}

fn a_redirect_to_a_place_that_breaks_the_rule_is_refused() {
    let target = Receiver::answering();
    for location in [
        "file:///etc/passwd",
        "ftp://127.0.0.1:PORT/",
        "gopher:127.0.0.1",
        "javascript:0",
        "http://user@127.0.0.1:PORT/",
        "http://user:secret@localhost:PORT/",
        "//user@localhost:PORT/",
        "http://127.0.0.1:PORT@localhost/",
        "http://127.0.0.2:PORT/",
        "http://0.0.0.0:PORT/",
        "http://0:PORT/",
        "http://[::1]:PORT/",
        "http://127.1:PORT/",
        "http://2130706433:PORT/",
        "http://0x7f000001:PORT/",
        "http://localhost.:PORT/",
        "http://collector.test/",
        "http:\\\\localhost:PORT/",
        "http:/localhost:PORT/",
        "http:localhost:PORT/",
        "/\\collector.test/",
        "http://localhost:0/",
        "http://localhost:65536/",
        "http://localhost:/",
        "http://localhost:+PORT/",
        "http:///",
        "https://",
        "/tab\there",
        "/carriage\rreturn",
        "/nul\0",
    ] {
        let first = redirecting(307, &location.replace("PORT", &target.port().to_string()));
        let outcome = Hook::new().call().to(&first).debug().run();
        assert_eq!(
            outcome.stderr(),
            format!("telemetry: POST {} -> {REFUSED}\n", first.url()),
            "{location:?}"
        );
    }
    assert_eq!(target.connections(), 0);
}

fn a_redirect_is_followed_as_curl_follows_it() {
    for (number, (answer, target)) in [
        (&b"HTTP/1.1 307 X\r\nLocation: URL/a b?c d\r\n\r\n"[..], "/a%20b?c+d"),
        (b"HTTP/1.1 307 X\r\nLocation: URL/caf\xe9\r\n\r\n", "/caf%E9"),
        (b"HTTP/1.1 307 X\r\nX-Caf\xe9: \xe9\r\nLocation: URL/a\r\n\r\n", "/a"),
        (b"HTTP/1.1 307 \xe9\r\nX: y\r\nLocation: URL/a\r\n\r\n", "/a"),
        (
            b"HTTP/1.1 103 X\r\nContent-Length: 0\r\n\r\nHTTP/1.1 307 X\r\nLocation: URL/a\r\n\r\n",
            "/a",
        ),
        (
            b"HTTP/1.1 100 X\r\n\r\nHTTP/1.1 102 X\r\nContent-Length: 0\r\n\r\n\
              HTTP/1.1 308 X\r\nLocation: URL/a\r\n\r\n",
            "/a",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        for scheme in ["http", "HTTP"] {
            let receiver = Receiver::answering();
            let url = format!("{scheme}://{}", receiver.address());
            let at = answer.windows(3).position(|part| part == b"URL").expect("a place");
            let bytes = [&answer[..at], url.as_bytes(), &answer[at + 3..]].concat();
            let first = Receiver::start(Behaviour::Bytes(bytes));
            let outcome = Hook::new().call().to(&first).debug().run();
            assert!(outcome.stderr().ends_with(" -> 204\n"), "{number}: {}", outcome.stderr());
            curl::delivers(&first.url(), Path::new("/dev/null"), &[]);
            for request in receiver.requests() {
                let line = request.line.replace("%e9", "%E9");
                assert_eq!(line, format!("POST {target} HTTP/1.1"), "{number}");
            }
        }
    }
}

fn a_location_cannot_add_a_header() {
    let target = Receiver::answering();
    for end in ["\r", "\n ", "\r\n\t"] {
        let location = format!("{}{end}X-Injected: yes", target.url());
        let first = redirecting(307, &location);
        Hook::new().call().to(&first).debug().run().assert_success();
    }
    for request in target.requests() {
        assert_eq!(request.header("x-injected"), None);
    }
}

fn a_redirect_without_a_location_fails() {
    let receiver = Receiver::start(Behaviour::Answer(302, Vec::new()));
    Hook::new()
        .call()
        .to(&receiver)
        .debug()
        .run()
        .assert_sent(&receiver.url(), "failed (redirect without a Location)");
}

fn https_redirecting(authority: &Authority, name: &str, location: &str) -> TlsReceiver {
    let headers = vec![("Location".to_owned(), location.to_owned())];
    TlsReceiver::start(authority, name, Validity::Current, Behaviour::Answer(307, headers))
}

fn a_redirect_from_https_to_http_is_refused() {
    let (hook, authority, target) = (Hook::new(), Authority::new(), Receiver::answering());
    let ca = authority.write_to(hook.sandbox.root(), "ca.pem");
    let first = https_redirecting(&authority, "localhost", &target.url());
    let url = first.url_with("localhost");
    let call = hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url).env("SSL_CERT_FILE", ca);
    call.debug().run().assert_sent(&url, REFUSED);
    assert_eq!(target.connections(), 0);
}

fn a_redirect_within_https_is_followed() {
    let (hook, authority) = (Hook::new(), Authority::new());
    let ca = authority.write_to(hook.sandbox.root(), "ca.pem");
    let target = TlsReceiver::answering(&authority, "localhost");
    let first = https_redirecting(&authority, "localhost", &target.url_with("localhost"));
    let plain = redirecting(307, &first.url_with("localhost"));
    let call = hook.call().to(&plain).env("SSL_CERT_FILE", ca);
    call.debug().run().assert_sent(&target.url_with("localhost"), "204");
    assert_eq!(target.only_request().body, plain.only_request().body);
}

fn a_redirect_from_elsewhere_to_this_machine_is_refused() {
    let (hook, authority) = (Hook::new(), Authority::new());
    let ca = authority.write_to(hook.sandbox.root(), "ca.pem");
    let target = TlsReceiver::answering(&authority, "localhost");
    let port = target.front().port();
    let url = "https://collector.test:8443/events";
    for host in
        ["localhost", "127.0.0.1", "127.0.0.9", "0.0.0.0", "LocalHost", "localhost.", "a.localhost"]
    {
        let first =
            https_redirecting(&authority, "collector.test", &format!("https://{host}:{port}/"));
        let proxy = Proxy::start(first.front(), Manner::tunnel());
        let call = hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", url).env("SSL_CERT_FILE", &ca);
        let call = call.env("https_proxy", format!("http://{}", proxy.address()));
        call.debug().run().assert_sent(url, REFUSED);
        first.only_request();
    }
    assert_eq!(target.handshakes(), 0);
}
