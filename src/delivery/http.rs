//! The one request, and the redirects that it may follow.

use std::fmt;
use std::io;

use crate::delivery::proxy::{ProxySettings, Route};
use crate::delivery::tls;
use crate::endpoint::Endpoint;
use crate::endpoint::bypass_token::BypassToken;

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 3;

/// The longest status line, and the most bytes of headers, that are read of a response. Its body is never read.
const MAX_STATUS_LINE_BYTES: usize = 1024;
const MAX_HEADER_BYTES: usize = 16 << 10;

/// The `User-Agent` header.
const USER_AGENT: &str = concat!("docglow-telemetry/", env!("CARGO_PKG_VERSION"));

/// What minreq gives for the reason phrase where a server's answer is no HTTP.
const MINREQ_NO_STATUS_LINE: &str = "Server did not provide a status line";

/// A POST of one payload.
pub struct Request {
    pub endpoint: Endpoint,
    /// Sent to the endpoint's own origin only.
    pub bypass_token: Option<BypassToken>,
    /// JSON.
    pub body: String,
}

/// Why no answer was had.
#[derive(Debug)]
pub enum Failure {
    Io(io::Error),
    Client(minreq::Error),
    NoHttp,
    UnusableProxy,
    RedirectRefused,
    RedirectWithoutLocation,
    TooManyRedirects,
}

impl Request {
    /// The headers behind `Host`, in the order sent, but for `Content-Length`, which stands last.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let token = self.bypass_token.as_ref().map(|token| (BypassToken::HEADER, token.as_str()));
        [("Content-Type", "application/json"), ("User-Agent", USER_AGENT)].into_iter().chain(token)
    }

    /// Sends the request, following redirects, and returns the status code of the last answer. `endpoint` is afterwards the
    /// one that was asked last.
    ///
    /// It sets no time limit of its own: the caller ends the process.
    ///
    /// # Errors
    /// `Failure`, with a reason fit to be shown.
    pub fn send(&mut self, proxy: &ProxySettings) -> Result<u16, Failure> {
        let mut redirects = 0..MAX_REDIRECTS;
        loop {
            let response = self.exchange(proxy)?;
            if !matches!(response.status_code, 301 | 302 | 307 | 308) {
                return Ok(response.status_code);
            }
            let location = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
            let (_, location) = location.ok_or(Failure::RedirectWithoutLocation)?;
            let target = self.endpoint.redirect(location.trim()).ok_or(Failure::RedirectRefused)?;
            redirects.next().ok_or(Failure::TooManyRedirects)?;
            if !target.same_origin(&self.endpoint) {
                self.bypass_token = None;
            }
            self.endpoint = target;
        }
    }

    fn exchange(&self, proxy: &ProxySettings) -> Result<minreq::ResponseLazy, Failure> {
        let mut request = minreq::post(self.endpoint.url())
            .with_headers(self.headers())
            .with_body(self.body.as_str())
            .with_follow_redirects(false)
            .with_max_status_line_length(MAX_STATUS_LINE_BYTES)
            .with_max_headers_size(MAX_HEADER_BYTES);
        match proxy.route(&self.endpoint) {
            Route::Direct => {}
            Route::Proxy(proxy) => request = request.with_proxy(proxy.for_minreq().map_err(Failure::of)?),
            Route::UnusableProxy => return Err(Failure::UnusableProxy),
        }
        if self.endpoint.is_https() {
            tls::prepare();
        }
        let response = request.send_lazy().map_err(Failure::of)?;
        if response.reason_phrase == MINREQ_NO_STATUS_LINE { Err(Failure::NoHttp) } else { Ok(response) }
    }
}

impl Failure {
    fn of(error: minreq::Error) -> Failure {
        match error {
            minreq::Error::IoError(error) => Failure::Io(error),
            other => Failure::Client(other),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Failure::Io(error) => {
                let text = error.to_string();
                f.write_str(text.split(" (os error").next().unwrap_or_default())
            }
            Failure::Client(error) => error.fmt(f),
            Failure::NoHttp => f.write_str("the answer is not HTTP"),
            Failure::UnusableProxy => f.write_str("the proxy that the environment names can't be used"),
            Failure::RedirectRefused => f.write_str("redirect refused"),
            Failure::RedirectWithoutLocation => f.write_str("redirect without a Location"),
            Failure::TooManyRedirects => f.write_str("too many redirects"),
        }
    }
}
