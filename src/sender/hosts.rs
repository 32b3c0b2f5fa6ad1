//! Reads `/etc/hosts` as glibc does. People block telemetry in this file, and musl misses some
//! lines: a name in capitals or after blanks, a name beyond byte 512 of its line, and a last line
//! without a line break.

use std::io::BufRead;
use std::net::IpAddr;

/// The addresses of `host` in the file, in the order of its lines.
pub fn addresses(file: impl BufRead, host: &str) -> Vec<IpAddr> {
    file.split(b'\n').map_while(Result::ok).filter_map(|line| address(&line, host)).collect()
}

/// The address in a line, if the line names the host. A line has an address, a name, its aliases,
/// and perhaps a comment.
fn address(line: &[u8], host: &str) -> Option<IpAddr> {
    let line = line.split(|byte| b"#\0".contains(byte)).next()?;
    let mut words = line.split(|byte| is_blank(*byte)).filter(|word| !word.is_empty());
    let address = str::from_utf8(words.next()?).ok()?;
    words.any(|name| name.eq_ignore_ascii_case(host.as_bytes())).then(|| address.parse().ok())?
}

/// C's `isspace`, which includes the vertical tab, unlike Rust's ASCII white space.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_that_names_a_host_counts() {
        let far = format!("192.0.2.1 {} collector.test", "x".repeat(2000));
        for (text, addresses_of_collector) in [
            ("192.0.2.1 collector.test\n", vec!["192.0.2.1"]),
            ("192.0.2.1 collector.test", vec!["192.0.2.1"]),
            ("127.0.0.1 localhost\n0.0.0.0 collector.test", vec!["0.0.0.0"]),
            (" \t192.0.2.1\t\tother \x0bCollector.TEST# comment", vec!["192.0.2.1"]),
            (&far, vec!["192.0.2.1"]),
            (
                "192.0.2.1 collector.test\n2001:db8::1 a collector.test\r\n192.0.2.2 collector.test",
                vec!["192.0.2.1", "2001:db8::1", "192.0.2.2"],
            ),
            ("192.0.2.1 #collector.test\n#192.0.2.1 collector.test", vec![]),
            ("192.0.2.1 \0 collector.test\n\0", vec![]),
            ("192.0.2.1 xcollector.test collector.test.\ncollector.test", vec![]),
            ("192.0.2 collector.test\nfe80::1%1 collector.test\n\u{e9} collector.test", vec![]),
        ] {
            let expected: Vec<IpAddr> =
                addresses_of_collector.iter().map(|address| address.parse().unwrap()).collect();
            assert_eq!(addresses(text.as_bytes(), "collector.test"), expected, "{text:?}");
        }
    }
}
