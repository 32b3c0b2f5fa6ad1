//! §2, rule 3: which forms of docglow.yml count, and that all others mean off.

use crate::common::platform::NO_REGULAR_FILES;
use crate::common::{Sandbox, trials};
use crate::decision::{decided, state_with};
use std::fs;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_words_for_true_turn_it_on,
        the_words_for_false_turn_it_off,
        every_other_value_turns_it_off,
        without_a_setting_in_the_file_the_recorded_consent_decides,
        a_file_that_is_no_single_yaml_document_turns_it_off,
        a_file_that_is_no_regular_file_turns_it_off_without_blocking,
        a_file_of_one_mebibyte_is_read_and_a_larger_one_turns_it_off,
        aliases_and_merge_keys_count_as_in_yaml,
        a_no_beside_an_alias_bomb_or_deep_nesting_is_still_a_no,
    ]
}

/// The decisions together with a recorded yes and with a recorded no.
fn beside_consent(sandbox: &Sandbox) -> [(bool, String); 2] {
    ["yes", "no"].map(|consent| {
        sandbox.write_state(state_with(consent));
        decided(sandbox, &[])
    })
}

fn by(active: bool, rule: &str) -> (bool, String) {
    (active, rule.to_owned())
}

/// Panics unless the files decide like this, both with a recorded yes and with a recorded no. The
/// message lists all failures.
#[track_caller]
fn assert_configs(contents: impl IntoIterator<Item = impl AsRef<[u8]>>, active: bool) {
    assert_all(contents, &[(); 2].map(|()| by(active, "docglow.yml")));
}

#[track_caller]
fn assert_all(
    contents: impl IntoIterator<Item = impl AsRef<[u8]>>,
    expected: &[(bool, String); 2],
) {
    let mut wrong = Vec::new();
    for content in contents {
        let (sandbox, content) = (Sandbox::new(), content.as_ref());
        sandbox.write_config(content);
        let decided = beside_consent(&sandbox);
        if decided != *expected {
            wrong.push(format!(
                "{decided:?} by {:?}",
                String::from_utf8_lossy(&content[..content.len().min(200)])
            ));
        }
    }
    assert!(wrong.is_empty(), "not {expected:?}:\n{}", wrong.join("\n"));
}

/// The words in all usual cases, plain and in both kinds of quotes, and the whole file in other
/// layouts.
fn spellings(words: &[&str]) -> Vec<String> {
    let mut values = Vec::new();
    for word in words {
        let mixed = word[..1].to_owned() + &word[1..].to_uppercase();
        let capitalised = word[..1].to_uppercase() + &word[1..];
        for cased in [word.to_string(), word.to_uppercase(), capitalised, mixed] {
            values.extend([
                format!("'{cased}'"),
                format!("\"{cased}\""),
                format!("\" {cased}\\t\""),
                cased,
            ]);
        }
    }
    values
}

fn layouts(value: &str) -> Vec<String> {
    vec![
        format!("telemetry:\n  enabled: {value}\n"),
        format!("# a comment\n---\ntelemetry: {{ endpoint: x, enabled: {value} }} # {value}\n"),
        format!("title: x\r\ntelemetry:\r\n    enabled:   {value}\r\nother: [1, 2]\r\n"),
        format!("\u{feff}\"telemetry\": {{\"enabled\": {value}}}"),
    ]
}

fn the_words_for_true_turn_it_on() {
    let values =
        [spellings(&["true", "yes", "on"]), ["1", "'1'", "\" 1 \""].map(str::to_owned).to_vec()]
            .concat();
    assert_configs(values.iter().map(|value| layouts(value)[0].clone()), true);
    assert_configs(layouts("on"), true);
}

fn the_words_for_false_turn_it_off() {
    let values =
        [spellings(&["false", "no", "off"]), ["0", "'0'", "\" 0 \""].map(str::to_owned).to_vec()]
            .concat();
    assert_configs(values.iter().map(|value| layouts(value)[0].clone()), false);
    assert_configs(layouts("no"), false);
    let scalars = ["false", "off", "no", "0", "False", "OFF"];
    assert_configs(scalars.map(|value| format!("telemetry: {value}\n")), false);
}

fn every_other_value_turns_it_off() {
    let values = [
        "never",
        "2",
        "-1",
        "y",
        "n",
        "Y",
        "maybe",
        "enabled",
        "1.0",
        "0.0",
        "1e0",
        "10",
        "''",
        "\"\"",
        "' '",
        "[]",
        "[true]",
        "{}",
        "{value: true}",
        "\n    - true",
        "2025-01-01",
        ".inf",
        ".nan",
        "'null'",
        "'~'",
        "t",
        "true false",
        "1 1",
        "yes please",
        "tru\u{435}",
        "\u{ff11}",
        "!secret true",
        "99999999999999999999999",
    ];
    assert_configs(values.map(|value| layouts(value)[0].clone()), false);
}

