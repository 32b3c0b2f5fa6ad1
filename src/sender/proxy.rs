//! Chooses the proxy for a request, by curl's rules for the proxy variables.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::decision::environment::Environment;
use crate::endpoint::{Endpoint, parse_port};

/// The user's proxy variables. The sender uses them to choose a route for each redirect, too.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxySettings {
    proxy: Option<String>,
    no_proxy: Option<String>,
}

/// How one request reaches its endpoint.
#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    Direct,
    Proxy(Proxy),
    /// The proxy that the environment names cannot be used. The event is then not sent at all,
    /// because it must not bypass the proxy.
    UnusableProxy,
}

/// A proxy, parsed from its URL.
#[derive(Debug, PartialEq, Eq)]
pub struct Proxy {
    pub protocol: Protocol,
    /// A name, or an address without brackets.
    pub host: String,
    pub port: u16,
    pub credentials: Option<Credentials>,
}

/// The protocol of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// CONNECT.
    Http,
    /// CONNECT, over TLS.
    Https,
    /// The sender looks the host name up.
    Socks5,
    /// The proxy looks the host name up.
    Socks5h,
}

/// User and password, percent-decoded.
#[derive(Debug, PartialEq, Eq)]
pub struct Credentials {
    pub user: Vec<u8>,
    pub password: Vec<u8>,
}

impl ProxySettings {
    /// The settings of `environment`. A proxy that is not text is kept as an unusable one.
    pub fn of(environment: &Environment) -> ProxySettings {
        let text = |value: &OsStr| value.to_string_lossy().into_owned();
        ProxySettings {
            proxy: environment.proxy().map(text),
            no_proxy: environment.no_proxy().map(text),
        }
    }

    /// The route to `endpoint`. This machine is never reached through a proxy.
    pub fn route(&self, endpoint: &Endpoint) -> Route {
        match &self.proxy {
            Some(proxy) if !endpoint.is_loopback() && !self.excludes(endpoint) => {
                Proxy::parse(proxy).map_or(Route::UnusableProxy, Route::Proxy)
            }
            _ => Route::Direct,
        }
    }

    /// Whether `no_proxy` excludes the endpoint's host. The variable is `*`, or a list of names,
    /// addresses and CIDR blocks. A name also stands for all names below it, and may begin with a
    /// dot.
    fn excludes(&self, endpoint: &Endpoint) -> bool {
        let host = endpoint.host();
        let list = self.no_proxy.as_deref().unwrap_or_default().to_ascii_lowercase();
        list == "*"
            || list.split([',', ' ', '\t']).any(|item| match host.parse() {
                Ok(address) => is_in_block(address, item),
                Err(_) => is_at_or_below(host, item),
            })
    }
}

