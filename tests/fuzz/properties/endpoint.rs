//! An accepted endpoint means the same to a second, strict URL parser.

use docglow_telemetry::endpoint::Endpoint;
use url::{Host, Url};

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(endpoint) = Endpoint::parse(text) {
        assert_safe(&endpoint);
        if let Ok(given) = Url::parse(text) {
            assert_same(&endpoint, &given);
        }
    }
}

/// Panics unless the endpoint's URL obeys the published rule when the `url` crate parses it.
#[track_caller]
pub fn assert_safe(endpoint: &Endpoint) {
    let written = endpoint.url();
    assert_eq!(Endpoint::parse(&written).as_ref(), Some(endpoint), "{written}");
    assert!(written.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'), "{written:?}");
    let Ok(read) = Url::parse(&written) else {
        // Only the strict parser refuses labels that are not valid punycode. They are looked up
        // unchanged.
        assert!(
            written.to_ascii_lowercase().contains("xn--"),
            "refused by the strict reader: {written}"
        );
        return;
    };
    assert!(read.username().is_empty() && read.password().is_none(), "{written}");
    match read.scheme() {
        "https" => {}
        "http" => assert!(matches!(read.host_str(), Some("localhost" | "127.0.0.1")), "{written}"),
        other => panic!("{other}: {written}"),
    }
    assert_same(endpoint, &read);
}

/// Panics unless both have the same scheme, host, port and request target.
#[track_caller]
pub fn assert_same(endpoint: &Endpoint, read: &Url) {
    assert_eq!(endpoint.is_https(), read.scheme() == "https", "{read}");
    if !endpoint.host().to_ascii_lowercase().contains("xn--") {
        assert_eq!(
            Some(endpoint.host().to_ascii_lowercase()),
            read.host().map(|host| host.to_string()),
            "{read}"
        );
    }
    assert_eq!(Some(endpoint.port()), read.port_or_known_default(), "{read}");
    assert_eq!(endpoint.is_loopback(), is_loopback(read), "{read}");
    if let Ok(written) = Url::parse(&endpoint.url()) {
        assert_eq!((written.path(), written.query()), (read.path(), read.query()), "{read}");
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}
