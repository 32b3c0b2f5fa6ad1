//! Under `set -o pipefail`, a pipeline never fails because of the hook.

use crate::common::{EVENT, Invocation, Receiver, Sandbox, trials};
use crate::wrapped::by_tool;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_writer_of_too_much_never_fails needs ["bash"],
        a_writer_of_no_event_never_fails needs ["bash"],
        a_writer_that_pauses_in_invalid_input_never_fails needs ["bash"],
        a_writer_that_goes_on_behind_its_event_never_fails needs ["bash"],
        a_writer_to_a_usage_error_never_fails needs ["bash"],
    ]
}

/// Runs `WRITER | hook` under pipefail, with telemetry on, off, and off by the kill switch.
#[track_caller]
fn assert_never_fails(writer: &str, arguments: &[&str]) {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::refusing());
    let script = format!("set -o pipefail; {{ {writer}; }} | \"$@\"");
    let off = sandbox.hook().to(&receiver).env("EVENT", EVENT).args(arguments);
    for hook in [off.clone(), off.clone().env("DOCGLOW_NO_TELEMETRY", "1"), off.clone().on()] {
        let run: Invocation = by_tool(&hook, "bash", &["-c", &script, "bash"]);
        let outcome = run.run();
        assert!(outcome.status.success(), "{writer}: {outcome:?}");
    }
}

fn a_writer_of_too_much_never_fails() {
    assert_never_fails("printf '{\"a\":\"'; head -c 40000000 /dev/zero", &[]);
    assert_never_fails(
        "printf '%s' \"${EVENT%\\}}\"; printf ',\"x\":\"'; head -c 2000000 /dev/zero | tr '\\0' x; printf '\"}'",
        &[],
    );
}

fn a_writer_of_no_event_never_fails() {
    assert_never_fails("head -c 40000000 /dev/zero | tr '\\0' x", &[]);
    assert_never_fails("head -c 4000000 /dev/urandom", &[]);
    assert_never_fails(":", &[]);
}

fn a_writer_that_pauses_in_invalid_input_never_fails() {
    assert_never_fails("echo none; sleep 0.8; echo more; echo more", &[]);
    assert_never_fails("echo '{}}'; echo more", &[]);
}

fn a_writer_that_goes_on_behind_its_event_never_fails() {
    assert_never_fails("printf '%s\\n' \"$EVENT\"; head -c 1000000 /dev/zero", &[]);
    assert_never_fails("printf '%s\\n' \"$EVENT\" \"$EVENT\" \"$EVENT\"", &["--wait"]);
}

fn a_writer_to_a_usage_error_never_fails() {
    assert_never_fails("head -c 1000000 /dev/zero", &["--unknown"]);
    assert_never_fails("sleep 0.3; printf '%s\\n' \"$EVENT\"", &["--unknown"]);
    assert_never_fails("printf x; sleep 0.3; printf x", &["unknown"]);
}
