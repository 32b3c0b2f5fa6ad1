//! Connects to a host: looks up IPv4 and IPv6 addresses at the same time, and races them (RFC
//! 8305). So neither a dead address nor a name server that answers for only one family blocks the
//! send.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use crate::endpoint::is_localhost;
use crate::platform::{NoAddress, network};
use crate::sender::failure::Failure;
use crate::sender::reach::Reach;
use crate::sender::resolver;
use crate::sender::threads::start;

/// How long an attempt may take before the next one starts beside it: RFC 8305's "Connection
/// Attempt Delay".
const NEXT_ATTEMPT: Duration = Duration::from_millis(250);

/// How long IPv4 waits for the IPv6 addresses, which are tried first: RFC 8305's "Resolution
/// Delay".
const WAIT_FOR_V6: Duration = Duration::from_millis(50);

/// The stack of a look-up. A system's own resolver may need some 100 KiB. Untouched pages use no
/// memory.
const LOOK_UP_STACK_BYTES: usize = 512 << 10;

const ATTEMPT_STACK_BYTES: usize = 64 << 10;

/// A message from a look-up or an attempt.
enum Event {
    /// Some addresses of the host. More may follow.
    Found(Vec<IpAddr>),
    /// The look-up has ended.
    LookedUp(Result<(), NoAddress>),
    Attempt(io::Result<TcpStream>),
}

