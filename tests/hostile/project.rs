//! Files of an attacker that the hook reads: it needs little memory and little time, and is never
//! turned on by accident.

use crate::common::{Behaviour, EVENT, Invocation, Outcome, Receiver, Sandbox, trials};
use crate::wrapped::by_shell;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// A limit for the address space, including the program's own. It is small compared with the size
/// of these files.
const MEMORY_LIMIT_KIB: usize = 128 << 10;

/// A docglow.yml of 1 MiB may have half a million YAML events of about 100 bytes each.
const YAML_MEMORY_LIMIT_KIB: usize = 512 << 10;

/// A limit of CPU time, which does not depend on other programs.
const CPU_LIMIT_SECONDS: usize = 5;

const LONG_BYTES: usize = 128 << 20;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_docglow_yml_that_is_no_file_is_off needs ["mkfifo"],
        an_alias_bomb_costs_neither_memory_nor_time,
        a_manifest_that_is_no_file_gives_nothing needs ["mkfifo"],
        a_manifest_with_endless_texts_costs_no_memory,
        an_endless_certificate_file_costs_no_memory,
    ]
}

/// Runs the hook with this memory limit, and kills it if it uses too much CPU time.
fn limited(hook: &Invocation, memory_kib: usize) -> Outcome {
    let limits = format!("ulimit -v {memory_kib}; ulimit -t {CPU_LIMIT_SECONDS}");
    by_shell(hook, &format!("{limits}; exec \"$@\"")).run()
}

fn put_no_file(kind: usize, path: &Path) {
    let _ = fs::remove_file(path).or_else(|_| fs::remove_dir(path));
    match kind {
        0 => fs::create_dir(path).expect("a folder"),
        1 => assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success()),
        2 => symlink(path, path).expect("a link to itself"),
        3 => symlink("/dev/zero", path).expect("a link to a device"),
        _ => File::create(path).and_then(|file| file.set_len(10 << 30)).expect("a sparse file"),
    }
}

fn a_docglow_yml_that_is_no_file_is_off() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    sandbox.write_state(r#"{"version": 1, "consent": "yes"}"#);
    for kind in 0..5 {
        put_no_file(kind, &sandbox.project().join("docglow.yml"));
        let outcome =
            limited(&sandbox.hook().to(&receiver).debug().stdin(EVENT), YAML_MEMORY_LIMIT_KIB);
        assert!(outcome.assert_not_sent().contains("docglow.yml"), "{kind}: {outcome:?}");
    }
    assert_eq!(receiver.connections(), 0);
}

fn an_alias_bomb_costs_neither_memory_nor_time() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let list = |item: &str, bytes: usize| item.repeat(bytes / item.len());
    let half = 500_000;
    let bombs = [
        format!("a: &a [{}]\nb: [{}]\n", list("x,", half), list("*a,", half)),
        format!("a: &a [{}]\ntelemetry:\n  enabled: [{}]\n", list("x,", half), list("*a,", half)),
        format!("a: &a {{x: [{}]}}\ntelemetry:\n  <<: [{}]\n", list("x,", half), list("*a,", half)),
        format!(
            "a: &a {{telemetry: {{x: [{}]}}}}\n<<: [{}]\n",
            list("x,", half),
            list("*a,", half)
        ),
        list("- &a [*a]\n", half),
        format!("a: {}", list("&a ", half)),
        list("? ", half),
        list("[", half),
        list("{a: ", half),
        list("- - ", half),
    ];
    for (index, bomb) in bombs.into_iter().enumerate() {
        sandbox.write_config(bomb);
        let outcome =
            limited(&sandbox.hook().to(&receiver).debug().stdin(EVENT), YAML_MEMORY_LIMIT_KIB);
        assert!(outcome.status.success(), "bomb {index}: {outcome:?}");
        outcome.assert_not_sent();
    }
}

fn a_manifest_that_is_no_file_gives_nothing() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    for kind in 0..5 {
        put_no_file(kind, &sandbox.project().join("manifest.json"));
        let hook =
            sandbox.hook().on().to(&receiver).debug().args(["--target-dir", "."]).stdin(EVENT);
        limited(&hook, MEMORY_LIMIT_KIB).assert_sent(&receiver.url(), "204");
        assert_eq!(receiver.requests()[kind].json()["project_shape"]["models"], 0);
    }
}

fn a_manifest_with_endless_texts_costs_no_memory() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let places = [
        r#"{"docs":"…"}"#,
        r#"{"…":1}"#,
        r#"{"nodes":{"…":{}}}"#,
        r#"{"nodes":{"a":{"…":1}}}"#,
        r#"{"nodes":{"a":{"resource_type":"…"}}}"#,
        r#"{"metadata":{"adapter_type":"…"}}"#,
        r#"{"metadata":{"…":1}}"#,
        r#"{"sources":{"…":1}}"#,
        r#"{"docs":…}"#,
        r#"{"nodes":{"a":{"resource_type":…}}}"#,
    ];
    for (index, place) in places.into_iter().enumerate() {
        write_long(&sandbox.project().join("manifest.json"), place);
        let hook =
            sandbox.hook().on().to(&receiver).debug().args(["--target-dir", "."]).stdin(EVENT);
        limited(&hook, MEMORY_LIMIT_KIB).assert_sent(&receiver.url(), "204");
        assert_eq!(receiver.requests().len(), index + 1, "{place}");
    }
}

fn an_endless_certificate_file_costs_no_memory() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::start(Behaviour::CloseAtOnce));
    let url = format!("https://{}/", receiver.address());
    let hook = sandbox
        .hook()
        .on()
        .env("DOCGLOW_TELEMETRY_ENDPOINT", url)
        .env("SSL_CERT_FILE", "/dev/zero");
    let outcome = limited(&hook.debug().stdin(EVENT), YAML_MEMORY_LIMIT_KIB);
    let line = outcome.assert_success().stderr();
    // If a sender reads without end, its watchdog or the memory limit ends it, and debug says that
    // it timed out.
    assert!(line.contains("-> failed (") && !line.contains("timed out"), "{line}");
}

/// Writes `place` to the file, with 128 MiB of digits instead of its `…`.
fn write_long(path: &Path, place: &str) {
    let (before, behind) = place.split_once('…').expect("a place for the digits");
    let mut file = File::create(path).expect("manifest.json");
    file.write_all(before.as_bytes()).expect("its beginning");
    let mebibyte = vec![b'7'; 1 << 20];
    (0..LONG_BYTES >> 20).for_each(|_| file.write_all(&mebibyte).expect("a mebibyte"));
    file.write_all(behind.as_bytes()).expect("its end");
}
