//! A power failure: the tests read a file system as it was on its disk at a certain moment.

use crate::common::trials::tool_path;
use crate::common::{Invocation, Sandbox, trials};
use std::fs;
use std::process::Command;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_no_after_a_yes_survives_a_power_failure needs ["root", "unshare", "mount", "mkfs.ext4", "loop devices"],
        a_first_answer_survives_a_power_failure needs ["root", "unshare", "mount", "mkfs.ext4", "loop devices"],
    ]
}

const ROUNDS: usize = 10;

/// The state file on a disk whose power fails right after `script`. The hook's configuration folder
/// is on that disk, and `$0` is the hook.
fn after_a_power_failure(script: &str) -> String {
    let sandbox = Sandbox::new();
    let [disk, copy, folder] = ["disk", "copy", "mounted"].map(|name| sandbox.root().join(name));
    fs::File::create(&disk).and_then(|file| file.set_len(16 << 20)).expect("a disk");
    fs::create_dir(&folder).expect("a folder");
    let made =
        Command::new(tool_path("mkfs.ext4").expect("mkfs.ext4")).arg("-q").arg(&disk).status();
    assert!(made.expect("mkfs.ext4").success());
    let script = format!(
        "mount -o loop '{disk}' '{folder}' && {script} && cp '{disk}' '{copy}' && umount '{folder}' && \
         mount -o loop '{copy}' '{folder}' && cat '{folder}/home/.config/docglow/telemetry.json'; umount '{folder}'",
        disk = disk.display(),
        copy = copy.display(),
        folder = folder.display(),
    );
    let hook = sandbox.hook();
    let shell = Invocation {
        program: tool_path("unshare").expect("unshare"),
        arguments: ["--mount", "--propagation", "private", "sh", "-ec", &script]
            .map(Into::into)
            .into(),
        ..hook.clone()
    };
    let outcome = shell
        .arg(&hook.program)
        .env("XDG_CONFIG_HOME", folder.join("home/.config"))
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .run();
    outcome.assert_success().stdout().to_owned()
}

fn a_no_after_a_yes_survives_a_power_failure() {
    for round in 0..ROUNDS {
        let text = after_a_power_failure("\"$0\" enable && sync && \"$0\" disable");
        let state = text.lines().last().unwrap_or_default();
        assert!(text.contains("Recorded: no.") && state.contains(r#""no""#), "{round}: {text}");
    }
}

fn a_first_answer_survives_a_power_failure() {
    for round in 0..ROUNDS {
        let text = after_a_power_failure("\"$0\" disable");
        let state = text.lines().last().unwrap_or_default();
        assert!(text.contains("Recorded: no.") && state.contains(r#""no""#), "{round}: {text}");
    }
}
