//! The state file's mode, and links to it.

use crate::common::platform::make_fifo;
use crate::common::trials::may_trace;
use crate::common::{EVENT, Receiver, Sandbox, trials};
use crate::decision::state_with;
use crate::state::{names, sent_id};
use docglow_telemetry::payload::InstanceId;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_file_is_0600_and_a_new_folder_0700,
        an_existing_folder_keeps_its_mode,
        a_file_that_is_a_link_stays_one,
        a_link_that_leads_to_no_file_stays_as_it_is,
        a_new_id_is_made_of_the_systems_random_bytes needs ["strace"],
    ]
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Runs the hook under a umask that allows everything.
fn with_an_open_umask(sandbox: &Sandbox, arguments: &[&str]) {
    let shell = ["-c", "umask 0; exec \"$0\" \"$@\""];
    let call = sandbox.hook().args(arguments).under("sh", shell).on().to(&Receiver::refusing());
    // `enable` and `disable` do not read standard input.
    let call = if arguments == ["--wait"] { call.stdin(EVENT) } else { call };
    call.run().assert_success();
}

fn the_file_is_0600_and_a_new_folder_0700() {
    for arguments in [&["enable"][..], &["disable"], &["--wait"]] {
        let sandbox = Sandbox::new();
        with_an_open_umask(&sandbox, arguments);
        assert_eq!(
            (mode(&sandbox.state_file()), mode(&sandbox.state_dir())),
            (0o600, 0o700),
            "{arguments:?}"
        );
        fs::set_permissions(sandbox.state_file(), fs::Permissions::from_mode(0o644)).unwrap();
        let other = if arguments == ["disable"] { "enable" } else { "disable" };
        with_an_open_umask(&sandbox, &[other]);
        assert_eq!(mode(&sandbox.state_file()), 0o600, "{other} after {arguments:?}");
    }
}

fn an_existing_folder_keeps_its_mode() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.state_dir()).unwrap();
    fs::set_permissions(sandbox.state_dir(), fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.command(["enable"]).run().assert_success();
    assert_eq!((mode(&sandbox.state_file()), mode(&sandbox.state_dir())), (0o600, 0o755));
}

fn a_file_that_is_a_link_stays_one() {
    for (links, existing) in [(1, true), (1, false), (3, true)] {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.state_dir()).unwrap();
        let dotfiles = sandbox.config_home().with_file_name("dotfiles");
        fs::create_dir(&dotfiles).unwrap();
        let target = dotfiles.join("state");
        if existing {
            fs::write(&target, state_with("no")).unwrap();
        }
        let relative = "../../dotfiles/state";
        let hop_names: Vec<_> = (1..links).map(|number| format!("hop-{number}")).collect();
        let hops = hop_names.iter().map(String::as_str).chain([relative]);
        for (name, next) in
            ["telemetry.json"].into_iter().chain(hop_names.iter().map(String::as_str)).zip(hops)
        {
            symlink(next, sandbox.state_dir().join(name)).unwrap();
        }
        sandbox.command(["enable"]).run().assert_success();
        assert!(sandbox.state_file().is_symlink() && !target.is_symlink());
        let state: Value = serde_json::from_slice(&fs::read(&target).unwrap()).unwrap();
        assert_eq!((&state["consent"], mode(&target)), (&json!("yes"), 0o600));
        assert_eq!(json!(sent_id(&sandbox)), state["instance_id"]);
        assert_eq!(names(&dotfiles), ["state"]);
    }
}

fn a_link_that_leads_to_no_file_stays_as_it_is() {
    type Make = fn(&Path);
    let make: [(&str, Make); 3] = [
        ("a FIFO", |target| make_fifo(target)),
        ("a folder", |target| fs::create_dir(target).unwrap()),
        ("itself", |target| symlink(target, target).unwrap()),
    ];
    for (name, make) in make {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.state_dir()).unwrap();
        let target = sandbox.root().join("target");
        make(&target);
        let kind = fs::symlink_metadata(&target).unwrap().file_type();
        symlink(&target, sandbox.state_file()).unwrap();
        let outcome = sandbox.command(["disable"]).run();
        assert!(
            outcome.assert_success().stderr().contains("DOCGLOW_NO_TELEMETRY=1"),
            "{name}: {outcome:?}"
        );
        crate::assert_uuid4(&sent_id(&sandbox));
        assert!(sandbox.state_file().is_symlink(), "{name}");
        assert_eq!(fs::symlink_metadata(&target).unwrap().file_type(), kind, "{name}");
    }
}

/// The bytes that each call of `getrandom(2)` returned, as strace prints them.
fn random_bytes(trace: &str) -> Vec<Vec<u8>> {
    let bytes = |line: &str| {
        let (_, rest) = line.split_once("getrandom(\"")?;
        let (bytes, _) = rest.split_once('"')?;
        bytes.split("\\x").skip(1).map(|byte| u8::from_str_radix(byte, 16).ok()).collect()
    };
    trace.lines().filter_map(bytes).collect()
}

fn a_new_id_is_made_of_the_systems_random_bytes() {
    for arguments in [&["enable"][..], &["--wait"]] {
        // Without the right to trace, strace cannot read the memory of a sender.
        if arguments == ["--wait"] && !may_trace() {
            continue;
        }
        let sandbox = Sandbox::new();
        let trace = sandbox.root().join("trace");
        let options = ["-f", "-xx", "-s", "64", "-e", "trace=getrandom", "-o"].map(OsStr::new);
        let options = options.into_iter().chain([trace.as_os_str()]);
        let call = sandbox.hook().args(arguments).under("strace", options).on().stdin(EVENT);
        call.to(&Receiver::refusing()).run().assert_success();
        let id = sandbox.state().unwrap()["instance_id"].as_str().unwrap().replace('-', "");
        let trace = fs::read_to_string(&trace).unwrap();
        let made = |bytes: &Vec<u8>| {
            let Ok(bytes) = <[u8; 16]>::try_from(&bytes[..]) else { return false };
            InstanceId::from_random(bytes).to_string().replace('-', "") == id
        };
        assert!(random_bytes(&trace).iter().any(made), "{id} is none of\n{trace}");
    }
}
