//! docglow's configuration folder with a different object in place of each file.

use crate::common::{EVENT, Receiver, Sandbox, trials};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        an_event_is_sent_with_anything_in_place_of_the_state_file needs ["mkfifo"],
        an_event_is_sent_with_anything_in_place_of_the_lock needs ["mkfifo"],
        an_event_is_sent_with_anything_in_place_of_the_temporary_file needs ["mkfifo"],
        an_event_is_sent_with_anything_in_place_of_the_senders needs ["mkfifo"],
        an_event_is_sent_with_anything_in_place_of_the_folder needs ["mkfifo"],
        a_lock_that_is_never_released_causes_only_a_short_delay,
        a_home_that_is_a_file_is_no_home,
    ]
}

/// An object that is not a regular file: its name, and how to create it.
type Stand = (&'static str, fn(&Path));

const STANDS: [Stand; 6] = [
    ("a folder", |path| fs::create_dir(path).expect("a folder")),
    ("a folder with something in it", |path| fs::create_dir_all(path.join("x")).expect("a folder")),
    ("a FIFO", |path| {
        assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success())
    }),
    ("a link to itself", |path| symlink(path, path).expect("a link")),
    ("an endless device", |path| symlink("/dev/zero", path).expect("a link")),
    ("a gibibyte", |path| {
        File::create(path).and_then(|file| file.set_len(1 << 30)).expect("a sparse file")
    }),
];

/// An event is sent, and `enable`, `disable` and `status` print a message and exit with 0.
#[track_caller]
fn assert_at_work(place: fn(&Sandbox) -> PathBuf) {
    for (what, make) in STANDS {
        let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
        let place = place(&sandbox);
        fs::create_dir_all(place.parent().expect("a parent")).expect("its folder");
        make(&place);
        sandbox.command(["status"]).run().assert_success();
        let hook = sandbox.hook().on().to(&receiver).stdin(EVENT);
        let outcome = hook.clone().debug().run();
        assert_eq!(
            outcome.stderr(),
            format!("telemetry: POST {} -> 204\n", receiver.url()),
            "{what}"
        );
        hook.arg("--wait").run().assert_silent();
        assert_eq!(receiver.requests().len(), 2, "{what}");
        for command in ["enable", "disable"] {
            let outcome = sandbox.command([command]).run();
            outcome.assert_success();
            let recorded = sandbox.state_file().is_file()
                && fs::metadata(sandbox.state_file()).unwrap().len() < 1000;
            assert_eq!(
                (outcome.stdout.is_empty(), outcome.stderr.is_empty()),
                (!recorded, recorded),
                "{what}: {outcome:?}"
            );
        }
    }
}

fn an_event_is_sent_with_anything_in_place_of_the_state_file() {
    assert_at_work(Sandbox::state_file);
}

fn an_event_is_sent_with_anything_in_place_of_the_lock() {
    assert_at_work(|sandbox| sandbox.state_dir().join("telemetry.json.lock"));
}

fn an_event_is_sent_with_anything_in_place_of_the_temporary_file() {
    assert_at_work(|sandbox| sandbox.state_dir().join("telemetry.json.new"));
}

fn an_event_is_sent_with_anything_in_place_of_the_senders() {
    assert_at_work(|sandbox| sandbox.state_dir().join("senders"));
    assert_at_work(|sandbox| sandbox.state_dir().join("senders/0"));
}

fn an_event_is_sent_with_anything_in_place_of_the_folder() {
    assert_at_work(Sandbox::state_dir);
}

fn a_lock_that_is_never_released_causes_only_a_short_delay() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    fs::create_dir_all(sandbox.state_dir()).unwrap();
    let lock = File::open(sandbox.state_dir()).unwrap();
    lock.lock().unwrap();
    let hook = sandbox.hook().on().to(&receiver).debug().stdin(EVENT);
    hook.run().assert_sent(&receiver.url(), "204");
    let enable = sandbox.command(["enable"]).run();
    assert!(enable.assert_success().stderr().contains("DOCGLOW_TELEMETRY=1"), "{enable:?}");
    assert_eq!(sandbox.state(), None);
}

fn a_home_that_is_a_file_is_no_home() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let file = sandbox.root().join("file");
    fs::write(&file, "").unwrap();
    let homeless = |arguments: &[&str]| {
        sandbox.hook().args(arguments).env_remove("XDG_CONFIG_HOME").env("HOME", &file)
    };
    homeless(&[]).on().to(&receiver).debug().stdin(EVENT).run().assert_sent(&receiver.url(), "204");
    assert!(homeless(&["enable"]).run().assert_success().stderr().contains("DOCGLOW_TELEMETRY=1"));
    assert!(
        homeless(&["disable"]).run().assert_success().stderr().contains("DOCGLOW_NO_TELEMETRY=1")
    );
    homeless(&["status"]).run().assert_success();
}
