//! The URLs that an event may be sent to. A URL is parsed once; all later code uses the parsed
//! parts.

pub mod bypass_token;
mod redirect;

use std::fmt;
use std::fmt::Write;
use std::net::Ipv4Addr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const LOCALHOST: &str = "localhost";

/// An `https` URL, or an `http` URL of this machine. It is stored in parts and written again from
/// them, so that the HTTP client cannot read it differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Otherwise `http`.
    is_https: bool,
    /// Lower-case letters, digits, `-` and `.` only.
    host: String,
    port: Option<u16>,
    /// Begins with `/`; visible ASCII without `#` and `\`.
    path_and_query: String,
}

impl Endpoint {
    /// docglow's own collector, used if neither the environment nor docglow.yml names another.
    pub fn docglow() -> Endpoint {
        Endpoint {
            is_https: true,
            host: "api.docglow.com".to_owned(),
            port: None,
            path_and_query: "/v1/telemetry/events".to_owned(),
        }
    }

    /// Parses a URL that follows the published rule: `https://` with a host, or `http://` with
    /// exactly `localhost` or `127.0.0.1`; no user info, backslash, white space or control
    /// character; a port in 1–65535.
    ///
    /// Scheme and host may be in capitals. White space around the URL is ignored, because a
    /// variable that was read from a file often ends with a line break.
    pub fn parse(url: &str) -> Option<Endpoint> {
        let url = url.trim();
        if url.contains(|c: char| c == '\\' || c.is_whitespace() || c.is_control()) {
            return None;
        }
        let (scheme, rest) = url.split_once("://")?;
        let is_https = scheme.eq_ignore_ascii_case("https");
        if !is_https && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let (authority, path_and_query) =
            rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(parse_port(port)?)),
            None => (authority, None),
        };
        let host = host.to_ascii_lowercase();
        let is_allowed =
            if is_https { is_host(&host) } else { host == LOCALHOST || host == "127.0.0.1" };
        is_allowed.then(|| Endpoint {
            is_https,
            host,
            port,
            path_and_query: normal_path_and_query(path_and_query),
        })
    }

    /// Whether the request is TLS-protected.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// Whether the host is this machine, in any spelling.
    pub fn is_loopback(&self) -> bool {
        let address: Option<Ipv4Addr> = self.host.parse().ok();
        is_localhost(&self.host)
            || address.is_some_and(|address| address.is_loopback() || address.is_unspecified())
    }

    /// Whether both have the same scheme, host and port (RFC 6454).
    pub fn same_origin(&self, other: &Endpoint) -> bool {
        self.is_https == other.is_https && self.host == other.host && self.port() == other.port()
    }

    /// The host for the name look-up: letters, digits, `-` and `.`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.is_https { 443 } else { 80 })
    }

    /// The value of the `Host` header.
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// The URL as it is requested, including the query. Messages show the `Display` form instead.
    pub fn url(&self) -> String {
        format!("{}{}", self.origin(), self.path_and_query)
    }

    /// The URL that minreq gets: without TLS, because the sender does TLS itself.
    pub fn url_without_tls(&self) -> String {
        format!("http://{}{}", self.authority(), self.path_and_query)
    }

    /// The target of minreq's CONNECT request to a proxy, for that URL.
    pub fn connect_target(&self) -> String {
        format!("{}:{}", self.host, self.port.unwrap_or(80))
    }

    /// The target in the request line.
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }

    fn origin(&self) -> String {
        format!("{}://{}", self.scheme(), self.authority())
    }

    fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }
}

/// Whether a name means this machine by definition, without a look-up (RFC 6761).
pub fn is_localhost(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == LOCALHOST || host.ends_with(".localhost")
}

/// A port that can be connected to.
pub fn parse_port(text: &str) -> Option<u16> {
    let all_digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|port| all_digits && *port > 0)
}

fn is_host(host: &str) -> bool {
    let mut labels = host.strip_suffix('.').unwrap_or(host).split('.');
    let well_formed = labels.clone().all(|label| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    });
    // The C library reads 2130706433, 0x7f.1 and 127.1 as addresses of this machine. A host name
    // never ends in such a number.
    let ends_in_number = labels
        .next_back()
        .is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit()) || label.starts_with("0x"));
    well_formed && (!ends_in_number || host.parse::<Ipv4Addr>().is_ok())
}

/// The request target: it has a path and no fragment, and is percent-encoded if it is not ASCII.
fn normal_path_and_query(text: &str) -> String {
    let mut normal = String::with_capacity(text.len() + 1);
    if !text.starts_with('/') {
        normal.push('/');
    }
    for byte in text.bytes().take_while(|byte| *byte != b'#') {
        if byte.is_ascii() {
            normal.push(char::from(byte));
        } else {
            // Writing to a String never fails.
            let _ = write!(normal, "%{byte:02X}");
        }
    }
    normal
}

