//! Connecting to a name: both families looked up at once, their addresses raced (RFC 8305), so that none that is dead, and no
//! name server that answers for one family only, stands in the way.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::endpoint::LOCALHOST;
use crate::platform::{Family, NoAddress, network};
use crate::sender::failure::Failure;
use crate::sender::threads::{Mailbox, start};

/// How long an attempt has before the next one starts beside it: RFC 8305's "Connection Attempt Delay".
const NEXT_ATTEMPT: Duration = Duration::from_millis(250);

/// How long IPv4 waits for the IPv6 addresses, which are tried first: RFC 8305's "Resolution Delay".
const WAIT_FOR_V6: Duration = Duration::from_millis(50);

/// How long a name has to be found through the resolver's search list, before it is asked for as it stands, too. musl waits 5 s
/// for each search domain whose server fails, where others go on.
const SEARCH: Duration = Duration::from_millis(400);

/// A look-up's stack: glibc's alone takes some 100 KiB. What is not touched is never made.
const LOOKUP_STACK_BYTES: usize = 512 << 10;

const ATTEMPT_STACK_BYTES: usize = 64 << 10;

/// What a look-up or an attempt reports.
enum News {
    Addresses(Family, Result<Vec<IpAddr>, NoAddress>),
    Attempt(io::Result<TcpStream>),
}

