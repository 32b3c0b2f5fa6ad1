//! Whose home it is: a caller without `HOME`, as cron, systemd and `env -i` start one.

use crate::common::{EVENT, Invocation, Receiver, Sandbox, trials};
use crate::wrapped::in_namespace;
use std::fs;
use std::process::Command;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        without_home_the_state_file_is_where_the_user_database_says needs ["root", "unshare", "mount"],
        an_absolute_config_home_needs_no_user_database,
        no_plug_in_of_the_machines_is_asked_for_the_home needs ["root", "unshare", "mount", "cc", "a static binary"],
    ]
}

/// The hook without a home in its environment, where the user database says that root's is the sandbox's.
fn homeless(sandbox: &Sandbox, hook: &Invocation, script: &str) -> Invocation {
    let passwd = sandbox.root().join("passwd");
    let home = sandbox.home();
    fs::write(&passwd, format!("daemon:x:1:1::/nowhere:/bin/sh\nroot:x:0:0::{}:/bin/sh\n", home.display())).unwrap();
    let script = format!("mount --bind {} /etc/passwd && {script}", passwd.display());
    in_namespace(&hook.clone().env_remove("XDG_CONFIG_HOME"), &script)
}

#[track_caller]
fn assert_state_is_in_home(sandbox: &Sandbox, script: &str) {
    let receiver = Receiver::answering();
    let hook = sandbox.hook().on().to(&receiver).debug().stdin(EVENT);
    homeless(sandbox, &hook, script).run().assert_sent(&receiver.url(), "204");
    let file = sandbox.home().join(".config/docglow/telemetry.json");
    let state: serde_json::Value = serde_json::from_slice(&fs::read(&file).expect("the state file")).unwrap();
    assert_eq!(receiver.only_request().json()["instance_id"], state["instance_id"]);
    homeless(sandbox, &sandbox.command(["enable"]), script).run().assert_success();
    let status = homeless(sandbox, &sandbox.command(["status", "--json"]), script).run().json();
    assert_eq!((&status["active"], &status["instance_id"]), (&true.into(), &state["instance_id"]));
    assert_eq!(status["state_file"], file.to_str().unwrap());
}

fn without_home_the_state_file_is_where_the_user_database_says() {
    for script in ["unset HOME", "HOME=", "unset HOME; export XDG_CONFIG_HOME=relative"] {
        assert_state_is_in_home(&Sandbox::new(), script);
    }
}

fn an_absolute_config_home_needs_no_user_database() {
    let sandbox = Sandbox::new();
    sandbox.command(["enable"]).env_remove("HOME").run().assert_success();
    assert_eq!(sandbox.state().unwrap()["consent"], "yes");
}

/// A plug-in that ends its process as it is loaded, as one of another glibc does when it is called.
const DEADLY: &str = "__attribute__((constructor)) static void deadly(void) { __builtin_trap(); }";

fn no_plug_in_of_the_machines_is_asked_for_the_home() {
    for services in ["deadly files", "deadly", "files deadly", "deadly [NOTFOUND=return] files", ""] {
        let sandbox = Sandbox::new();
        let (source, nsswitch) = (sandbox.root().join("deadly.c"), sandbox.root().join("nsswitch.conf"));
        fs::write(&source, DEADLY).unwrap();
        fs::write(&nsswitch, format!("passwd: {services}\n")).unwrap();
        let library = sandbox.root().join("libnss_deadly.so.2");
        let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
        assert!(built.expect("cc").success());
        let bind = format!("mount --bind {} /etc/nsswitch.conf", nsswitch.display());
        let environment = format!("export LD_LIBRARY_PATH={}; unset HOME", sandbox.root().display());
        assert_state_is_in_home(&sandbox, &format!("{bind} && {environment}"));
    }
}
