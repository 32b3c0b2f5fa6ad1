//! Which proxy a request goes through, by the rules that curl documents for the proxy variables.

use std::ffi::OsString;

use serde::{Deserialize, Serialize};

use crate::decision::environment::Environment;
use crate::endpoint::Endpoint;

/// The user's proxy variables, as far as they are text. Handed to the sender, which chooses for each hop.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxySettings {
    proxy: Option<String>,
    no_proxy: Option<String>,
}

/// How one request reaches its endpoint.
#[derive(PartialEq, Eq)]
pub enum Route {
    Direct,
    /// Through an HTTP proxy's CONNECT.
    Proxy(HttpProxy),
    /// A proxy was named that the hook can't use. It never goes around it.
    UnusableProxy,
}

/// An HTTP proxy.
#[derive(PartialEq, Eq)]
pub struct HttpProxy {
    host: String,
    port: u16,
    /// `user:password`, percent-decoded.
    credentials: Option<String>,
}

/// curl's default port of an HTTP proxy.
const DEFAULT_PROXY_PORT: u16 = 1080;

impl ProxySettings {
    /// The settings of `environment`. A proxy that is not text is kept as one that can't be used.
    pub fn of(environment: &Environment) -> ProxySettings {
        let text = |variable: &Option<(_, OsString)>| Some(variable.as_ref()?.1.to_string_lossy().into_owned());
        ProxySettings { proxy: text(&environment.proxy), no_proxy: text(&environment.no_proxy) }
    }

    /// The route to `endpoint`. This machine is never reached through a proxy.
    pub fn route(&self, endpoint: &Endpoint) -> Route {
        match &self.proxy {
            Some(proxy) if !endpoint.is_loopback() && !self.excludes(endpoint) => {
                HttpProxy::parse(proxy).map_or(Route::UnusableProxy, Route::Proxy)
            }
            _ => Route::Direct,
        }
    }

    /// Whether `no_proxy` names the endpoint's host: a list of `*`, or of names that stand for themselves and everything
    /// below them, with or without a leading dot or `*.`, each with an optional port.
    fn excludes(&self, endpoint: &Endpoint) -> bool {
        let host = endpoint.host().trim_end_matches('.').to_ascii_lowercase();
        let names = self.no_proxy.as_deref().unwrap_or_default().split([',', ' ']);
        names.map(|name| name.trim().to_ascii_lowercase()).any(|name| {
            let (name, port) = match name.rsplit_once(':') {
                Some((name, port)) => (name, Some(port)),
                None => (name.as_str(), None),
            };
            if port.is_some_and(|port| port.parse() != Ok(endpoint.port())) {
                return false;
            }
            let suffix = name.trim_start_matches("*.").trim_matches('.');
            name == "*"
                || !suffix.is_empty()
                    && host.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }
}

impl HttpProxy {
    /// Parses `[http://][user[:password]@]host[:port][/]`; `None` for another scheme or a host that is no name.
    fn parse(url: &str) -> Option<HttpProxy> {
        let authority = match url.split_once("://") {
            Some((scheme, authority)) if scheme.eq_ignore_ascii_case("http") => authority,
            Some(_) => return None,
            None => url,
        };
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let (credentials, address) = match authority.rsplit_once('@') {
            Some((credentials, address)) => (Some(user_and_password(credentials)?), address),
            None => (None, authority),
        };
        // The address obeys the rule of an endpoint's.
        let address = Endpoint::parse(&format!("https://{address}")).filter(|_| !address.contains(['/', '?', '#']))?;
        let port = address.explicit_port().unwrap_or(DEFAULT_PROXY_PORT);
        Some(HttpProxy { host: address.host().to_owned(), port, credentials })
    }

    /// The proxy as minreq takes it, in a spelling that its own parser can't misread.
    pub fn for_minreq(&self) -> Result<minreq::Proxy, minreq::Error> {
        let HttpProxy { host, port, credentials } = self;
        match credentials {
            Some(credentials) => minreq::Proxy::new(format!("http://{credentials}@{host}:{port}")),
            None => minreq::Proxy::new(format!("http://{host}:{port}")),
        }
    }
}

/// `user:password`, percent-decoded. The colon stands also behind a user without a password (RFC 7617).
fn user_and_password(user_info: &str) -> Option<String> {
    let decoded = percent_decode(user_info)?;
    Some(if user_info.contains(':') { decoded } else { decoded + ":" })
}

/// `None` where an escape is broken or the bytes are no text.
fn percent_decode(text: &str) -> Option<String> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        let digits = piece.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(proxy: &str, no_proxy: &str) -> ProxySettings {
        ProxySettings { proxy: Some(proxy.to_owned()), no_proxy: Some(no_proxy.to_owned()) }
    }

    #[test]
    fn a_proxy_is_read_as_curl_reads_it() {
        for (url, host, port, credentials) in [
            ("http://proxy.acme.example:3128", "proxy.acme.example", 3128, None),
            ("proxy:3128", "proxy", 3128, None),
            ("HTTP://proxy/", "proxy", 1080, None),
            ("http://10.0.0.1:80", "10.0.0.1", 80, None),
            ("http://jane:p%40ss%3Aword@proxy:3128/", "proxy", 3128, Some("jane:p@ss:word")),
            ("jane@proxy", "proxy", 1080, Some("jane:")),
        ] {
            let proxy = HttpProxy::parse(url).unwrap();
            assert_eq!(
                (proxy.host.as_str(), proxy.port, proxy.credentials.as_deref()),
                (host, port, credentials),
                "{url}"
            );
            assert!(proxy.for_minreq().is_ok());
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_never_gone_around() {
        let endpoint = Endpoint::docglow();
        for url in [
            "socks5://proxy:1080",
            "https://proxy",
            "http://",
            "http://[::1]:3128",
            "http://a b",
            "http://j%zz@proxy",
            "http://proxy/path",
        ] {
            assert!(settings(url, "").route(&endpoint) == Route::UnusableProxy, "{url}");
        }
    }

    #[test]
    fn no_proxy_names_hosts_and_what_is_below_them() {
        let endpoint = Endpoint::parse("https://api.docglow.com/x").unwrap();
        for (no_proxy, direct) in [
            ("*", true),
            ("docglow.com", true),
            (".docglow.com", true),
            ("*.docglow.com", true),
            ("a.example, API.Docglow.com", true),
            ("api.docglow.com:443", true),
            ("api.docglow.com:8443", false),
            ("glow.com", false),
            ("docglow.com.evil", false),
            ("xapi.docglow.com", false),
            ("", false),
            (",,", false),
            (".", false),
        ] {
            let is_direct = settings("http://proxy:1", no_proxy).route(&endpoint) == Route::Direct;
            assert_eq!(is_direct, direct, "{no_proxy:?}");
        }
    }

    #[test]
    fn this_machine_is_never_reached_through_a_proxy() {
        for url in ["http://localhost:1/", "http://127.0.0.1/", "https://localhost/", "https://127.0.0.3/"] {
            let endpoint = Endpoint::parse(url).unwrap();
            assert!(settings("http://proxy:1", "").route(&endpoint) == Route::Direct, "{url}");
        }
    }
}
