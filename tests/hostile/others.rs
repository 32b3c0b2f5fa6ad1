//! Other users of the machine: a shared home, a working folder such as `/tmp`, and links of other
//! users.

use crate::common::platform::give_to;
use crate::common::{EVENT, Invocation, Outcome, Receiver, Sandbox, trials};
use crate::wrapped::{STRANGER, by_tool};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_yes_of_another_users_does_not_count_and_a_no_does needs ["root", "setpriv"],
        a_yes_that_another_users_link_leads_to_does_not_count needs ["root", "setpriv"],
        an_id_that_another_user_has_chosen_is_not_sent needs ["root", "setpriv"],
        in_a_user_namespace_a_yes_of_an_unknown_owner_does_not_count needs ["root", "setpriv", "unshare", "user namespaces", "Linux"],
        a_docglow_yml_that_another_user_may_have_planted_turns_nothing_on needs ["root", "setpriv"],
        a_link_of_another_user_is_never_followed needs ["root", "setpriv"],
        an_event_is_not_written_to_another_users_file needs ["root", "setpriv"],
    ]
}

/// The user who runs the hook.
const USER: u32 = 54_322;

/// A home and a configuration folder that all users may write to, and a private folder of the
/// user's beside it.
struct SharedHome {
    sandbox: Sandbox,
    program: PathBuf,
}

impl SharedHome {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let program = sandbox.copy_of_the_hook();
        fs::set_permissions(sandbox.root(), fs::Permissions::from_mode(0o755)).unwrap();
        let home = Self { sandbox, program };
        fs::create_dir(home.state_dir()).unwrap();
        for folder in [home.sandbox.config_home(), home.state_dir(), home.sandbox.project()] {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
        }
        fs::create_dir(home.private()).unwrap();
        give_to(USER, &home.private());
        home
    }

    fn state_dir(&self) -> PathBuf {
        self.sandbox.state_dir()
    }

    /// The user's private folder.
    fn private(&self) -> PathBuf {
        self.sandbox.root().join("private")
    }

    fn write(&self, path: &Path, content: &str, owner: u32) {
        fs::write(path, content).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        give_to(owner, path);
    }

    fn write_state(&self, content: &str, owner: u32) {
        self.write(&self.sandbox.state_file(), content, owner);
    }

    fn run(&self, hook: Invocation) -> Outcome {
        let id = USER.to_string();
        let hook = Invocation { program: self.program.clone(), ..hook };
        by_tool(&hook, "setpriv", &["--reuid", &id, "--regid", &id, "--clear-groups"]).run()
    }

    fn status(&self) -> Value {
        self.run(self.sandbox.command(["status", "--json"])).assert_success().json()
    }
}

const ID: &str = "90d9c317-33b3-4784-98a9-1d5ebf9aea23";