/// Shows a query as `(set)`, because some collectors expect their token there.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let query = if self.path_and_query.contains('?') { "?(set)" } else { "" };
        write!(f, "{}{}{query}", self.origin(), self.path())
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.url())
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let url = String::deserialize(deserializer)?;
        Endpoint::parse(&url).ok_or_else(|| D::Error::custom("not an endpoint"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_made_for_the_parts_of_the_url() {
        for (url, is_https, without_tls, host, path) in [
            (
                "https://acme.example/a?b",
                true,
                "http://acme.example/a?b",
                "acme.example:80",
                "/a?b",
            ),
            (
                "https://acme.example:8443",
                true,
                "http://acme.example:8443/",
                "acme.example:8443",
                "/",
            ),
            ("http://localhost:1/x", false, "http://localhost:1/x", "localhost:1", "/x"),
            ("http://localhost/x", false, "http://localhost/x", "localhost:80", "/x"),
        ] {
            let endpoint = Endpoint::parse(url).unwrap();
            assert_eq!(endpoint.is_https(), is_https);
            if endpoint.authority() == endpoint.host() {
                assert_eq!(endpoint.port(), if is_https { 443 } else { 80 });
            }
            assert_eq!(endpoint.url_without_tls(), without_tls);
            assert_eq!((&*endpoint.connect_target(), endpoint.path_and_query()), (host, path));
        }
    }

    #[test]
    fn an_endpoint_is_https_or_this_machine() {
        for (url, written) in [
            (
                "https://api.docglow.com/v1/telemetry/events",
                "https://api.docglow.com/v1/telemetry/events",
            ),
            ("https://collector.acme.example", "https://collector.acme.example/"),
            ("https://collector:8443?team=1", "https://collector:8443/?team=1"),
            ("https://collector/a#fragment", "https://collector/a"),
            ("https://collector#fragment", "https://collector/"),
            ("https://collector./a@b:c", "https://collector./a@b:c"),
            ("https://10.0.0.1/x", "https://10.0.0.1/x"),
            ("https://collector/é", "https://collector/%C3%A9"),
            ("http://localhost:8080/x", "http://localhost:8080/x"),
            ("http://127.0.0.1", "http://127.0.0.1/"),
            (" \thttps://collector/a\r\n", "https://collector/a"),
            ("HTTPS://Collector.Example/A", "https://collector.example/A"),
            ("HTTP://LocalHost:1/", "http://localhost:1/"),
        ] {
            assert_eq!(Endpoint::parse(url).map(|e| e.url()).as_deref(), Some(written), "{url}");
        }
    }

    #[test]
    fn an_unsafe_url_is_no_endpoint() {
        for url in [
            "",
            "https://",
            "https:///path",
            "https://.",
            "https://-..-",
            "https://a..b",
            "https://?x",
            "https://:443",
            "https://host:",
            "https://host:0",
            "https://host:65536",
            "https://host:65979",
            "https://host:+443",
            "https://host:4 43",
            "https://host:443:443",
            "https://user@host",
            "https://user:pass@host/",
            "https://host@evil.example",
            "https://[::1]/",
            "https://ho_st",
            "https://höst",
            "https://host\\@evil.example",
            "https://ho st",
            "https://host/a b",
            "https://host/a\r\nX: y",
            "https://host/\u{a0}x",
            "https://2130706433",
            "https://127.1",
            "https://0x7f.0.0.1",
            "https://0X7F",
            "https://0177.0.0.01",
            "https://1.2.3.4.",
            "http://localhost.evil.example",
            "http://localhost@evil.example",
            "http://127.0.0.2",
            "http://127.0.0.1.",
            "http://evil.example",
            "http://[::1]",
            "ftp://localhost",
            "file:///etc/passwd",
            "localhost",
            "//localhost",
        ] {
            assert_eq!(Endpoint::parse(url), None, "{url:?}");
        }
    }

    #[test]
    fn an_endpoint_is_written_as_it_was_parsed() {
        for url in ["https://collector:8443?team=1", "https://a/é?q=ü#f", "http://localhost:1/"] {
            let endpoint = Endpoint::parse(url).unwrap();
            assert_eq!(Endpoint::parse(&endpoint.url()), Some(endpoint));
        }
        let docglow = Endpoint::docglow();
        assert_eq!(Endpoint::parse(&docglow.url()), Some(docglow));
    }

    #[test]
    fn a_person_sees_that_there_is_a_query_but_not_its_text() {
        for (url, shown) in [
            ("https://collector/x?token=s3cret", "https://collector/x?(set)"),
            ("https://collector:8443?s3cret?s3cret", "https://collector:8443/?(set)"),
            ("http://localhost/x", "http://localhost/x"),
        ] {
            assert_eq!(Endpoint::parse(url).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let endpoint = |url| Endpoint::parse(url).unwrap();
        assert!(endpoint("https://a/x").same_origin(&endpoint("https://A:443/y")));
        for other in ["https://b/", "https://a:444/", "http://localhost/"] {
            assert!(!endpoint("https://a/x").same_origin(&endpoint(other)), "{other}");
        }
    }
}
