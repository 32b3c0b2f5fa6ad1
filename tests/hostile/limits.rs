//! The limits of `ulimit`, down to the point at which a process cannot start at all.

use crate::common::{EVENT, Invocation, Outcome, Receiver, Sandbox, trials};
use crate::wrapped::{as_stranger, by_shell, by_tool};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        if_no_file_may_be_written_an_event_goes_out_and_enable_says_so,
        with_hardly_any_descriptors_it_exits_with_0,
        with_hardly_any_memory_it_exits_with_0,
        with_hardly_any_stack_it_exits_with_0,
        if_no_process_may_be_started_debug_says_so needs ["root", "setpriv", "prlimit"],
        if_the_sender_may_start_no_thread_it_exits_with_0 needs ["root", "setpriv", "prlimit"],
    ]
}

fn limited(hook: &Invocation, limit: &str) -> Outcome {
    by_shell(hook, &format!("ulimit {limit}; exec \"$@\"")).run()
}

fn if_no_file_may_be_written_an_event_goes_out_and_enable_says_so() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    limited(&sandbox.hook().on().to(&receiver).debug().stdin(EVENT), "-f 0")
        .assert_sent(&receiver.url(), "204");
    for (command, variable) in
        [("enable", "DOCGLOW_TELEMETRY=1"), ("disable", "DOCGLOW_NO_TELEMETRY=1")]
    {
        let outcome = limited(&sandbox.command([command]), "-f 0");
        assert!(outcome.assert_success().stderr().contains(variable), "{outcome:?}");
    }
    assert_eq!(sandbox.state(), None);
    let script = "ulimit -f 0; exec \"$@\" > printed 2>&1";
    for arguments in [["--help"], ["status"], ["preview"], ["--unknown"]] {
        by_shell(&sandbox.command(arguments), script).run().assert_silent();
    }
}

/// The lowest of these limits under which the program starts. Below it, its own code does not run.
fn least(sandbox: &Sandbox, option: &str, limits: impl IntoIterator<Item = usize>) -> usize {
    let starts = |limit: &usize| {
        limited(&sandbox.command(["--version"]), &format!("{option} {limit}")).status.success()
    };
    limits.into_iter().find(starts).expect("a limit under which it starts")
}

fn with_hardly_any_descriptors_it_exits_with_0() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let least = least(&sandbox, "-n", 0..);
    for descriptors in least..least + 12 {
        let limit = format!("-n {descriptors}");
        let hook = sandbox.hook().on().to(&receiver).stdin(EVENT);
        limited(&hook, &limit).assert_silent();
        limited(&hook.clone().arg("--wait"), &limit).assert_silent();
        limited(&hook.debug(), &limit).assert_success();
        limited(&sandbox.command(["enable"]), &limit).assert_success();
        for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
            let script = format!("exec {closed}; ulimit {limit}; exec \"$@\"");
            let hook = sandbox.hook().on().to(&receiver).debug().stdin(EVENT);
            assert!(by_shell(&hook, &script).run().status.success(), "{script}");
        }
    }
}

fn with_hardly_any_memory_it_exits_with_0() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    const STEP_KIB: usize = 64;
    let least = least(&sandbox, "-v", (1024..).step_by(STEP_KIB));
    for kib in (least..).step_by(STEP_KIB).take(48) {
        let hook = sandbox.hook().on().to(&receiver).stdin(EVENT).arg("--wait");
        let outcome = limited(&hook, &format!("-v {kib}"));
        assert!(outcome.status.success() && outcome.stderr.is_empty(), "{kib} KiB: {outcome:?}");
    }
}

fn with_hardly_any_stack_it_exits_with_0() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    sandbox.write_config(format!("a: {deep}\ntelemetry: {{enabled: true}}\n"));
    let least = least(&sandbox, "-s", (16..).step_by(16));
    for kib in [4 * least, 8 * least, 8192] {
        let event = EVENT.replace("1446", &format!("1446,\"x\":{deep}"));
        let hook = sandbox.hook().to(&receiver).debug().stdin(event);
        limited(&hook, &format!("-s {kib}")).assert_sent(&receiver.url(), "204");
    }
}

/// Runs the hook as a user who may have this many processes and threads, including the hook.
fn with_processes(sandbox: &Sandbox, hook: &Invocation, processes: usize) -> Outcome {
    let stranger = as_stranger(sandbox, hook, "exec \"$@\"");
    by_tool(&stranger, "prlimit", &[&format!("--nproc={processes}:{processes}")]).run()
}

fn if_no_process_may_be_started_debug_says_so() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let hook = sandbox.hook().on().to(&receiver).stdin(EVENT);
    let refused = |hook: &Invocation| with_processes(&sandbox, hook, 1);
    assert_eq!(refused(&hook.clone().debug()).assert_not_sent(), "the sender could not be started");
    refused(&hook).assert_silent();
    assert_eq!(receiver.connections(), 0);
}

fn if_the_sender_may_start_no_thread_it_exits_with_0() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let hook = sandbox.hook().on().to(&receiver).stdin(EVENT);
    for processes in 2..=4 {
        with_processes(&sandbox, &hook.clone().arg("--wait"), processes).assert_silent();
    }
}
