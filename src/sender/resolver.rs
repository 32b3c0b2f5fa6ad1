//! A stub resolver: it reads `/etc/hosts`, and then asks the name servers of `/etc/resolv.conf` for
//! A and AAAA records.
//!
//! The sender is static, so it cannot use glibc's resolver. musl's has three faults: it takes the
//! first answer of any name server, even a wrong "no such name"; it ends a search at a name without
//! addresses; and it divides by zero for `attempts:0`.

use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use crate::platform::{NoAddress, process};
use crate::sender::hosts;

/// How long to wait for a name server before the next one is asked, too. A slow server is asked
/// again later.
const TURN: Duration = Duration::from_millis(350);

/// The time limit for one name of the search list, if others follow.
const NAME_LIMIT: Duration = Duration::from_millis(700);

/// How many times to ask a name server that fails.
const TRIES: u32 = 2;

/// glibc's limit.
const MAX_SERVERS: usize = 3;
const MAX_NDOTS: usize = 15;

const STACK_BYTES: usize = 64 << 10;

/// The limits of RFC 1035.
const MAX_LABEL_BYTES: usize = 63;
const MAX_NAME_BYTES: usize = 255;
const MAX_UDP_BYTES: usize = 512;

const PORT: u16 = 53;
const HEADER_BYTES: usize = 12;
const A: u8 = 1;
const AAAA: u8 = 28;

/// Called with some addresses of the host. More may follow.
pub type Found<'a> = dyn Fn(Vec<IpAddr>) + Sync + 'a;

/// Whether there were addresses, or why not.
pub type Outcome = Result<(), NoAddress>;

/// Looks up a host. Passes the addresses of each family to `found` as soon as they are known.
///
/// # Errors
/// `NoAddress::Unknown` if the name has no address, `NoAddress::Unanswered` if no name server
/// answered.
pub fn look_up(host: &str, until: Instant, found: &Found<'_>) -> Outcome {
    let own = File::open("/etc/hosts").map(|file| hosts::addresses(BufReader::new(file), host));
    if let Ok(own) = own
        && !own.is_empty()
    {
        found(own);
        return Ok(());
    }
    let text = fs::read("/etc/resolv.conf").unwrap_or_default();
    let machine = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let config = Config::parse(&String::from_utf8_lossy(&text), machine.trim());
    let names = config.names(host);
    let mut outcome = Err(NoAddress::Unknown);
    for (at, name) in names.iter().enumerate() {
        // Even if the server of a search domain is silent, the host's own name must still be asked
        // for.
        let is_search_name_before_others = at + 1 < names.len() && name.len() > host.len();
        let limit = if is_search_name_before_others {
            until.min(Instant::now() + NAME_LIMIT)
        } else {
            until
        };
        match look_up_name(name, &config, limit, found) {
            Ok(()) => return Ok(()),
            Err(NoAddress::Unknown) => {}
            unanswered => outcome = unanswered,
        }
    }
    outcome
}

/// Asks for both families at the same time.
fn look_up_name(name: &str, config: &Config, until: Instant, found: &Found<'_>) -> Outcome {
    let look_up = |record| {
        let query = query(name, record, process::random_bytes()).ok_or(NoAddress::Unknown)?;
        match ask(config, &query, until) {
            Some(Reply::Addresses(addresses)) => found(addresses),
            Some(_) => return Err(NoAddress::Unknown),
            None => return Err(NoAddress::Unanswered),
        }
        Ok(())
    };
    let (v4, v6) = thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES);
        let v6 = thread.spawn_scoped(scope, || look_up(AAAA));
        let v4 = look_up(A);
        // If no thread can be started, the families are asked for one after the other.
        (v4, v6.map_or_else(|_| look_up(AAAA), |v6| v6.join().unwrap_or(v4)))
    });
    match (v4, v6) {
        (Ok(()), _) | (_, Ok(())) => Ok(()),
        (Err(NoAddress::Unknown), other) => other,
        (unanswered, _) => unanswered,
    }
}

/// The part of `resolv.conf` that this resolver uses.
#[derive(Debug, PartialEq, Eq)]
pub struct Config {
    servers: Vec<SocketAddr>,
    search: Vec<String>,
    ndots: usize,
    tcp_only: bool,
}

