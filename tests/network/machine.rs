//! The static binary depends on no part of the machine: no library, no `/proc`, no `/dev`.

use crate::common::{EVENT, Invocation, Receiver, Sandbox, trials};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The limits for the builds with musl and glibc.
const MAX_BYTES: [u64; 2] = [1_500_000, 2_400_000];

/// A limit is this many tenths of the measured number.
const TENTHS: u64 = 13;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_binary_is_small needs ["a static binary"],
        a_root_with_nothing_in_it_is_enough needs ["a static binary", "root", "chroot"],
        without_a_null_device_a_closed_stream_is_no_failure needs ["a static binary", "root", "chroot"],
        off_costs_no_more_instructions_than_that needs ["a static binary", "valgrind"],
    ]
}

fn the_binary_is_small() {
    let binary = fs::read(crate::common::sandbox::binary()).expect("the hook");
    assert!(binary.len() as u64 <= MAX_BYTES[usize::from(is_glibc())], "{} bytes", binary.len());
}

/// Whether the hook contains glibc, rather than musl.
fn is_glibc() -> bool {
    let binary = fs::read(crate::common::sandbox::binary()).expect("the hook");
    let name = b"GNU C Library";
    binary.windows(name.len()).any(|piece| piece == name)
}

/// The limit of a sender's memory, from the KiB that were measured with musl and with glibc. There
/// is no number for a debug build.
pub fn memory_limit_kib(measured: [u64; 2]) -> u64 {
    const DEBUG_BUILD_KIB: u64 = 16 << 10;
    match std::env::var_os("DOCGLOW_TELEMETRY_BIN") {
        Some(_) => measured[usize::from(is_glibc())] * TENTHS / 10,
        None => DEBUG_BUILD_KIB,
    }
}

/// A root folder with the hook, the files that it needs for name look-ups, and this file as
/// `/file`.
pub fn root_in(sandbox: &Sandbox, file: Option<&Path>) -> PathBuf {
    let root = sandbox.root().join("chroot");
    fs::create_dir_all(root.join("etc")).expect("a root folder");
    fs::write(root.join("etc/hosts"), "127.0.0.1 localhost\n").expect("hosts");
    fs::write(root.join("etc/resolv.conf"), "nameserver 127.0.0.1\n").expect("resolv.conf");
    let binary = crate::common::sandbox::binary();
    // Another process copies the file. If this process wrote it, a program that another test starts
    // at the same time could inherit the open file, and a file that is open for writing cannot be
    // executed.
    let copy = |from: &Path, to: &str| {
        Command::new("cp").arg(from).arg(root.join(to)).status().expect("cp").success()
    };
    assert!(copy(&binary, "docglow-telemetry") && file.is_none_or(|file| copy(file, "file")));
    root
}

/// Runs a command in this root, with telemetry on and the event on stdin.
pub fn run_in(
    root: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
    stdin: Stdio,
) -> Output {
    let mut command = Command::new(crate::common::trials::tool_path("chroot").expect("chroot"));
    command
        .arg(root)
        .arg("/docglow-telemetry")
        .args(arguments)
        .env_clear()
        .env("DOCGLOW_TELEMETRY", "1");
    command.envs(environment.iter().copied()).stdin(stdin).output().expect("chroot")
}

pub fn event_file(sandbox: &Sandbox) -> Stdio {
    let path = sandbox.root().join("event.json");
    fs::write(&path, EVENT).expect("the event");
    fs::File::open(path).expect("the event").into()
}

fn a_root_with_nothing_in_it_is_enough() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let root = root_in(&sandbox, None);
    let url = format!("http://localhost:{}/", receiver.port());
    let endpoint = ("DOCGLOW_TELEMETRY_ENDPOINT", url.as_str());
    for (count, arguments, debug) in [(1, &[][..], ""), (2, &["--wait"], ""), (3, &[], "1")] {
        let output = run_in(
            &root,
            arguments,
            &[endpoint, ("DOCGLOW_TELEMETRY_DEBUG", debug)],
            event_file(&sandbox),
        );
        assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
        let line = if debug.is_empty() {
            String::new()
        } else {
            format!("telemetry: POST {url} -> 204\n")
        };
        assert_eq!(String::from_utf8_lossy(&output.stderr), line);
        receiver.wait_for(count, crate::support::SENDER_LIFE);
    }
}

fn without_a_null_device_a_closed_stream_is_no_failure() {
    let sandbox = Sandbox::new();
    let root = root_in(&sandbox, None);
    for closed in ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"] {
        for arguments in ["", "--wait", "preview", "status", "enable", "--help", "--unknown"] {
            let script = format!("exec chroot \"$1\" /docglow-telemetry {arguments} {closed}");
            let mut command = Command::new("sh");
            command
                .args(["-c", &script, "sh"])
                .arg(&root)
                .env("DOCGLOW_TELEMETRY", "1")
                .stdin(event_file(&sandbox));
            let status = command
                .env("DOCGLOW_TELEMETRY_ENDPOINT", "http://localhost:1/")
                .status()
                .expect("sh");
            assert!(status.success(), "{arguments} {closed}: {status}");
        }
    }
}

fn off_costs_no_more_instructions_than_that() {
    let (nobody, refused, project) = (Sandbox::new(), Sandbox::new(), Sandbox::new());
    refused.write_state(
        r#"{"version": 1, "consent": "no", "consent_recorded_at": "2026-01-01T00:00:00Z"}"#,
    );
    project.write_config("title: Acme\ntelemetry:\n  enabled: false\n");
    let report = ["report", "--status", "0", "--duration-ms", "1446", "--", "generate", "--static"];
    let mut wrong = Vec::new();
    // The instructions that were measured, with musl and with glibc.
    for (way, hook, measured) in [
        ("nobody", nobody.hook(), [18_775, 31_837]),
        ("kill switch", nobody.hook().env("DOCGLOW_NO_TELEMETRY", "1"), [17_206, 30_179]),
        ("environment", nobody.hook().env("DOCGLOW_TELEMETRY", "0"), [17_629, 30_228]),
        ("recorded no", refused.hook(), [33_247, 46_890]),
        ("docglow.yml", project.hook(), [44_369, 56_877]),
        ("report", nobody.hook().args(report), [25_116, 37_749]),
        ("report, recorded no", refused.hook().args(report), [39_612, 52_823]),
        ("report, docglow.yml", project.hook().args(report), [50_741, 62_825]),
    ] {
        let limit = measured[usize::from(is_glibc())] * TENTHS / 10;
        let instructions = instructions(hook.stdin(EVENT));
        if !(10_000..limit).contains(&instructions) {
            wrong.push(format!("{way}: {instructions}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn instructions(call: Invocation) -> u64 {
    let options = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let outcome = call.under("valgrind", options).run();
    let report = outcome.stderr();
    let counted =
        report.lines().find_map(|line| line.split_once("Collected : ")).expect("a count").1;
    counted.trim().parse().expect("a number")
}