fn without_a_setting_in_the_file_the_recorded_consent_decides() {
    let files = [
        "",
        "\n\n",
        "# nothing but a comment\n",
        "---\n",
        "title: My project\n",
        "telemetry:\n",
        "telemetry: ~\n",
        "telemetry: {}\n",
        "telemetry:\n  enabled:\n",
        "telemetry:\n  enabled: null\n",
        "telemetry:\n  enabled: ~\n",
        "telemetry:\n  Enabled: true\n",
        "Telemetry:\n  enabled: true\n",
        "telemetry.enabled: true\n",
        "telemetry: true\n",
        "telemetry: 1\n",
        "telemetry: []\n",
        "telemetry:\n  - enabled: true\n",
        "enabled: true\n",
        "telemetry:\n  endpoint: https://example.com/\n",
        "other:\n  telemetry:\n    enabled: true\n",
        "1: 2\n2.5: 3\n~: 4\ntrue: 5\n",
        "telemetry:\n  1: 2\n  ~: 3\n  true: 4\n",
    ];
    assert_all(files, &[by(true, "consent"), by(false, "consent")]);
}

fn a_file_that_is_no_single_yaml_document_turns_it_off() {
    let files: [&[u8]; 10] = [
        b"telemetry:\n\tenabled: true\n",
        b"telemetry: {enabled: true\n",
        b"telemetry:\n  enabled: true\n ]\n",
        b"telemetry:\n  enabled: true\n---\nother: 1\n",
        b"telemetry:\n  enabled: true\n  enabled: false\n",
        b"telemetry:\n  enabled: true\ntitle: \xff\xfe\n",
        b"telemetry:\n  enabled: true\ntitle: *nowhere\n",
        b"telemetry:\n  enabled: true\ntitle: \"open\n",
        b"telemetry:\n  enabled: true\n\0\0\0\0",
        b"\x00\x01\x02\x03",
    ];
    assert_configs(files, false);
}

fn a_file_that_is_no_regular_file_turns_it_off_without_blocking() {
    for (name, make) in NO_REGULAR_FILES {
        let sandbox = Sandbox::new();
        make(&sandbox.project().join("docglow.yml"));
        fs::write(sandbox.project().join("docglow.yaml"), "telemetry: {enabled: true}").unwrap();
        assert_eq!(beside_consent(&sandbox), [(); 2].map(|()| by(false, "docglow.yml")), "{name}");
    }
}

fn a_file_of_one_mebibyte_is_read_and_a_larger_one_turns_it_off() {
    const MEBIBYTE: usize = 1024 * 1024;
    let filled = |bytes: usize| {
        let head = "telemetry:\n  enabled: true\n#";
        head.to_owned() + &"x".repeat(bytes - head.len())
    };
    assert_configs([filled(MEBIBYTE)], true);
    assert_configs([filled(MEBIBYTE + 1)], false);
    let sparse = Sandbox::new();
    sparse.write_config("");
    let file = fs::File::options().write(true).open(sparse.project().join("docglow.yml")).unwrap();
    file.set_len(1 << 34).unwrap();
    assert_eq!(decided(&sparse, &[]), by(false, "docglow.yml"));
}

fn aliases_and_merge_keys_count_as_in_yaml() {
    assert_configs(["x: &x\n  enabled: true\ntelemetry: *x\n"], true);
    assert_configs(["x: &x false\ntelemetry: {enabled: *x}\n"], false);
    assert_configs(["x: &x\n  enabled: false\ntelemetry:\n  <<: *x\n"], false);
}

fn a_no_beside_an_alias_bomb_or_deep_nesting_is_still_a_no() {
    let mut laughs = "a0: &a0 [lol, lol]\n".to_owned();
    for level in 1..40 {
        laughs += &format!("a{level}: &a{level} [*a{0}, *a{0}, *a{0}, *a{0}, *a{0}]\n", level - 1);
    }
    let nested = "x: ".to_owned() + &"[".repeat(10_000) + &"]".repeat(10_000) + "\n";
    for hostile in [laughs, nested] {
        assert_configs([hostile.clone() + "telemetry:\n  enabled: false\n"], false);
        assert_configs(["telemetry:\n  enabled: false\n".to_owned() + &hostile], false);
    }
}
