//! A machine that lacks a standard part, such as `/proc` or a home.

use crate::common::process::wait_until;
use crate::common::{EVENT, Invocation, Receiver, Sandbox, trials};
use crate::wrapped::{as_stranger, by_shell, in_namespace};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        without_a_home_an_event_goes_out_and_enable_says_so needs ["root", "setpriv"],
        on_a_full_disk_an_event_goes_out_and_enable_says_so needs ["root", "unshare", "mount"],
        on_a_read_only_disk_an_event_goes_out_and_enable_says_so needs ["root", "unshare", "mount"],
        without_proc_an_event_goes_out needs ["root", "unshare", "mount"],
        without_proc_and_its_own_file_it_exits_with_0 needs ["root", "unshare", "mount"],
        without_a_null_device_an_event_goes_out needs ["root", "unshare", "mount"],
        a_hook_whose_file_was_deleted_still_delivers,
        a_hook_whose_file_was_replaced_still_delivers_itself,
        in_a_folder_that_is_gone_an_event_goes_out,
    ]
}

#[track_caller]
fn assert_unrecorded_but_sent(sandbox: &Sandbox, wrap: impl Fn(&Invocation) -> Invocation) {
    let receiver = Receiver::answering();
    let hook = sandbox.hook().on().to(&receiver).debug().stdin(EVENT);
    wrap(&hook).run().assert_sent(&receiver.url(), "204");
    assert!(receiver.only_request().json()["instance_id"].is_string());
    for (command, variable) in
        [("enable", "DOCGLOW_TELEMETRY=1"), ("disable", "DOCGLOW_NO_TELEMETRY=1")]
    {
        let outcome = wrap(&sandbox.command([command])).run();
        assert!(outcome.assert_success().stderr().contains(variable), "{outcome:?}");
        assert!(outcome.stdout.is_empty(), "{outcome:?}");
    }
    wrap(&sandbox.command(["status"])).run().assert_success();
}

fn without_a_home_an_event_goes_out_and_enable_says_so() {
    let sandbox = Sandbox::new();
    let homeless = |hook: &Invocation| {
        let hook = hook.clone().env_remove("HOME").env_remove("XDG_CONFIG_HOME");
        as_stranger(&sandbox, &hook, "unset HOME; exec \"$@\"")
    };
    assert_unrecorded_but_sent(&sandbox, homeless);
    let relative = |hook: &Invocation| homeless(hook).env("XDG_CONFIG_HOME", "relative");
    assert_unrecorded_but_sent(&sandbox, relative);
    assert_eq!(fs::read_dir(sandbox.project()).unwrap().count(), 0);
}

fn on_a_full_disk_an_event_goes_out_and_enable_says_so() {
    let sandbox = Sandbox::new();
    let script = "mount -t tmpfs -o size=16k none \"$XDG_CONFIG_HOME\" && { cat /dev/zero > \"$XDG_CONFIG_HOME/full\" 2> /dev/null; true; }";
    assert_unrecorded_but_sent(&sandbox, |hook| in_namespace(hook, script));
    let no_inodes = "mount -t tmpfs -o nr_inodes=1 none \"$XDG_CONFIG_HOME\"";
    assert_unrecorded_but_sent(&sandbox, |hook| in_namespace(hook, no_inodes));
}

fn on_a_read_only_disk_an_event_goes_out_and_enable_says_so() {
    let sandbox = Sandbox::new();
    let script = "mount -t tmpfs -o ro none \"$XDG_CONFIG_HOME\"";
    assert_unrecorded_but_sent(&sandbox, |hook| in_namespace(hook, script));
}

fn without_proc_an_event_goes_out() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let hook = sandbox.hook().on().to(&receiver).debug().stdin(EVENT);
    in_namespace(&hook, "mount -t tmpfs none /proc").run().assert_sent(&receiver.url(), "204");
}

fn without_proc_and_its_own_file_it_exits_with_0() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let mut hook = sandbox.hook().on().to(&receiver).debug();
    hook.program = sandbox.copy_of_the_hook();
    let mut command = in_namespace(&hook, "mount -t tmpfs none /proc").as_command();
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("unshare");
    await_program(child.id(), &hook.program);
    fs::remove_file(&hook.program).unwrap();
    child.stdin.take().expect("its stdin").write_all(EVENT.as_bytes()).expect("the event");
    let output = child.wait_with_output().expect("its end");
    assert!(output.status.success());
    assert_eq!(output.stderr, b"telemetry: not sent (the sender could not be started)\n");
    assert_eq!(receiver.connections(), 0);
}

/// Waits until a process, which executes one program after the other, executes this one.
fn await_program(pid: u32, program: &Path) {
    wait_until("the program is started", || {
        fs::read_link(format!("/proc/{pid}/exe")).ok().as_deref() == Some(program)
    });
}

fn without_a_null_device_an_event_goes_out() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let hook = sandbox.hook().on().to(&receiver).debug().stdin(EVENT);
    in_namespace(&hook, "mount -t tmpfs none /dev").run().assert_sent(&receiver.url(), "204");
    let hook = sandbox.hook().on().to(&receiver).stdin(EVENT);
    in_namespace(&hook, "mount -t tmpfs none /dev").run().assert_silent();
    receiver.wait_for(2, Duration::from_secs(10));
}

/// Starts a copy of the hook, which waits for its event.
fn waiting_copy(sandbox: &Sandbox, receiver: &Receiver) -> (PathBuf, Child) {
    let mut hook = sandbox.hook().on().to(receiver).arg("--wait");
    hook.program = sandbox.copy_of_the_hook();
    let child = hook.as_command().stdin(Stdio::piped()).spawn().expect("the hook");
    (hook.program, child)
}

fn give_event(mut child: Child) {
    child.stdin.take().expect("its stdin").write_all(EVENT.as_bytes()).expect("the event");
    assert!(child.wait().expect("its end").success());
}

fn a_hook_whose_file_was_deleted_still_delivers() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let (file, child) = waiting_copy(&sandbox, &receiver);
    fs::remove_file(file).unwrap();
    give_event(child);
    assert_eq!(receiver.requests().len(), 1);
}

fn a_hook_whose_file_was_replaced_still_delivers_itself() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let (file, child) = waiting_copy(&sandbox, &receiver);
    let other = sandbox.root().join("other");
    fs::write(&other, "#!/bin/sh\necho run > \"$0.was-run\"\n").unwrap();
    fs::set_permissions(&other, fs::metadata(&file).unwrap().permissions()).unwrap();
    fs::rename(&other, &file).unwrap();
    give_event(child);
    assert_eq!(receiver.requests().len(), 1);
    assert!(!sandbox.root().join("docglow-telemetry.was-run").exists());
}

fn in_a_folder_that_is_gone_an_event_goes_out() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let hook = sandbox.hook().on().to(&receiver).debug().stdin(EVENT);
    let hook = hook.args(["--target-dir", "target", "--docglow", "docglow"]);
    let script = "mkdir gone && cd gone && rmdir ../gone && exec \"$@\"";
    by_shell(&hook, script).run().assert_sent(&receiver.url(), "204");
}
