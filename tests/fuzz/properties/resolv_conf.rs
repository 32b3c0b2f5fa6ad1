//! `resolv.conf`: with any content, the host itself is asked for at least once, and each query is
//! valid.

use docglow_telemetry::sender::resolver::{Config, query};

pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let config = Config::parse(&text, "machine.example");
    for host in ["collector", "collector.test", "a.b.c.d.e.f"] {
        let names = config.names(host);
        assert!(names.iter().any(|name| name == host), "{names:?}");
        assert!(names.iter().all(|name| name.starts_with(host)), "{names:?}");
        assert_eq!(config.names(&format!("{host}.")), [host]);
        for query in names.iter().filter_map(|name| query(name, 1, [0; 16])) {
            assert!((12 + 1 + 4..=12 + 255 + 4).contains(&query.len()));
        }
    }
}
