//! Sends the request, and follows redirects.

use std::fmt::Write;
use std::time::Instant;

use crate::endpoint::Endpoint;
use crate::endpoint::bypass_token::BypassToken;
use crate::sender::answer::Answer;
use crate::sender::connect::{self, Connection};
use crate::sender::failure::Failure;
use crate::sender::loopback_proxy::LoopbackProxy;
use crate::sender::proxy::ProxySettings;
use crate::sender::reach::Reach;
use crate::sender::stream::Stream;

/// The most redirects that are followed.
const MAX_REDIRECTS: usize = 3;

/// The `User-Agent` header.
const USER_AGENT: &str = concat!("docglow-telemetry/", env!("CARGO_PKG_VERSION"));

/// A POST of one payload.
pub struct Request {
    pub endpoint: Endpoint,
    /// Sent only to the endpoint's own origin.
    pub bypass_token: Option<BypassToken>,
    /// JSON.
    pub body: String,
}

impl Request {
    /// The headers between `Host` and `Content-Length`, in the order sent.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let token = self.bypass_token.as_ref().map(|token| (BypassToken::HEADER, token.as_str()));
        [("Content-Type", "application/json"), ("User-Agent", USER_AGENT)].into_iter().chain(token)
    }

    /// Sends the request, follows redirects, and returns the status code of the last answer.
    /// Afterwards, `endpoint` is the last one that it tried. Before each redirect is followed, it
    /// calls `on_redirect`, which may refuse it.
    ///
    /// There is no time limit, because the watchdog ends the process. But after `give_up`, it no
    /// longer waits for a look-up.
    ///
    /// # Errors
    /// `Failure`, whose text may be shown.
    pub fn send(
        &mut self,
        proxy: &ProxySettings,
        give_up: Instant,
        mut on_redirect: impl FnMut(&Request) -> Result<(), Failure>,
    ) -> Result<u16, Failure> {
        let (mut redirects, mut least) = (0..MAX_REDIRECTS, Reach::ThisMachine);
        loop {
            let route = proxy.route(&self.endpoint);
            let Connection { stream, reach } =
                connect::open(&self.endpoint, route, least, give_up)?;
            let Answer { status, location } = self.exchange(stream)?;
            if !matches!(status, 301 | 302 | 307 | 308) {
                return Ok(status);
            }
            let location = location.ok_or(Failure::RedirectWithoutLocation)?;
            let target = self.endpoint.redirect(&location).ok_or(Failure::RedirectRefused)?;
            redirects.next().ok_or(Failure::TooManyRedirects)?;
            if !target.same_origin(&self.endpoint) {
                self.bypass_token = None;
            }
            self.endpoint = target;
            least = reach;
            on_redirect(self)?;
        }
    }

    fn exchange(&self, stream: Stream) -> Result<Answer, Failure> {
        let host = self.endpoint.connect_target();
        let text = self.to_text();
        match LoopbackProxy::start(stream, &host, text.len()) {
            Ok(proxy) => self.send_by_minreq(&proxy),
            // A sandbox may forbid loopback but allow the endpoint.
            Err(stream) => Answer::exchange(text.as_bytes(), stream),
        }
    }

    /// Sends the request through the loopback proxy, which does TLS and is connected only to the
    /// endpoint.
    fn send_by_minreq(&self, proxy: &LoopbackProxy) -> Result<Answer, Failure> {
        let request = minreq::post(self.endpoint.url_without_tls())
            .with_headers(self.headers())
            .with_body(self.body.as_str())
            .with_follow_redirects(false)
            .with_max_headers_size(None)
            .with_proxy(proxy.for_minreq()?);
        let response = request.send_lazy();
        // If the proxy closes the connection, minreq returns a status of its own.
        if let Some(failure) = proxy.failure() {
            return Err(failure);
        }
        let response = response?;
        let location = response.headers.into_iter().find(|(name, _)| name == "location");
        Ok(Answer { status: response.status_code, location: location.map(|(_, value)| value) })
    }

    /// The request, byte for byte as minreq writes it.
    fn to_text(&self) -> String {
        let (target, host) = (self.endpoint.path_and_query(), self.endpoint.authority());
        let mut text = format!("POST {target} HTTP/1.1\r\nHost: {host}\r\n");
        for (name, value) in self.headers() {
            // Writing to a String never fails.
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text + &format!("Content-Length: {}\r\n\r\n{}", self.body.len(), self.body)
    }
}
