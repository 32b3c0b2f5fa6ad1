//! The bypass token is sent to the origin that the user or docglow named, and to no other.

use crate::common::{Behaviour, Receiver, trials};
use crate::support::{Authority, Hook, Manner, Proxy, TlsReceiver};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_token_goes_to_the_endpoint_of_the_environment,
        the_token_goes_to_docglows_own_endpoint,
        the_token_is_never_sent_to_an_endpoint_of_docglow_yml,
        the_token_stays_within_its_origin,
        the_token_is_gone_for_good_once_another_origin_was_visited,
        a_token_that_is_not_visible_ascii_is_not_sent,
    ]
}

const HEADER: &str = "x-vercel-protection-bypass";
const TOKEN: &str = "s3cret~Token!";

fn location(url: String) -> Vec<(String, String)> {
    vec![("Location".to_owned(), url)]
}

fn the_token_goes_to_the_endpoint_of_the_environment() {
    let (hook, receiver) = (Hook::new(), Receiver::answering());
    let call = hook.call().to(&receiver).env("DOCGLOW_VERCEL_BYPASS", TOKEN);
    call.debug().run().assert_sent(&receiver.url(), "204");
    assert_eq!(receiver.only_request().header(HEADER), Some(TOKEN));
}

fn the_token_goes_to_docglows_own_endpoint() {
    let (hook, authority) = (Hook::new(), Authority::new());
    let receiver = TlsReceiver::answering(&authority, "api.docglow.com");
    let proxy = Proxy::start(receiver.front(), Manner::tunnel());
    let call = hook
        .call()
        .env("DOCGLOW_VERCEL_BYPASS", TOKEN)
        .env("all_proxy", format!("http://{}", proxy.address()));
    let call = call.env("SSL_CERT_FILE", authority.write_to(hook.sandbox.root(), "ca.pem"));
    call.debug().run().assert_sent("https://api.docglow.com/v1/telemetry/events", "204");
    assert_eq!(receiver.only_request().header(HEADER), Some(TOKEN));
    assert_eq!(receiver.only_request().header("host"), Some("api.docglow.com"));
}

fn the_token_is_never_sent_to_an_endpoint_of_docglow_yml() {
    let (hook, receiver) = (Hook::new(), Receiver::answering());
    hook.sandbox.write_config(format!("telemetry:\n  endpoint: {}\n", receiver.url()));
    for endpoint in [None, Some("http://collector.test/"), Some("")] {
        let mut call = hook.call().env("DOCGLOW_VERCEL_BYPASS", TOKEN).debug();
        if let Some(endpoint) = endpoint {
            call = call.env("DOCGLOW_TELEMETRY_ENDPOINT", endpoint);
        }
        call.run().assert_sent(&receiver.url(), "204");
    }
    assert_eq!(receiver.requests().len(), 3);
    for request in receiver.requests() {
        assert!(!String::from_utf8_lossy(&request.raw).contains(TOKEN));
    }
}

fn the_token_stays_within_its_origin() {
    let receiver = Receiver::start(Behaviour::Custom(Box::new(|connection| {
        let moved =
            connection.read_request().is_ok_and(|request| request.line.contains(" /moved "));
        let (status, headers) =
            if moved { (204, Vec::new()) } else { (308, location("/moved".to_owned())) };
        connection.answer(status, &headers).ok();
    })));
    let hook = Hook::new();
    let call = hook.call().to(&receiver).env("DOCGLOW_VERCEL_BYPASS", TOKEN);
    call.debug().run().assert_sent(&format!("http://{}/moved", receiver.address()), "204");
    let tokens: Vec<_> = receiver
        .requests()
        .iter()
        .map(|request| request.header(HEADER).map(str::to_owned))
        .collect();
    assert_eq!(tokens, [Some(TOKEN.to_owned()), Some(TOKEN.to_owned())]);
}

/// The redirects lead from the token's origin to another one (by name, then by port), and back
/// again.
fn the_token_is_gone_for_good_once_another_origin_was_visited() {
    for by_name in [true, false] {
        let other = Receiver::start(Behaviour::Custom(Box::new(|connection| {
            if let Ok(request) = connection.read_request() {
                let back = request.line.split(['=', ' ']).nth(2).unwrap_or_default().to_owned();
                connection.answer(307, &location(back)).ok();
            }
        })));
        let other_port = other.port();
        let own = Receiver::start(Behaviour::Custom(Box::new(move |connection| {
            let Ok(request) = connection.read_request() else { return };
            let own_port = connection.stream.local_addr().expect("an address").port();
            let back = format!("http://127.0.0.1:{own_port}/back");
            let other = match by_name {
                true => format!("http://localhost:{own_port}/away"),
                false => format!("http://127.0.0.1:{other_port}/away?back={back}"),
            };
            let (status, headers) = match request.line.split(' ').nth(1) {
                Some("/back") => (204, Vec::new()),
                Some("/away") => (307, location(back)),
                _ => (307, location(other)),
            };
            connection.answer(status, &headers).ok();
        })));
        let hook = Hook::new();
        let call = hook.call().to(&own).env("DOCGLOW_VERCEL_BYPASS", TOKEN);
        call.debug().run().assert_sent(&format!("http://{}/back", own.address()), "204");
        let mut requests = [own.requests(), other.requests()].concat();
        requests.sort_by_key(|request| request.at);
        let tokens: Vec<_> =
            requests.iter().map(|request| request.header(HEADER).is_some()).collect();
        assert_eq!(tokens, [true, false, false], "by name: {by_name}");
    }
}

fn a_token_that_is_not_visible_ascii_is_not_sent() {
    let receiver = Receiver::answering();
    let hook = Hook::new();
    let tokens = [
        "",
        " ",
        "two words",
        "tab\there",
        "line\r\nX-Injected: yes",
        "line\n",
        "\u{7f}",
        "t\u{f6}ken",
        "\u{a0}",
    ];
    for token in tokens {
        let call = hook.call().to(&receiver).env("DOCGLOW_VERCEL_BYPASS", token);
        call.debug().run().assert_sent(&receiver.url(), "204");
    }
    let requests = receiver.requests();
    assert_eq!(requests.len(), tokens.len());
    for request in requests {
        assert_eq!((request.header(HEADER), request.header("x-injected")), (None, None));
        assert_eq!(request.headers.len(), 4, "{:?}", request.headers);
    }
}