impl Config {
    /// Parses the file's text as glibc does. Without a search list, the domain of the machine's own
    /// name is the list.
    pub fn parse(text: &str, machine: &str) -> Config {
        let domain = machine.split_once('.').map(|(_, domain)| domain.to_owned());
        let mut config = Config {
            servers: Vec::new(),
            search: Vec::from_iter(domain),
            ndots: 1,
            tcp_only: false,
        };
        for line in text.split('\n') {
            let (keyword, rest) = line.split_once([' ', '\t']).unwrap_or_default();
            let words: Vec<&str> =
                rest.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            let Some(first) = words.first() else { continue };
            match keyword {
                "nameserver" if config.servers.len() < MAX_SERVERS => {
                    config.servers.extend(server(first));
                }
                "domain" => config.search = vec![(*first).to_owned()],
                "search" => config.search = words.iter().map(|word| (*word).to_owned()).collect(),
                "options" => words.iter().for_each(|option| config.set(option)),
                _ => {}
            }
        }
        if config.servers.is_empty() {
            config.servers.push((Ipv4Addr::LOCALHOST, PORT).into());
        }
        config
    }

    fn set(&mut self, option: &str) {
        if let Some(number) = option.strip_prefix("ndots:") {
            self.ndots = number.parse().unwrap_or(0).min(MAX_NDOTS);
        } else if option == "use-vc" {
            self.tcp_only = true;
        }
    }

    /// The fully qualified names to ask for, in order.
    pub fn names(&self, host: &str) -> Vec<String> {
        let name = host.trim_end_matches('.');
        let mut names = vec![name.to_owned()];
        if name == host {
            let domains = self.search.iter().map(|domain| domain.trim_matches('.'));
            let domains = domains.filter(|domain| !domain.is_empty());
            names.extend(domains.map(|domain| format!("{name}.{domain}")));
            if name.matches('.').count() < self.ndots {
                names.rotate_left(1);
            }
        }
        names
    }
}

/// Parses a name server's address. A link-local one may have its interface: `fe80::1%eth0`.
fn server(word: &str) -> Option<SocketAddr> {
    let (address, interface) = word.split_once('%').unwrap_or((word, ""));
    if let Ok(v4) = address.parse::<Ipv4Addr>() {
        return Some((v4, PORT).into());
    }
    let v6: Ipv6Addr = address.parse().ok()?;
    if interface.contains('/') {
        return None;
    }
    let index = fs::read_to_string(format!("/sys/class/net/{interface}/ifindex"));
    let index = index.unwrap_or(interface.to_owned()).trim().parse().unwrap_or(0);
    Some(SocketAddrV6::new(v6, PORT, 0, index).into())
}

/// Asks the name servers in order until one knows addresses. If a later server says no, an earlier
/// one that is still silent may know better, so it is asked again.
fn ask(config: &Config, query: &[u8], until: Instant) -> Option<Reply> {
    let mut servers: Vec<Server> = config.servers.iter().map(Server::new).collect();
    let mut no = None;
    while servers.iter().any(|server| server.tries > 0) {
        let mut earlier_are_done = true;
        for server in servers.iter_mut().filter(|server| server.tries > 0) {
            let turn = TURN.min(until.saturating_duration_since(Instant::now()));
            if turn.is_zero() {
                return no;
            }
            match server.ask(query, config.tcp_only, turn) {
                Ok(Reply::No) => {
                    no = Some(Reply::No);
                    server.tries = 0;
                }
                Ok(Reply::Failure | Reply::Truncated) => server.tries -= 1,
                Ok(addresses) => return Some(addresses),
                Err(error) if is_silence(&error) => {}
                Err(_) => server.tries -= 1,
            }
            earlier_are_done &= server.tries == 0;
            if earlier_are_done && no.is_some() {
                return no;
            }
        }
    }
    no
}

fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// A name server, and the state of one query to it.
struct Server {
    address: SocketAddr,
    /// A socket on a random port, connected to this server.
    socket: Option<UdpSocket>,
    tries: u32,
}

impl Server {
    fn new(address: &SocketAddr) -> Server {
        Server { address: *address, socket: None, tries: TRIES }
    }

    fn ask(&mut self, query: &[u8], tcp_only: bool, turn: Duration) -> io::Result<Reply> {
        if !tcp_only {
            let reply = self.ask_by_udp(query, turn)?;
            if reply != Reply::Truncated {
                return Ok(reply);
            }
        }
        let mut stream = TcpStream::connect_timeout(&self.address, turn)?;
        stream.set_read_timeout(Some(turn))?;
        let length = u16::try_from(query.len()).unwrap_or(0).to_be_bytes();
        stream.write_all(&[&length, query].concat())?;
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut reply = vec![0; u16::from_be_bytes(length).into()];
        stream.read_exact(&mut reply)?;
        Ok(Reply::parse(&reply, query).unwrap_or(Reply::Failure))
    }