/// Connects to `host`, a name or an address. The first address that accepts the connection wins.
/// Only addresses at least as far away as `least` are tried.
///
/// There is no time limit for connecting, but after `give_up` it no longer waits for a look-up.
///
/// # Errors
/// That of the last attempt, or why there was no address to try.
pub fn connect(
    host: &str,
    port: u16,
    least: Reach,
    give_up: Instant,
) -> Result<TcpStream, Failure> {
    let mut race = Race::to(host, port, least, give_up);
    loop {
        race.start_next_attempt();
        if race.is_lost() {
            return Err(race.failure);
        }
        match race.wait() {
            Some(Event::Attempt(Ok(stream))) => {
                // The request follows TLS's last message at once. Without this, Nagle's algorithm
                // could delay it until that message is acknowledged.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Some(Event::Attempt(Err(error))) => race.attempt_failed(error),
            Some(Event::Found(addresses)) => race.found(addresses),
            Some(Event::LookedUp(outcome)) => race.looked_up(outcome),
            None => {}
        }
    }
}

/// One address of `host`, for a proxy that accepts only one. IPv4 is preferred, because every
/// network supports it.
///
/// # Errors
/// Why there is no address.
pub fn first_address(host: &str, least: Reach, give_up: Instant) -> Result<IpAddr, Failure> {
    let mut race = Race::to(host, 0, least, give_up);
    loop {
        let is_over = !race.is_looking_up || give_up <= Instant::now();
        let v4 = race.addresses.iter().find(|address| address.is_ipv4());
        if let Some(address) = v4.or(race.addresses.front().filter(|_| is_over)) {
            return Ok(*address);
        }
        if is_over {
            return Err(race.failure);
        }
        match race.events.recv_timeout(give_up.saturating_duration_since(Instant::now())) {
            Ok(Event::Found(addresses)) => race.found(addresses),
            Ok(Event::LookedUp(outcome)) => race.looked_up(outcome),
            _ => {}
        }
    }
}

struct Race {
    port: u16,
    least: Reach,
    /// Cloned for each thread.
    sender: Sender<Event>,
    events: Receiver<Event>,
    /// Addresses that have not been tried yet.
    addresses: VecDeque<IpAddr>,
    /// Attempts alternate between the families.
    v6_is_next: bool,
    /// When the next attempt may start.
    next_attempt: Instant,
    is_looking_up: bool,
    /// When to stop waiting for a look-up.
    give_up: Instant,
    running_attempts: usize,
    /// Why there is no connection: the error of the last attempt, if there was one.
    failure: Failure,
}

impl Race {
    fn new(port: u16, least: Reach, give_up: Instant) -> Race {
        let (sender, events) = channel();
        Race {
            port,
            least,
            sender,
            events,
            addresses: VecDeque::new(),
            v6_is_next: true,
            next_attempt: Instant::now(),
            is_looking_up: false,
            give_up,
            running_attempts: 0,
            failure: Failure::NoAddress(NoAddress::Unanswered),
        }
    }

    fn to(host: &str, port: u16, least: Reach, give_up: Instant) -> Race {
        let mut race = Race::new(port, least, give_up);
        if let Ok(address) = host.parse() {
            race.add(address);
        } else if is_localhost(host) {
            // No name server is asked (RFC 6761). IPv4 comes first, because a server for this
            // machine often listens on 127.0.0.1 only.
            race.v6_is_next = false;
            race.add(Ipv4Addr::LOCALHOST.into());
            race.add(Ipv6Addr::LOCALHOST.into());
        } else {
            race.look_up(host);
        }
        race
    }

    fn look_up(&mut self, host: &str) {
        self.is_looking_up = true;
        let (host, sender, give_up) = (host.to_owned(), self.sender.clone(), self.give_up);
        let look_up = move || {
            let found = |addresses| drop(sender.send(Event::Found(addresses)));
            let outcome = match network::SYSTEM_RESOLVER {
                Some(resolve) => resolve(&host).map(found),
                None => resolver::look_up(&host, give_up, &found),
            };
            drop(sender.send(Event::LookedUp(outcome)));
        };
        start(LOOK_UP_STACK_BYTES, look_up);
    }

    fn found(&mut self, addresses: Vec<IpAddr>) {
        let is_first = self.addresses.is_empty() && self.running_attempts == 0;
        for address in addresses {
            if address.to_canonical().is_unspecified() {
                // This address is used to block a name. Linux would connect to this machine.
                self.failure = Failure::Blocked;
            } else {
                self.add(address);
            }
        }
        if is_first && self.addresses.iter().all(IpAddr::is_ipv4) && self.is_looking_up {
            self.next_attempt = Instant::now() + WAIT_FOR_V6;
        } else if self.running_attempts == 0 {
            self.next_attempt = Instant::now();
        }
    }

    fn looked_up(&mut self, outcome: Result<(), NoAddress>) {
        self.is_looking_up = false;
        if let (Err(why), Failure::NoAddress(_)) = (outcome, &self.failure) {
            self.failure = Failure::NoAddress(why);
        }
        if self.running_attempts == 0 {
            self.next_attempt = Instant::now();
        }
    }

    fn add(&mut self, address: IpAddr) {
        if Reach::of(address) < self.least {
            self.failure = Failure::RedirectRefused;
        } else {
            self.addresses.push_back(address);
        }
    }

    fn start_next_attempt(&mut self) {
        if Instant::now() < self.next_attempt {
            return;
        }
        let is_due = |address: &IpAddr| address.is_ipv6() == self.v6_is_next;
        let next = self.addresses.iter().position(is_due).unwrap_or(0);
        let Some(address) = self.addresses.remove(next) else { return };
        self.v6_is_next = address.is_ipv4();
        self.next_attempt = Instant::now() + NEXT_ATTEMPT;
        self.running_attempts += 1;
        let (address, sender) = (SocketAddr::new(address, self.port), self.sender.clone());
        start(ATTEMPT_STACK_BYTES, move || {
            drop(sender.send(Event::Attempt(TcpStream::connect(address))));
        });
    }

    fn attempt_failed(&mut self, error: io::Error) {
        self.running_attempts -= 1;
        self.failure = Failure::Io(error);
        self.next_attempt = Instant::now();
    }

    fn is_lost(&self) -> bool {
        let may_find = self.is_looking_up && Instant::now() < self.give_up;
        self.running_attempts == 0 && self.addresses.is_empty() && !may_find
    }

    /// Waits for the next event, or until the next attempt or the end of the look-up is due.
    fn wait(&self) -> Option<Event> {
        let due = if !self.addresses.is_empty() {
            self.next_attempt
        } else if self.running_attempts == 0 {
            self.give_up
        } else {
            return self.events.recv().ok();
        };
        self.events.recv_timeout(due.saturating_duration_since(Instant::now())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn race() -> Race {
        Race::new(1, Reach::ThisMachine, Instant::now())
    }

    #[test]
    fn families_take_turns_with_ipv6_first() {
        let mut race = race();
        for address in ["127.0.0.1", "127.0.0.1", "::1"] {
            race.add(address.parse().unwrap());
        }
        let order: Vec<_> = (0..3)
            .map(|_| {
                race.next_attempt = Instant::now();
                race.start_next_attempt();
                race.v6_is_next
            })
            .collect();
        assert_eq!(order, [false, true, true]);
        assert!(race.addresses.is_empty() && !race.is_lost());
        assert!((0..3).all(|_| matches!(race.wait(), Some(Event::Attempt(Err(_))))));
    }

    #[test]
    fn localhost_is_127_0_0_1_first() {
        for host in ["localhost", "collector.localhost", "LOCALHOST."] {
            let mut race = Race::to(host, 1, Reach::ThisMachine, Instant::now());
            race.start_next_attempt();
            assert!(race.v6_is_next && race.addresses == [Ipv6Addr::LOCALHOST], "{host}");
        }
    }

    #[test]
    fn ipv4_waits_a_moment_for_ipv6_and_no_longer() {
        let mut race = race();
        race.is_looking_up = true;
        race.found(vec![Ipv4Addr::LOCALHOST.into()]);
        race.start_next_attempt();
        assert_eq!(race.running_attempts, 0);
        race.looked_up(Ok(()));
        race.start_next_attempt();
        assert_eq!(race.running_attempts, 1);
    }

    #[test]
    fn an_address_that_means_nowhere_or_is_too_near_is_not_tried() {
        let mut race = race();
        race.found(vec!["0.0.0.0".parse().unwrap(), "::".parse().unwrap()]);
        assert!(matches!((race.is_lost(), &race.failure), (true, Failure::Blocked)));
        race.least = Reach::PrivateNetwork;
        race.found(vec!["127.0.0.1".parse().unwrap()]);
        assert!(matches!((race.is_lost(), &race.failure), (true, Failure::RedirectRefused)));
        race.found(vec!["10.0.0.1".parse().unwrap()]);
        assert!(!race.addresses.is_empty());
    }

    #[test]
    fn a_request_after_tls_last_message_is_not_delayed() {
        let open = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = open.local_addr().unwrap().port();
        let stream = connect("localhost", port, Reach::ThisMachine, Instant::now()).unwrap();
        assert!(stream.nodelay().unwrap());
    }

    #[test]
    fn the_failure_is_that_of_the_last_attempt() {
        let closed =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
        let failure = connect("127.0.0.1", closed.port(), Reach::ThisMachine, Instant::now());
        assert!(
            matches!(failure, Err(Failure::Io(error)) if error.kind() == io::ErrorKind::ConnectionRefused)
        );
    }
}
