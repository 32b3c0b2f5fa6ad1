//! SOCKS5 proxies.

use crate::common::{Behaviour, Receiver, trials};
use crate::proxies::{Scene, URL};
use crate::support::namespace::{Reply, Type, run_inside, start_zone};
use crate::support::proxy::forward;
use crate::support::socks::{Asked, SocksProxy};
use crate::support::{Manner, curl};
use std::net::Ipv6Addr;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_socks5h_proxy_is_given_the_name,
        a_socks5_proxy_is_given_an_address needs ["root", "unshare", "ip", "mount", "sh"],
        a_socks5_proxy_is_given_an_ipv6_address_if_there_is_no_other
            needs ["root", "unshare", "ip", "mount", "sh"],
        a_socks_proxy_may_have_an_ipv6_address needs ["root", "unshare", "ip", "mount", "sh"],
        a_socks_proxy_is_given_the_credentials,
        a_socks_proxy_that_refuses_is_told,
    ]
}

/// The tests that run inside the namespaces, by the name that a trial passes.
pub fn part(name: &str) -> Option<fn()> {
    Some(match name {
        "socks5" => socks5,
        "socks5-v6" => socks5_v6,
        "socks-at-v6" => socks_at_v6,
        _ => return None,
    })
}

fn a_socks5h_proxy_is_given_the_name() {
    let scene = Scene::new(Manner::Hang);
    let proxy = SocksProxy::start(scene.receiver.front(), None, 0);
    let url = format!("socks5h://{}", proxy.address());
    scene.call().env("https_proxy", &url).debug().run().assert_sent(URL, "204");
    curl::delivers(URL, &scene.ca, &[("https_proxy", &url)]);
    let asked =
        Asked { credentials: None, kind: 3, address: b"collector.test".to_vec(), port: 8443 };
    assert!(proxy.asked().iter().all(|one| *one == asked), "{:?}", proxy.asked());
}

fn a_socks5_proxy_is_given_an_address() {
    run_inside("socks5");
}

fn socks5() {
    start_zone(|_, family| {
        Reply::Addresses(if family == Type::A { vec![[192, 0, 2, 1].into()] } else { Vec::new() })
    });
    let scene = Scene::new(Manner::Hang);
    let proxy = SocksProxy::start(scene.receiver.front(), None, 0);
    let url = format!("socks5://{}", proxy.address());
    scene.call().env("all_proxy", &url).debug().run().assert_sent(URL, "204");
    curl::delivers(URL, &scene.ca, &[("all_proxy", &url)]);
    let asked = Asked { credentials: None, kind: 1, address: vec![192, 0, 2, 1], port: 8443 };
    assert!(proxy.asked().iter().all(|one| *one == asked), "{:?}", proxy.asked());
}

fn a_socks5_proxy_is_given_an_ipv6_address_if_there_is_no_other() {
    run_inside("socks5-v6");
}

fn socks5_v6() {
    const ADDRESS: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7);
    start_zone(|_, family| {
        Reply::Addresses(if family == Type::Aaaa { vec![ADDRESS.into()] } else { Vec::new() })
    });
    let scene = Scene::new(Manner::Hang);
    let proxy = SocksProxy::start(scene.receiver.front(), None, 0);
    let url = format!("socks5://{}", proxy.address());
    scene.call().env("all_proxy", &url).debug().run().assert_sent(URL, "204");
    let asked = Asked { credentials: None, kind: 4, address: ADDRESS.octets().into(), port: 8443 };
    assert_eq!(proxy.asked(), [asked]);
}

fn a_socks_proxy_may_have_an_ipv6_address() {
    run_inside("socks-at-v6");
}

fn socks_at_v6() {
    let scene = Scene::new(Manner::Hang);
    let proxy = SocksProxy::start(scene.receiver.front(), None, 0);
    let port = proxy.address().port();
    forward((Ipv6Addr::LOCALHOST, port).into(), proxy.address());
    let url = format!("socks5h://[::1]:{port}");
    scene.call().env("https_proxy", &url).debug().run().assert_sent(URL, "204");
    assert_eq!(proxy.asked().len(), 1);
}

fn a_socks_proxy_is_given_the_credentials() {
    let scene = Scene::new(Manner::Hang);
    let proxy = SocksProxy::start(scene.receiver.front(), Some("jane:p@ss:word"), 0);
    let url = |user_info: &str| format!("socks5h://{user_info}@{}", proxy.address());
    scene.call().env("https_proxy", url("jane:p%40ss:word")).debug().run().assert_sent(URL, "204");
    assert_eq!(proxy.asked()[0].credentials.as_deref(), Some("jane:p@ss:word"));
    for user_info in ["jane:wrong", "jane"] {
        let outcome = scene.call().env("https_proxy", url(user_info)).debug().run();
        outcome.assert_sent(URL, "failed (proxy refused: SOCKS credentials)");
    }
    let outcome =
        scene.call().env("https_proxy", format!("socks5h://{}", proxy.address())).debug().run();
    outcome.assert_sent(URL, "failed (proxy refused: SOCKS credentials)");
}

fn a_socks_proxy_that_refuses_is_told() {
    let scene = Scene::new(Manner::Hang);
    let proxy = SocksProxy::start(scene.receiver.front(), None, 2);
    let call = scene.call().env("https_proxy", format!("socks5h://{}", proxy.address()));
    call.debug().run().assert_sent(URL, "failed (proxy refused: SOCKS reply 2)");
    assert_eq!(scene.receiver.handshakes(), 0);
    let no_socks = Receiver::start(Behaviour::Custom(Box::new(|connection| {
        std::io::Read::read(&mut connection.stream, &mut [0; 64]).ok();
        connection.answer(400, &[]).ok();
    })));
    let call = scene.call().env("https_proxy", format!("socks5h://{}", no_socks.address()));
    call.debug().run().assert_sent(URL, "failed (the proxy's answer is not SOCKS5)");
}