    /// Sends the query, perhaps again. The answer to the first query may come after the second one
    /// was sent.
    fn ask_by_udp(&mut self, query: &[u8], turn: Duration) -> io::Result<Reply> {
        let socket = match &self.socket {
            Some(socket) => socket,
            None => {
                let any: IpAddr = match self.address {
                    SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
                    SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
                };
                let socket = UdpSocket::bind((any, 0))?;
                socket.connect(self.address)?;
                self.socket.insert(socket)
            }
        };
        socket.send(query)?;
        let end = Instant::now() + turn;
        let mut reply = [0; MAX_UDP_BYTES];
        loop {
            let rest = end.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            socket.set_read_timeout(Some(rest))?;
            let length = socket.recv(&mut reply)?;
            if let Some(reply) = Reply::parse(&reply[..length], query) {
                return Ok(reply);
            }
        }
    }
}

/// A query for one record of a name (RFC 1035 §4.1), if the name is valid.
pub fn query(name: &str, record: u8, random: [u8; 16]) -> Option<Vec<u8>> {
    const RECURSION_DESIRED: u8 = 1;
    const INTERNET: u8 = 1;
    let mut query = vec![random[0], random[1], RECURSION_DESIRED, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        let is_label = (1..=MAX_LABEL_BYTES).contains(&label.len());
        query.push(u8::try_from(label.len()).ok().filter(|_| is_label)?);
        query.extend(label.as_bytes());
    }
    query.extend([0, 0, record, 0, INTERNET]);
    (query.len() <= HEADER_BYTES + MAX_NAME_BYTES + 4).then_some(query)
}

/// The answer of a name server.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// At least one address.
    Addresses(Vec<IpAddr>),
    /// There is no such name, or it has no address of this family.
    No,
    /// The whole reply is available over TCP.
    Truncated,
    Failure,
}

impl Reply {
    /// Parses a datagram, if it is a reply to this query.
    pub fn parse(bytes: &[u8], query: &[u8]) -> Option<Reply> {
        let (id, question) = (query.get(..2)?, query.get(HEADER_BYTES..)?);
        let (header, rest) = bytes.split_at_checked(HEADER_BYTES)?;
        let (asked, records) = rest.split_at_checked(question.len())?;
        // It must be a response to a standard query with one question.
        let is_reply = header[2] & 0xf8 == 0x80 && header[4..6] == [0, 1];
        if !header.starts_with(id) || !is_reply || !asked.eq_ignore_ascii_case(question) {
            return None;
        }
        let (is_authoritative, is_truncated) = (header[2] & 4 != 0, header[2] & 2 != 0);
        let recursion_is_available = header[3] & 0x80 != 0;
        let record = question[question.len() - 3];
        let count = u16::from_be_bytes([header[6], header[7]]);
        Some(match header[3] & 15 {
            _ if is_truncated => Reply::Truncated,
            0 => match addresses(records, count, record) {
                None => Reply::Failure,
                // A referral to other name servers.
                Some(_) if count == 0 && !recursion_is_available && !is_authoritative => {
                    Reply::Failure
                }
                Some(addresses) if addresses.is_empty() => Reply::No,
                Some(addresses) => Reply::Addresses(addresses),
            },
            3 => Reply::No,
            _ => Reply::Failure,
        })
    }
}

/// The addresses in the answer's records, unless the records are incomplete.
fn addresses(mut records: &[u8], count: u16, record: u8) -> Option<Vec<IpAddr>> {
    let mut addresses = Vec::new();
    for _ in 0..count {
        let (fixed, rest) = after_name(records)?.split_at_checked(10)?;
        let length = u16::from_be_bytes([fixed[8], fixed[9]]);
        let (data, rest) = rest.split_at_checked(length.into())?;
        records = rest;
        if fixed[..4] == [0, record, 0, 1] {
            let v4 = <[u8; 4]>::try_from(data).map(IpAddr::from);
            let v6 = <[u8; 16]>::try_from(data).map(IpAddr::from);
            addresses.extend(if record == A { v4 } else { v6 });
        }
    }
    Some(addresses)
}

/// The bytes after a name, which ends with an empty label or with a pointer to another name.
fn after_name(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        let (length, rest) = bytes.split_first()?;
        match length {
            0 => return Some(rest),
            0xc0.. => return rest.get(1..),
            length => bytes = rest.get(usize::from(*length)..)?,
        }
    }
}
