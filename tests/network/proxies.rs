//! The choice of the proxy, and the requests to it. Its credentials are shown to no other party.

use crate::common::{Invocation, Receiver, trials};
use crate::support::{Authority, Hook, Manner, Proxy, TlsReceiver};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        an_event_goes_through_the_proxy,
        credentials_go_to_the_proxy_and_nowhere_else,
        each_variable_names_the_proxy,
        variables_are_taken_in_the_documented_order,
        variables_for_plain_http_are_not_looked_at,
        this_machine_is_never_reached_through_a_proxy,
        a_redirect_chooses_its_own_route,
        a_proxy_that_cannot_be_used_is_not_gone_around,
    ]
}

pub const URL: &str = "https://collector.test:8443/events";

/// A TLS receiver for `collector.test`, which only the proxy can reach.
pub struct Scene {
    pub hook: Hook,
    pub receiver: TlsReceiver,
    pub proxy: Proxy,
    pub ca: std::path::PathBuf,
}

impl Scene {
    pub fn new(manner: Manner) -> Self {
        let (hook, authority) = (Hook::new(), Authority::new());
        let ca = authority.write_to(hook.sandbox.root(), "ca.pem");
        let receiver = TlsReceiver::answering(&authority, "collector.test");
        let proxy = Proxy::start(receiver.front(), manner);
        Self { hook, receiver, proxy, ca }
    }

    /// The hook, without a proxy.
    pub fn call(&self) -> Invocation {
        self.hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", URL).env("SSL_CERT_FILE", &self.ca)
    }

    pub fn proxy_url(&self) -> String {
        format!("http://{}", self.proxy.address())
    }

    /// The proxy's URL with this user info.
    pub fn proxy_url_for(&self, user_info: &str) -> String {
        format!("http://{user_info}@{}", self.proxy.address())
    }
}

fn an_event_goes_through_the_proxy() {
    let scene = Scene::new(Manner::tunnel());
    scene.call().env("https_proxy", scene.proxy_url()).debug().run().assert_sent(URL, "204");
    let [connect] = &scene.proxy.requests()[..] else { panic!("not one CONNECT") };
    assert_eq!(connect.line, "CONNECT collector.test:8443 HTTP/1.1");
    // Without it, apache2 answers 400.
    assert_eq!(connect.header("host"), Some("collector.test:8443"));
    assert_eq!(connect.header("proxy-authorization"), None);
    let request = scene.receiver.only_request();
    assert_eq!(
        (request.line.as_str(), request.header("host")),
        ("POST /events HTTP/1.1", Some("collector.test:8443"))
    );
    assert_eq!(request.header("proxy-authorization"), None);
}

fn credentials_go_to_the_proxy_and_nowhere_else() {
    let scene = Scene::new(Manner::tunnel());
    for (user_info, basic) in [
        ("jane:hunter2", "amFuZTpodW50ZXIy"),
        ("jane:p%40ss%3Aw%2Frd", "amFuZTpwQHNzOncvcmQ="),
        ("jane:", "amFuZTo="),
        ("jane", "amFuZTo="),
        ("jane:100%", "amFuZToxMDAl"),
    ] {
        let call = scene.call().env("https_proxy", scene.proxy_url_for(user_info));
        call.debug().run().assert_sent(URL, "204");
        let connects = scene.proxy.requests();
        let connect = connects.last().expect("a CONNECT");
        assert_eq!(
            connect.header("proxy-authorization"),
            Some(format!("Basic {basic}").as_str()),
            "{user_info}"
        );
        let request = scene.receiver.requests().pop().expect("a request");
        let raw = String::from_utf8_lossy(&request.raw).into_owned();
        assert!(!raw.contains(basic) && !raw.contains("hunter2"), "{raw}");
    }
}

