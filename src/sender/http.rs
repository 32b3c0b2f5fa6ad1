//! The one request, and the redirects that it may follow.

use std::time::Instant;

use crate::endpoint::bypass_token::BypassToken;
use crate::endpoint::{Endpoint, LOCALHOST};
use crate::sender::failure::Failure;
use crate::sender::head::Head;
use crate::sender::loopback_proxy::LoopbackProxy;
use crate::sender::proxy::{ProxySettings, Route};
use crate::sender::tls;

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 3;

/// The longest status line, and the most bytes of headers, that are read of a response. Its body is never read.
const MAX_STATUS_LINE_BYTES: usize = 1024;
const MAX_HEADER_BYTES: usize = 300 << 10; // curl's

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

impl Request {
    /// The headers behind `Host`, in the order sent, but for `Content-Length`, which stands last.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let token = self.bypass_token.as_ref().map(|token| (BypassToken::HEADER, token.as_str()));
        [("Content-Type", "application/json"), ("User-Agent", USER_AGENT)].into_iter().chain(token)
    }

    /// Sends the request, following redirects, and returns the status code of the last answer. `endpoint` is afterwards the
    /// one that was asked last. `led_on` hears of each further one before it is asked, and may refuse it.
    ///
    /// It sets no time limit of its own: the caller ends the process. But look-ups are not waited for after `give_up`.
    ///
    /// # Errors
    /// `Failure`, with a reason fit to be shown.
    pub fn send(
        &mut self,
        proxy: &ProxySettings,
        give_up: Instant,
        mut led_on: impl FnMut(&Request) -> Result<(), Failure>,
    ) -> Result<u16, Failure> {
        let mut redirects = 0..MAX_REDIRECTS;
        loop {
            let Answer { status, location } = self.exchange(proxy, give_up)?;
            if !matches!(status, 301 | 302 | 307 | 308) {
                return Ok(status);
            }
            let location = location.ok_or(Failure::RedirectWithoutLocation)?;
            let target = self.endpoint.redirect(location.trim()).ok_or(Failure::RedirectRefused)?;
            redirects.next().ok_or(Failure::TooManyRedirects)?;
            if !target.same_origin(&self.endpoint) {
                self.bypass_token = None;
            }
            self.endpoint = target;
            led_on(self)?;
        }
    }

    fn exchange(&self, proxy: &ProxySettings, give_up: Instant) -> Result<Answer, Failure> {
        let mut request = minreq::post(self.endpoint.url())
            .with_headers(self.headers())
            .with_body(self.body.as_str())
            .with_follow_redirects(false)
            .with_max_status_line_length(MAX_STATUS_LINE_BYTES)
            .with_max_headers_size(MAX_HEADER_BYTES);
        let relay = self.relay(proxy, give_up)?;
        if let Some(relay) = &relay {
            request = request.with_proxy(relay.for_minreq()?);
        }
        let failed = |error: minreq::Error| match Failure::from(error) {
            failure if failure.is_of_tls() => failure,
            failure => relay.and_then(|relay| relay.failure()).unwrap_or(failure),
        };
        Answer::of(request.send_lazy().map_err(failed)?)
    }

    /// The relay for this request; `None` where it goes without.
    fn relay(
        &self,
        proxy: &ProxySettings,
        give_up: Instant,
    ) -> Result<Option<LoopbackProxy>, Failure> {
        if self.endpoint.is_https() {
            tls::prepare();
        } else if self.endpoint.host() != LOCALHOST {
            return Ok(None);
        }
        let start = |proxy| LoopbackProxy::start(&self.endpoint, proxy, give_up);
        match proxy.route(&self.endpoint) {
            // A machine that has no room for a relay may have a way that needs none. But `localhost` is not to be looked up.
            Route::Direct if self.endpoint.is_https() => Ok(start(None).ok()),
            Route::Direct => Ok(Some(start(None)?)),
            Route::Proxy(proxy) => Ok(Some(start(Some(proxy))?)),
            Route::UnusableProxy => Err(Failure::UnusableProxy),
        }
    }
}

/// What matters of an answer.
struct Answer {
    status: u16,
    location: Option<String>,
}

impl Answer {
    /// minreq takes an interim answer for the answer, and that for its body.
    fn of(mut response: minreq::ResponseLazy) -> Result<Answer, Failure> {
        // minreq takes any number for a status.
        if response.reason_phrase == MINREQ_NO_STATUS_LINE
            || !(100..1000).contains(&response.status_code)
        {
            return Err(Failure::NoHttp);
        }
        if !is_interim(response.status_code) {
            let location = response
                .headers
                .into_iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("location"));
            return Ok(Answer {
                status: response.status_code,
                location: location.map(|(_, value)| value),
            });
        }
        loop {
            let head = Head::read(&mut response, MAX_HEADER_BYTES)?;
            let status = head.status().ok_or(Failure::NoHttp)?;
            if !is_interim(status) {
                return Ok(Answer { status, location: head.header("location").map(str::to_owned) });
            }
        }
    }
}

/// Whether another answer follows this one (RFC 9110 §15.2).
fn is_interim(status: u16) -> bool {
    matches!(status, 100 | 102..=199)
}