fn state(consent: &str) -> String {
    format!(r#"{{"version": 1, "instance_id": "{ID}", "consent": "{consent}"}}"#)
}

fn a_yes_of_another_users_does_not_count_and_a_no_does() {
    let home = SharedHome::new();
    for (consent, owner, active, shown) in [
        ("yes", USER, true, "yes"),
        ("yes", 0, true, "yes"),
        ("yes", STRANGER, false, "unset"),
        ("no", STRANGER, false, "no"),
        ("no", USER, false, "no"),
    ] {
        home.write_state(&state(consent), owner);
        let status = home.status();
        assert_eq!(
            (&status["active"], &status["consent"]),
            (&active.into(), &shown.into()),
            "{consent} of {owner}"
        );
    }
}

fn a_yes_that_another_users_link_leads_to_does_not_count() {
    let home = SharedHome::new();
    let own = home.private().join("old.json");
    home.write(&own, &state("yes"), USER);
    for (owner, active) in [(USER, true), (0, true), (STRANGER, false)] {
        let link = home.sandbox.state_file();
        let _ = fs::remove_file(&link);
        symlink(&own, &link).unwrap();
        lchown(&link, Some(owner), Some(owner)).unwrap();
        assert_eq!(home.status()["active"], active, "{owner}");
    }
}

fn an_id_that_another_user_has_chosen_is_not_sent() {
    let (home, receiver) = (SharedHome::new(), Receiver::answering());
    home.write_state(&state("unset"), STRANGER);
    let hook = home.sandbox.hook().on().to(&receiver).arg("--wait").stdin(EVENT);
    home.run(hook).assert_silent();
    assert_ne!(receiver.only_request().json()["instance_id"], ID);
}

fn in_a_user_namespace_a_yes_of_an_unknown_owner_does_not_count() {
    let home = SharedHome::new();
    home.write_state(&state("yes"), STRANGER);
    let inside = |options: &[&str]| {
        let hook = home.sandbox.command(["status", "--json"]);
        let hook = Invocation { program: home.program.clone(), ..hook };
        let id = USER.to_string();
        let namespace = by_tool(&hook, "unshare", &[&["--user"], options].concat());
        by_tool(&namespace, "setpriv", &["--reuid", &id, "--regid", &id, "--clear-groups"])
            .run()
            .json()
    };
    for options in [&["--map-root-user"][..], &["--map-current-user"], &[]] {
        assert_eq!(inside(options)["active"], false, "{options:?}");
    }
    home.write_state(&state("yes"), USER);
    for options in [&["--map-root-user"], &["--map-current-user"]] {
        assert_eq!(inside(options)["active"], true, "{options:?}");
    }
}

fn a_docglow_yml_that_another_user_may_have_planted_turns_nothing_on() {
    let home = SharedHome::new();
    let (project, file) = (home.sandbox.project(), home.sandbox.project().join("docglow.yml"));
    let says = |content: &str, owner: u32, mode: u32| {
        let _ = fs::remove_file(&file);
        home.write(&file, content, owner);
        fs::set_permissions(&project, fs::Permissions::from_mode(mode)).unwrap();
        let status = home.status();
        (status["active"] == true, status["rule"].clone(), status["endpoint_source"].clone())
    };
    let on = "telemetry: {enabled: true, endpoint: https://planted.example/x}\n";
    for (owner, mode, counts) in [
        (USER, 0o1777, true),
        (0, 0o1777, true),
        (STRANGER, 0o1777, false),
        (STRANGER, 0o777, false),
        (STRANGER, 0o1755, false),
        (STRANGER, 0o755, true),
    ] {
        let (rule, source) =
            if counts { ("docglow.yml", "docglow.yml") } else { ("default", "default") };
        assert_eq!(
            says(on, owner, mode),
            (counts, rule.into(), source.into()),
            "{owner}, {mode:o}"
        );
    }
    let off = "telemetry: {enabled: false}\n";
    assert_eq!(says(off, STRANGER, 0o1777), (false, "docglow.yml".into(), "default".into()));
    // A recorded yes must not send an event to the endpoint in a planted file.
    home.write_state(&state("yes"), USER);
    let elsewhere = "telemetry: {endpoint: https://planted.example/x}\n";
    assert_eq!(says(elsewhere, STRANGER, 0o1777), (true, "consent".into(), "default".into()));
    // The user's own file, which another user's link leads to.
    let own = home.private().join("docglow.yml");
    home.write(&own, on, USER);
    fs::remove_file(home.sandbox.state_file()).unwrap();
    fs::remove_file(&file).unwrap();
    symlink(&own, &file).unwrap();
    lchown(&file, Some(STRANGER), Some(STRANGER)).unwrap();
    assert_eq!(home.status()["active"], false);
}

fn a_link_of_another_user_is_never_followed() {
    const TO_A_FILE: [&str; 7] = [
        "docglow/telemetry.json",
        "docglow/telemetry.json.lock",
        "docglow/telemetry.json.new",
        "docglow/telemetry.log",
        "docglow/telemetry.log.lock",
        "docglow/telemetry.endpoints",
        "docglow/senders/0",
    ];
    const TO_A_FOLDER: [&str; 2] = ["docglow/senders", "docglow"];
    for path in [&TO_A_FILE[..], &TO_A_FOLDER].concat() {
        let (home, receiver) = (SharedHome::new(), Receiver::answering());
        let link = home.sandbox.config_home().join(path);
        if path == "docglow" {
            fs::remove_dir(&link).unwrap();
        } else if path != "docglow/telemetry.log" {
            // The log is full, so it is renamed.
            let line = "\n2026-01-01T00:00:00.000Z 1 sent https://old.example/ {}";
            home.write(&home.state_dir().join("telemetry.log"), &line.repeat(10_000), USER);
        }
        let folder = link.parent().expect("a folder");
        fs::create_dir_all(folder).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
        let target = if TO_A_FOLDER.contains(&path) { "" } else { "new" };
        symlink(home.private().join(target), &link).unwrap();
        lchown(&link, Some(STRANGER), Some(STRANGER)).unwrap();
        for command in ["enable", "disable"] {
            home.run(home.sandbox.command([command])).assert_success();
        }
        let hook = home.sandbox.hook().on().to(&receiver).arg("--wait").stdin(EVENT);
        home.run(hook).assert_silent();
        let names: Vec<_> = fs::read_dir(home.private()).unwrap().collect();
        assert!(names.is_empty(), "{path}: {names:?}");
    }
}

fn an_event_is_not_written_to_another_users_file() {
    let (home, receiver) = (SharedHome::new(), Receiver::answering());
    let log = home.state_dir().join("telemetry.log");
    home.write(&log, "", STRANGER);
    fs::set_permissions(&log, fs::Permissions::from_mode(0o666)).unwrap();
    let hook = home.sandbox.hook().on().to(&receiver).debug().stdin(EVENT);
    let outcome = home.run(hook);
    assert!(outcome.assert_not_sent().contains("another user's file"), "{outcome:?}");
    assert_eq!((fs::metadata(&log).unwrap().len(), receiver.connections()), (0, 0));
}