fn each_variable_names_the_proxy() {
    for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        let scene = Scene::new(Manner::tunnel());
        let address = scene.proxy.address();
        for url in [
            format!("http://{address}/"),
            format!("http://{address}/path?query"),
            address.to_string(),
        ] {
            scene.call().env(name, &url).debug().run().assert_sent(URL, "204");
        }
        assert_eq!(scene.proxy.connections(), 3, "{name}");
    }
}

fn variables_are_taken_in_the_documented_order() {
    let order = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let unused = Receiver::answering();
    for first in 0..order.len() {
        let scene = Scene::new(Manner::tunnel());
        let mut call = scene.call();
        for name in &order[..first] {
            call = call.env(name, "");
        }
        call = call.env(order[first], scene.proxy_url());
        for name in &order[first + 1..] {
            call = call.env(name, format!("http://{}", unused.address()));
        }
        call.debug().run().assert_sent(URL, "204");
        assert_eq!(scene.proxy.connections(), 1, "{}", order[first]);
    }
    assert_eq!(unused.connections(), 0);
}

fn variables_for_plain_http_are_not_looked_at() {
    let (scene, unused) = (Scene::new(Manner::tunnel()), Receiver::answering());
    let mut call = scene.call().env("https_proxy", scene.proxy_url());
    for name in ["http_proxy", "HTTP_PROXY", "ftp_proxy", "proxy"] {
        call = call.env(name, format!("http://{}", unused.address()));
    }
    call.debug().run().assert_sent(URL, "204");
    assert_eq!(unused.connections(), 0);
}

fn this_machine_is_never_reached_through_a_proxy() {
    let scene = Scene::new(Manner::tunnel());
    let plain = Receiver::answering();
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("http://{host}:{}/", plain.port());
        let call = scene.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url);
        let call = call.env("all_proxy", scene.proxy_url()).env("http_proxy", scene.proxy_url());
        call.debug().run().assert_sent(&url, "204");
    }
    let url = scene.receiver.url_with("localhost");
    let call =
        scene.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url).env("https_proxy", scene.proxy_url());
    let outcome = call.debug().run();
    assert!(outcome.stderr().contains("not valid for name"), "{outcome:?}");
    assert_eq!((plain.requests().len(), scene.proxy.connections()), (2, 0));
}

fn a_redirect_chooses_its_own_route() {
    let scene = Scene::new(Manner::tunnel());
    let location = vec![("Location".to_owned(), URL.to_owned())];
    let plain = Receiver::start(crate::common::Behaviour::Answer(308, location));
    let call = scene.call().to(&plain).env("HTTPS_PROXY", scene.proxy_url());
    call.debug().run().assert_sent(URL, "204");
    assert_eq!(scene.receiver.only_request().body, plain.only_request().body);
    assert_eq!(scene.proxy.requests()[0].line, "CONNECT collector.test:8443 HTTP/1.1");
}

fn a_proxy_that_cannot_be_used_is_not_gone_around() {
    let scene = Scene::new(Manner::tunnel());
    let address = scene.proxy.address();
    for url in [
        format!("ftp://jane:hunter2@{address}"),
        format!("socks4://{address}"),
        format!("http://jane:hunter2 @{address}"),
        format!("http://[localhost]:{}", address.port()),
        format!("http://127.0.0.1:{}", 65536 + u32::from(address.port())),
        "http://".to_owned(),
        " ".to_owned(),
        "http://127.0.0.1:0".to_owned(),
    ] {
        let outcome = scene.call().env("https_proxy", &url).debug().run();
        let expected = format!(
            "telemetry: POST {URL} -> failed (the proxy that the environment names can't be used)\n"
        );
        assert_eq!(outcome.stderr(), expected, "{url:?}");
    }
    let not_text = std::os::unix::ffi::OsStringExt::from_vec(b"http://\xff:1".to_vec());
    let not_text: std::ffi::OsString = not_text;
    assert!(
        scene.call().env("https_proxy", not_text).debug().run().stderr().contains("can't be used")
    );
    assert_eq!((scene.proxy.connections(), scene.receiver.handshakes()), (0, 0));
}
