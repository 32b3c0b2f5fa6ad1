//! Several configuration folders whose state files link to one file, as in a dotfiles repository.

use crate::common::platform::CONFIG_HOME;
use crate::common::{EVENT, Receiver, Sandbox, trials};
use crate::state::names;
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::{Child, Stdio};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    // On macOS, a home has only one configuration folder.
    trials![a_no_is_not_lost_to_a_writer_that_comes_through_another_link needs ["Linux"]]
}

const ROUNDS: usize = 150;
const FIRST_RUNS: usize = 4;

fn a_no_is_not_lost_to_a_writer_that_comes_through_another_link() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let dotfiles = sandbox.root().join("dotfiles");
    fs::create_dir(&dotfiles).unwrap();
    let target = dotfiles.join("state");
    let other_home = sandbox.root().join("other");
    for folder in [sandbox.config_home(), other_home.clone()] {
        fs::create_dir_all(folder.join("docglow")).unwrap();
        symlink(&target, folder.join("docglow/telemetry.json")).unwrap();
    }
    let mut hook = sandbox.hook().on().to(&receiver).arg("--wait").as_command();
    let mut disable = sandbox.command(["disable"]).env(CONFIG_HOME, &other_home).as_command();
    for command in [&mut hook, &mut disable] {
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    }
    let mut lost = 0;
    for _ in 0..ROUNDS {
        let _ = fs::remove_file(&target);
        let mut first_runs: Vec<Child> =
            (0..FIRST_RUNS).map(|_| hook.spawn().expect("the hook")).collect();
        for first_run in &mut first_runs {
            first_run.stdin.take().unwrap().write_all(EVENT.as_bytes()).expect("the event");
        }
        let disable = disable.spawn().expect("the hook");
        for mut process in first_runs.into_iter().chain([disable]) {
            assert!(process.wait().unwrap().success());
        }
        let state: Value = serde_json::from_slice(&fs::read(&target).unwrap()).unwrap();
        lost += usize::from(state["consent"] != "no");
    }
    assert_eq!(lost, 0, "of {ROUNDS} answers");
    assert_eq!(names(&dotfiles), ["state"]);
}
