//! System calls, as strace shows them: while telemetry is off there is no effect, and a sender
//! starts no process.

use crate::common::{EVENT, Invocation, Receiver, trials};
use crate::support::Hook;
use std::fs;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        off_opens_no_socket_starts_no_process_and_writes_no_file needs ["strace"],
        the_sender_starts_no_further_process needs ["strace"],
    ]
}

/// The system calls of this run and of all processes that it starts.
fn trace(hook: &Hook, call: Invocation) -> Vec<String> {
    let log = hook.sandbox.root().join("strace");
    let options = ["-f".as_ref(), "-qq".as_ref(), "-o".as_ref(), log.as_os_str()];
    call.under("strace", options).run().assert_silent();
    let calls = fs::read_to_string(&log).expect("the trace");
    // Each line begins with the process id.
    calls
        .lines()
        .map(|line| line.split_once(' ').map_or(line, |(_, call)| call).trim_start().to_owned())
        .collect()
}

fn off_opens_no_socket_starts_no_process_and_writes_no_file() {
    const ALLOWED_ONCE: &str = "execve(";
    let receiver = Receiver::answering();
    let (unset, hook) = ("", Hook::new());
    for (variable, value, config, state) in [
        (unset, "", None, None),
        ("DOCGLOW_TELEMETRY", "0", None, Some("yes")),
        ("DOCGLOW_NO_TELEMETRY", "1", None, Some("yes")),
        (unset, "", Some("telemetry: {enabled: false}"), Some("yes")),
        (unset, "", Some("telemetry: {enabled: true"), Some("yes")),
        (unset, "", None, Some("no")),
    ] {
        let mut call = hook.sandbox.hook().stdin(EVENT).to(&receiver);
        call.program = hook.call().program;
        if variable != unset {
            call = call.env(variable, value);
        }
        hook.sandbox.write_config(config.unwrap_or("title: none"));
        fs::remove_file(hook.sandbox.state_file()).ok();
        if let Some(consent) = state {
            let id = "1f0c5a4e-7a3b-4c56-9d2e-3b8f4f1f2a10";
            hook.sandbox.write_state(format!(
                r#"{{"version":1,"instance_id":"{id}","consent":"{consent}","consent_recorded_at":"2026-01-01T00:00:00Z"}}"#
            ));
        }
        let calls = trace(&hook, call);
        assert!(
            calls.iter().any(|call| call.starts_with("read(0")),
            "the trace shows nothing: {calls:?}"
        );
        assert_eq!(
            calls.iter().filter(|call| call.starts_with(ALLOWED_ONCE)).count(),
            1,
            "{calls:?}"
        );
        let creates = |call: &&String| {
            let open = call.starts_with("open")
                && ["O_CREAT", "O_WRONLY", "O_RDWR"].iter().any(|flag| call.contains(flag));
            let other = [
                "socket", "connect", "clone", "fork", "vfork", "mkdir", "creat", "rename",
                "unlink", "link", "symlink", "chmod", "mknod",
            ];
            open || other.iter().any(|name| call.starts_with(name))
        };
        assert_eq!(calls.iter().find(creates), None, "{variable}={value}, {config:?}, {state:?}");
    }
    assert_eq!(receiver.connections(), 0);
}

fn the_sender_starts_no_further_process() {
    let (hook, receiver) = (Hook::new(), Receiver::answering());
    let calls = trace(&hook, hook.call().to(&receiver));
    receiver.only_request();
    let begins = |names: &[&str]| {
        let starts = |call: &&String| {
            names.iter().any(|name| call.starts_with(name)) && !call.contains("CLONE_THREAD")
        };
        calls.iter().filter(starts).cloned().collect::<Vec<_>>()
    };
    assert_eq!(begins(&["execve("]).len(), 2, "the hook and its sender: {calls:?}");
    assert_eq!(begins(&["clone(", "clone3(", "fork(", "vfork("]).len(), 1, "{calls:?}");
}
