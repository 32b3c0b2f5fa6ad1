//! The reply of a name server: a reply to another question is not accepted, and all addresses are
//! in the reply.

use docglow_telemetry::sender::resolver::{Reply, query};

const A: u8 = 1;
const AAAA: u8 = 28;

pub fn check(data: &[u8]) {
    for (record, bytes) in [(A, 4), (AAAA, 16)] {
        let query = query("collector.test", record, [0; 16]).expect("a question");
        let reply = Reply::parse(data, &query);
        if reply.is_some() {
            assert!(data.starts_with(&[0, 0]) && data.len() >= query.len());
        }
        if let Some(Reply::Addresses(addresses)) = &reply {
            assert!(!addresses.is_empty());
            assert!(addresses.len() * (11 + bytes) <= data.len() - query.len());
            assert!(addresses.iter().all(|address| address.is_ipv4() == (record == A)));
        }
        // The reply to another question.
        let mut other = query.clone();
        other[0] = 1;
        assert!(Reply::parse(data, &other).is_none() || !data.starts_with(&[0]));
    }
}