/// Like curl, it ignores one dot at the end of each name, and one at the start of `name`.
fn is_at_or_below(host: &str, name: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let name = name.strip_suffix('.').unwrap_or(name);
    let name = name.strip_prefix('.').unwrap_or(name);
    let below = host.strip_suffix(name).filter(|_| !name.is_empty());
    below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether an address is in a CIDR block such as `10.0.0.0/8`, or is the address itself.
fn is_in_block(address: Ipv4Addr, block: &str) -> bool {
    let (network, bits) = block.split_once('/').unwrap_or((block, "32"));
    let (Ok(network), Ok(bits @ 0..=32)) = (network.parse::<Ipv4Addr>(), bits.parse::<u32>())
    else {
        return false;
    };
    // Like curl, it treats a block of 0 bits as an address.
    let shift = if bits == 0 { 0 } else { 32 - bits };
    address.to_bits() >> shift == network.to_bits() >> shift
}

impl Protocol {
    fn parse(scheme: &str) -> Option<Protocol> {
        Some(match scheme.to_ascii_lowercase().as_str() {
            "http" => Protocol::Http,
            "https" => Protocol::Https,
            "socks5" => Protocol::Socks5,
            "socks5h" => Protocol::Socks5h,
            _ => return None,
        })
    }

    /// The port that curl uses.
    fn default_port(self) -> u16 {
        if self == Protocol::Https { 443 } else { 1080 }
    }
}

impl Proxy {
    /// Parses `[scheme://][user[:password]@]host[:port]` as curl does, and ignores a path. The
    /// scheme must be known, and the host must be a name or an address.
    pub fn parse(url: &str) -> Option<Proxy> {
        // A value that is not UTF-8 has been converted with replacement characters.
        if url.contains(|c: char| {
            c.is_whitespace() || c.is_control() || c == char::REPLACEMENT_CHARACTER
        }) {
            return None;
        }
        let (protocol, rest) = match url.split_once("://") {
            Some((scheme, rest)) => (Protocol::parse(scheme)?, rest),
            None => (Protocol::Http, url),
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let (credentials, address) = match authority.rsplit_once('@') {
            Some((user_info, address)) => (Some(Credentials::parse(user_info)), address),
            None => (None, authority),
        };
        let (host, port) = match address.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
            Some((host, port)) => (host.parse::<Ipv6Addr>().ok()?.to_string(), port),
            None => {
                let (host, port) = address.split_at(address.find(':').unwrap_or(address.len()));
                (Some(host).filter(|host| is_host(host))?.to_owned(), port)
            }
        };
        let port = match port {
            "" | ":" => protocol.default_port(),
            port => parse_port(port.strip_prefix(':')?)?,
        };
        Some(Proxy { protocol, host, port, credentials })
    }
}

/// Also accepts underscores, because names of containers have them.
fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

impl Credentials {
    fn parse(user_info: &str) -> Credentials {
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        Credentials { user: percent_decode(user), password: percent_decode(password) }
    }
}

/// Decodes escapes such as `%41`. An incomplete escape is kept.
fn percent_decode(text: &str) -> Vec<u8> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let digits = piece.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&piece.as_bytes()[2..]);
            }
            None => {
                bytes.push(b'%');
                bytes.extend_from_slice(piece.as_bytes());
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(proxy: &str, no_proxy: &str) -> ProxySettings {
        ProxySettings { proxy: Some(proxy.to_owned()), no_proxy: Some(no_proxy.to_owned()) }
    }

    #[test]
    fn a_proxy_is_read_as_curl_reads_it() {
        for (url, protocol, host, port, credentials) in [
            ("http://proxy.acme.example:3128", Protocol::Http, "proxy.acme.example", 3128, None),
            ("proxy:3128", Protocol::Http, "proxy", 3128, None),
            ("HTTP://proxy/", Protocol::Http, "proxy", 1080, None),
            ("http://10.0.0.1:80", Protocol::Http, "10.0.0.1", 80, None),
            ("http://proxy:", Protocol::Http, "proxy", 1080, None),
            ("http://proxy:3128/path?query#fragment", Protocol::Http, "proxy", 3128, None),
            ("http://proxy_host.:3128", Protocol::Http, "proxy_host.", 3128, None),
            ("http://[2001:db8::1]:3128", Protocol::Http, "2001:db8::1", 3128, None),
            ("[::1]", Protocol::Http, "::1", 1080, None),
            ("https://proxy", Protocol::Https, "proxy", 443, None),
            ("socks5://proxy", Protocol::Socks5, "proxy", 1080, None),
            ("SOCKS5h://proxy:9050", Protocol::Socks5h, "proxy", 9050, None),
            (
                "http://jane:p%40ss%3Aword@proxy:3128/",
                Protocol::Http,
                "proxy",
                3128,
                Some(("jane", "p@ss:word")),
            ),
            (
                "http://jane:p@ss:word@proxy",
                Protocol::Http,
                "proxy",
                1080,
                Some(("jane", "p@ss:word")),
            ),
            ("jane@proxy", Protocol::Http, "proxy", 1080, Some(("jane", ""))),
            ("http://jane:100%@proxy", Protocol::Http, "proxy", 1080, Some(("jane", "100%"))),
            (
                "http://jane:%zz%4é%41@proxy",
                Protocol::Http,
                "proxy",
                1080,
                Some(("jane", "%zz%4éA")),
            ),
        ] {
            let credentials = credentials.map(|(user, password): (&str, &str)| Credentials {
                user: user.into(),
                password: password.into(),
            });
            let proxy = Proxy { protocol, host: host.to_owned(), port, credentials };
            assert_eq!(Proxy::parse(url), Some(proxy), "{url}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_never_gone_around() {
        let endpoint = Endpoint::docglow();
        for url in [
            "ftp://proxy",
            "socks4://proxy",
            "http://",
            "http:///path",
            "http://:3128",
            "http://a b",
            "http://proxy:0",
            "http://proxy:65536",
            "http://proxy:+80",
            "http://proxy:80:80",
            "http://[::1",
            "http://[::1]80",
            "http://[proxy]:80",
            "http://2001:db8::1",
            "http://j\u{fffd}@proxy",
            "http://pr\u{f6}xy",
        ] {
            assert_eq!(settings(url, "").route(&endpoint), Route::UnusableProxy, "{url}");
        }
    }

    #[test]
    fn no_proxy_names_hosts_and_all_names_below_them() {
        let endpoint = Endpoint::parse("https://api.docglow.com/x").unwrap();
        for (no_proxy, direct) in [
            ("*", true),
            ("docglow.com", true),
            (".docglow.com", true),
            ("docglow.com.", true),
            ("a.example, API.Docglow.com", true),
            ("*.docglow.com", false),
            ("*,a.example", false),
            ("..docglow.com", false),
            ("docglow.com..", false),
            ("api.docglow.com:443", false),
            ("glow.com", false),
            ("docglow.com.evil", false),
            ("xapi.docglow.com", false),
            ("", false),
            (",,", false),
            (".", false),
            ("a.example\tdocglow.com", true),
            ("10.0.0.0/8", false),
        ] {
            let is_direct = settings("http://proxy:1", no_proxy).route(&endpoint) == Route::Direct;
            assert_eq!(is_direct, direct, "{no_proxy:?}");
        }
    }

    #[test]
    fn no_proxy_names_addresses_and_blocks_of_them() {
        let endpoint = Endpoint::parse("https://10.1.2.3/x").unwrap();
        for (no_proxy, direct) in [
            ("10.1.2.3", true),
            ("10.1.2.3:443", false),
            ("10.0.0.0/8", true),
            ("192.0.2.0/24,10.1.2.0/30", true),
            ("10.1.2.3/32", true),
            ("10.1.2.3/0", true),
            ("10.0.0.0/0", false),
            ("10.1.2.4/30", false),
            ("10.1.2.3/33", false),
            ("10.1.2.3/x", false),
            ("11.0.0.0/8", false),
            ("2.3", false),
            ("1.2.3", false),
        ] {
            let is_direct = settings("http://proxy:1", no_proxy).route(&endpoint) == Route::Direct;
            assert_eq!(is_direct, direct, "{no_proxy:?}");
        }
    }

    #[test]
    fn this_machine_is_never_reached_through_a_proxy() {
        for url in
            ["http://localhost:1/", "http://127.0.0.1/", "https://localhost/", "https://127.0.0.3/"]
        {
            let endpoint = Endpoint::parse(url).unwrap();
            assert!(settings("http://proxy:1", "").route(&endpoint) == Route::Direct, "{url}");
        }
    }
}
