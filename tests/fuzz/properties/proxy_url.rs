//! The proxy variables: a URL that is used names a host that can be looked up, and no list of
//! exceptions is too strange.

use docglow_telemetry::endpoint::Endpoint;
use docglow_telemetry::sender::proxy::{Proxy, ProxySettings, Route};
use std::net::Ipv6Addr;

/// The URL, and on the next line the list.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (url, list) = text.split_once('\n').unwrap_or((&text, ""));
    let proxy = Proxy::parse(url);
    if let Some(proxy) = &proxy {
        let is_name =
            proxy.host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        assert!(proxy.port > 0 && !proxy.host.is_empty(), "{proxy:?}");
        assert!(is_name || proxy.host.parse::<Ipv6Addr>().is_ok(), "{proxy:?}");
    }
    let settings = serde_json::json!({ "proxy": url, "no_proxy": list });
    let settings: ProxySettings = serde_json::from_value(settings).expect("settings");
    for url in ["https://collector.test/", "https://192.0.2.1:8443/", "https://localhost/"] {
        let is_local = url.contains("localhost");
        match (&proxy, settings.route(&Endpoint::parse(url).expect("an endpoint"))) {
            (_, Route::Direct) => assert!(is_local || !list.is_empty(), "{url} and {text:?}"),
            (Some(proxy), Route::Proxy(used)) => assert_eq!(used, *proxy),
            // A proxy that can't be used is never gone around.
            (proxy, route) => assert!(proxy.is_none() && route == Route::UnusableProxy),
        }
    }
}
