//! The binary for aarch64, run by qemu's user mode.

use crate::common::trials::{tool_path, trial};
use crate::common::{EVENT, Invocation, Receiver, Sandbox};
use crate::{SENDER_LIFE, given};
use std::path::PathBuf;

/// The first argument is qemu, which the kernel will start for programs of that processor. The rest
/// is a command.
const SET_UP: &str = r#"
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
header='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
printf %s ":aarch64:M::$header:$mask:$0:F" >/proc/sys/fs/binfmt_misc/register
exec "$@""#;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    let needs =
        ["qemu-aarch64", "unshare", "binfmt_misc in namespaces", &binary().display().to_string()];
    let name = "packages::foreign::on_aarch64_it_decides_and_sends";
    vec![trial(name, &needs, on_aarch64_it_decides_and_sends)]
}

fn binary() -> PathBuf {
    given("BUILDS").join("aarch64-unknown-linux-musl/release/docglow-telemetry")
}

/// The hook starts itself again, so the kernel must know how to run it. This is set up in a user
/// namespace, so that the rest of the machine is not affected.
fn hook(sandbox: &Sandbox) -> Invocation {
    let mut hook = sandbox.hook();
    hook.program = tool_path("unshare").expect("unshare");
    let hook = hook.args(["--user", "--map-root-user", "--mount", "sh", "-euc", SET_UP]);
    hook.arg(tool_path("qemu-aarch64").expect("qemu")).arg(binary()).env("PATH", "/usr/bin:/bin")
}

fn on_aarch64_it_decides_and_sends() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let version = hook(&sandbox).arg("--version").run();
    assert_eq!(version.stdout(), concat!("docglow-telemetry ", env!("CARGO_PKG_VERSION"), "\n"));

    let off = hook(&sandbox).to(&receiver).debug().stdin(EVENT).run();
    off.assert_not_sent();
    assert!(sandbox.state().is_none());

    let preview = hook(&sandbox).on().to(&receiver).arg("preview").stdin(EVENT).run();
    preview.assert_success();
    assert!(preview.stdout().contains(r#""adapter_type":"duckdb""#), "{preview:?}");

    let sent = hook(&sandbox).on().to(&receiver).debug().stdin(EVENT).run();
    sent.assert_sent(&receiver.url(), "204");
    assert_eq!(receiver.only_request().json()["duration_ms"], 1446);

    hook(&sandbox).on().to(&receiver).stdin(EVENT).run().assert_silent();
    receiver.wait_for(2, SENDER_LIFE);
}
