//! The proxy variables: an accepted URL has a host that can be looked up, and any list of
//! exceptions can be read.

use docglow_telemetry::endpoint::Endpoint;
use docglow_telemetry::sender::proxy::{Proxy, ProxySettings, Route};
use std::net::Ipv6Addr;

/// The first line is the URL, the second the list.
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
            // An unusable proxy is never bypassed.
            (proxy, route) => assert!(proxy.is_none() && route == Route::UnusableProxy),
        }
    }
}