/// Connects to the first address of `host`, a name or an address, that takes the connection. It sets no time limit of its own, but
/// look-ups are not waited for after `give_up`: musl asks a name server that says no for 5 s.
///
/// # Errors
/// That of the last attempt, or `Failure::NoAddress`.
pub fn connect(host: &str, port: u16, give_up: Instant) -> Result<TcpStream, Failure> {
    let mut race = Race::to(host, &[Family::V6, Family::V4], port, give_up);
    loop {
        race.look_up_what_is_due();
        race.start_what_is_due();
        if race.is_lost() {
            return Err(race.failure());
        }
        match race.wait() {
            Some(News::Attempt(Ok(stream))) => {
                // TLS's last message and the request follow each other: neither is to wait for an acknowledgement.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Some(News::Attempt(Err(error))) => race.attempt_failed(error),
            Some(News::Addresses(family, outcome)) => race.looked_up(family, outcome),
            None => {}
        }
    }
}

/// The first address of `host`, for those who can use only one: of IPv4, where there is one, which everything reaches.
///
/// # Errors
/// `Failure::NoAddress`
pub fn first_address(host: &str, give_up: Instant) -> Result<IpAddr, Failure> {
    let first = |families| first_address_in(host, families, give_up);
    first(&[Family::V4]).or_else(|failure| first(&[Family::V6]).map_err(|_| failure))
}

fn first_address_in(
    host: &str,
    families: &'static [Family],
    give_up: Instant,
) -> Result<IpAddr, Failure> {
    let mut race = Race::to(host, families, 0, give_up);
    loop {
        race.look_up_what_is_due();
        if let Some(address) = race.v4.front().or(race.v6.front()) {
            return Ok(*address);
        }
        if race.is_lost() {
            return Err(race.failure());
        }
        if let Some(News::Addresses(family, outcome)) = race.wait() {
            race.looked_up(family, outcome);
        }
    }
}

struct Race {
    families: &'static [Family],
    port: u16,
    reports: Arc<Mailbox<News>>,
    /// Addresses that were not tried yet.
    v4: VecDeque<IpAddr>,
    v6: VecDeque<IpAddr>,
    /// The families take turns.
    v6_is_next: bool,
    /// When the next attempt may start.
    next_attempt: Instant,
    /// The name as it stands, and when it is asked for, unless an address is known by then.
    absolute: Option<(String, Instant)>,
    look_ups: usize,
    /// When look-ups are not waited for any more.
    give_up: Instant,
    attempts: usize,
    /// The last one.
    failure: Failure,
}

impl Race {
    fn new(families: &'static [Family], port: u16, give_up: Instant) -> Race {
        Race {
            families,
            port,
            reports: Arc::default(),
            v4: VecDeque::new(),
            v6: VecDeque::new(),
            v6_is_next: true,
            next_attempt: Instant::now(),
            absolute: None,
            look_ups: 0,
            give_up,
            attempts: 0,
            failure: Failure::NoAddress(NoAddress::Unknown),
        }
    }

    fn to(host: &str, families: &'static [Family], port: u16, give_up: Instant) -> Race {
        let mut race = Race::new(families, port, give_up);
        match host.parse() {
            Ok(address) => race.add([address]),
            // No name server is asked for it (RFC 6761).
            Err(_) if host == LOCALHOST => {
                race.add([Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()])
            }
            Err(_) => {
                race.look_up(host);
                // A name without a dot is one of the search list's.
                if host.contains('.') && !host.ends_with('.') {
                    race.absolute = Some((format!("{host}."), Instant::now() + SEARCH));
                }
            }
        }
        race
    }

    fn look_up(&mut self, host: &str) {
        for family in self.families.iter().copied() {
            self.look_ups += 1;
            let (host, reports) = (host.to_owned(), self.reports.clone());
            let look_up =
                move || reports.put(News::Addresses(family, network::addresses(&host, family)));
            start(LOOKUP_STACK_BYTES, look_up);
        }
    }

    fn look_up_what_is_due(&mut self) {
        let is_due = |due: Instant| self.look_ups == 0 || due <= Instant::now();
        if self.absolute.as_ref().is_some_and(|(_, due)| is_due(*due))
            && let Some((host, _)) = self.absolute.take()
        {
            self.look_up(&host);
        }
    }

    fn looked_up(&mut self, family: Family, outcome: Result<Vec<IpAddr>, NoAddress>) {
        self.look_ups -= 1;
        match outcome {
            Ok(addresses) => {
                self.absolute = None;
                self.add(addresses);
            }
            Err(NoAddress::Unanswered) if matches!(self.failure, Failure::NoAddress(_)) => {
                self.failure = Failure::NoAddress(NoAddress::Unanswered);
            }
            Err(_) => {}
        }
        if self.look_ups == 0 && matches!(self.failure, Failure::NoAddress(NoAddress::Unknown)) {
            // The search list ends with the name as it stands.
            self.absolute = None;
        }
        if family == Family::V4 && self.look_ups > 0 {
            self.next_attempt = Instant::now() + WAIT_FOR_V6;
        } else if self.attempts == 0 {
            self.next_attempt = Instant::now();
        }
    }

    fn add(&mut self, addresses: impl IntoIterator<Item = IpAddr>) {
        for address in addresses {
            if address.is_ipv4() { &mut self.v4 } else { &mut self.v6 }.push_back(address);
        }
    }

    fn start_what_is_due(&mut self) {
        if Instant::now() < self.next_attempt {
            return;
        }
        let (first, second) = if self.v6_is_next {
            (&mut self.v6, &mut self.v4)
        } else {
            (&mut self.v4, &mut self.v6)
        };
        let Some(address) = first.pop_front().or_else(|| second.pop_front()) else { return };
        self.v6_is_next = address.is_ipv4();
        self.next_attempt = Instant::now() + NEXT_ATTEMPT;
        self.attempts += 1;
        let (address, reports) = (SocketAddr::new(address, self.port), self.reports.clone());
        start(ATTEMPT_STACK_BYTES, move || reports.put(News::Attempt(TcpStream::connect(address))));
    }

    fn attempt_failed(&mut self, error: io::Error) {
        self.attempts -= 1;
        self.failure = Failure::Io(error);
        self.next_attempt = Instant::now();
    }

    fn nothing_is_left(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether there is nothing but look-ups.
    fn only_looks_up(&self) -> bool {
        self.nothing_is_left() && self.absolute.is_none() && self.attempts == 0
    }

    fn is_lost(&self) -> bool {
        self.only_looks_up() && (self.look_ups == 0 || self.give_up <= Instant::now())
    }

    /// Why it is lost.
    fn failure(self) -> Failure {
        match self.failure {
            Failure::NoAddress(_) if self.look_ups > 0 => Failure::NoAddress(NoAddress::Unanswered),
            failure => failure,
        }
    }

    /// The next news; `None` where something is due before.
    fn wait(&self) -> Option<News> {
        let attempt = (!self.nothing_is_left()).then_some(self.next_attempt);
        let look_up = self.absolute.as_ref().map(|(_, due)| *due);
        let give_up = self.only_looks_up().then_some(self.give_up);
        self.reports.take(attempt.into_iter().chain(look_up).chain(give_up).min())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn families_take_turns_with_ipv6_first() {
        let mut race = Race::new(&[], 1, Instant::now());
        let (v4, v6) = ([127, 0, 0, 1].into(), [0, 0, 0, 0, 0, 0, 0, 1].into());
        race.add([v4, v4, v6]);
        let order: Vec<_> = (0..3)
            .map(|_| {
                race.next_attempt = Instant::now();
                race.start_what_is_due();
                race.v6_is_next
            })
            .collect();
        assert_eq!(order, [false, true, true]);
        assert!(race.nothing_is_left() && !race.is_lost());
        assert!((0..3).all(|_| matches!(race.reports.take(None), Some(News::Attempt(Err(_))))));
    }

    #[test]
    fn ipv4_waits_a_moment_for_ipv6_and_no_longer() {
        let mut race = Race::new(&[], 1, Instant::now());
        race.look_ups = 2;
        race.looked_up(Family::V4, Ok(vec![Ipv4Addr::LOCALHOST.into()]));
        race.start_what_is_due();
        assert_eq!(race.attempts, 0);
        race.looked_up(Family::V6, Err(NoAddress::Unanswered));
        race.start_what_is_due();
        assert_eq!(race.attempts, 1);
    }

    #[test]
    fn what_follows_tls_last_message_does_not_wait() {
        let open = TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(
            connect("localhost", open.local_addr().unwrap().port(), Instant::now())
                .unwrap()
                .nodelay()
                .unwrap()
        );
    }

    #[test]
    fn what_is_told_is_the_last_attempt_or_why_there_was_none() {
        let closed =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
        let failure = connect("127.0.0.1", closed.port(), Instant::now()).unwrap_err();
        assert!(
            matches!(failure, Failure::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused)
        );
    }
}
