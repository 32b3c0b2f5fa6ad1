//! `/etc/hosts`: each line counts independently, names have no case, and every address that is
//! found is in the file.

use docglow_telemetry::sender::hosts::addresses;

const HOST: &str = "collector.test";

pub fn check(data: &[u8]) {
    let all = addresses(data, HOST);
    let by_line = data.split(|byte| *byte == b'\n').flat_map(|line| addresses(line, HOST));
    assert_eq!(all, by_line.collect::<Vec<_>>());
    assert_eq!(all, addresses(data, "COLLECTOR.TEST"));
    assert_eq!(all, addresses(&data.to_ascii_uppercase()[..], HOST));
    let text = String::from_utf8_lossy(data);
    let words: Vec<_> = text.split(|c: char| c.is_whitespace() || "#\0".contains(c)).collect();
    for address in &all {
        assert!(words.iter().any(|word| word.parse() == Ok(*address)), "{address}: {text:?}");
    }
    // An added comment changes no result, and an added line counts.
    let more = [data, b"\n# 192.0.2.9 collector.test\n192.0.2.8 collector.test"].concat();
    let last = std::iter::once("192.0.2.8".parse().expect("an address"));
    assert_eq!(addresses(&more[..], HOST), all.into_iter().chain(last).collect::<Vec<_>>());
}
