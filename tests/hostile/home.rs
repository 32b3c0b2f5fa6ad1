//! The home folder: a caller without `HOME`, as started by cron, systemd and `env -i`; and root in
//! a user's home (`sudo -E`).

use crate::common::platform::give_to;
use crate::common::{EVENT, Invocation, Receiver, Sandbox, trials};
use crate::wrapped::{STRANGER, by_tool, in_namespace};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        without_home_the_user_database_names_the_home needs ["root", "unshare", "mount"],
        an_absolute_config_home_needs_no_user_database needs ["Linux"],
        a_user_who_is_not_in_passwd_has_no_home_and_nscd_is_not_asked needs ["root", "unshare", "mount"],
        no_plug_in_of_the_machines_is_asked_for_the_home needs ["root", "unshare", "mount", "cc", "a static binary"],
        as_root_in_a_users_home_nothing_is_made needs ["root", "Linux"],
        as_root_in_a_users_home_a_file_is_replaced_and_stays_the_users needs ["root", "Linux"],
        as_root_in_a_users_home_a_link_to_a_file_that_the_user_cannot_write_is_not_followed needs ["root", "Linux"],
        roots_folder_in_a_users_home_counts_as_the_users needs ["root", "Linux"],
        roots_record_in_a_users_home_does_not_count needs ["root", "Linux"],
        root_of_a_user_namespace_is_an_ordinary_user needs ["root", "setpriv", "unshare", "user namespaces", "Linux"],
        as_root_the_target_of_a_link_keeps_its_owner needs ["root", "Linux"],
        as_root_nothing_is_opened_in_a_users_home_with_roots_rights needs ["root", "strace", "Linux"],
    ]
}

/// The hook without a home in its environment. The user database names the sandbox as root's home.
fn homeless(sandbox: &Sandbox, hook: &Invocation, script: &str) -> Invocation {
    let users = format!(
        "daemon:x:1:1::/nowhere:/bin/sh\nroot:x:0:0::{}:/bin/sh\n",
        sandbox.home().display()
    );
    homeless_among(&users, sandbox, hook, script)
}

fn homeless_among(users: &str, sandbox: &Sandbox, hook: &Invocation, script: &str) -> Invocation {
    let passwd = sandbox.root().join("passwd");
    fs::write(&passwd, users).unwrap();
    let script = format!("mount --bind '{}' /etc/passwd && {script}", passwd.display());
    in_namespace(&hook.clone().env_remove("XDG_CONFIG_HOME"), &script)
}

#[track_caller]
fn assert_state_is_in_home(sandbox: &Sandbox, script: &str) {
    let receiver = Receiver::answering();
    let hook = sandbox.hook().on().to(&receiver).debug().stdin(EVENT);
    homeless(sandbox, &hook, script).run().assert_sent(&receiver.url(), "204");
    let file = sandbox.home().join(".config/docglow/telemetry.json");
    let state: serde_json::Value =
        serde_json::from_slice(&fs::read(&file).expect("the state file")).unwrap();
    assert_eq!(receiver.only_request().json()["instance_id"], state["instance_id"]);
    homeless(sandbox, &sandbox.command(["enable"]), script).run().assert_success();
    let status = homeless(sandbox, &sandbox.command(["status", "--json"]), script).run().json();
    assert_eq!((&status["active"], &status["instance_id"]), (&true.into(), &state["instance_id"]));
    assert_eq!(status["state_file"], file.to_str().unwrap());
}

fn without_home_the_user_database_names_the_home() {
    for script in ["unset HOME", "HOME=", "unset HOME; export XDG_CONFIG_HOME=relative"] {
        assert_state_is_in_home(&Sandbox::new(), script);
    }
}

fn an_absolute_config_home_needs_no_user_database() {
    let sandbox = Sandbox::new();
    sandbox.command(["enable"]).env_remove("HOME").run().assert_success();
    assert_eq!(sandbox.state().unwrap()["consent"], "yes");
}

/// For such a user, musl asks nscd, which may never answer.
fn a_user_who_is_not_in_passwd_has_no_home_and_nscd_is_not_asked() {
    let sandbox = Sandbox::new();
    let folder = sandbox.root().join("nscd");
    fs::create_dir(&folder).unwrap();
    let nscd = UnixListener::bind(folder.join("socket")).unwrap();
    nscd.set_nonblocking(true).unwrap();
    let mount = format!(
        "mount -t tmpfs none /run && mkdir /run/nscd && mount --bind '{}' /run/nscd",
        folder.display()
    );
    let receiver = Receiver::answering();
    for users in [
        "",
        "daemon:x:1:1::/:/bin/sh\n",
        "root:x:0:0::/\n",
        "root:x:0:x::/:/bin/sh\n",
        "x:0:0:0::/\n",
    ] {
        let homeless = |hook: Invocation| {
            homeless_among(users, &sandbox, &hook, &format!("{mount} && unset HOME"))
        };
        homeless(sandbox.hook().to(&receiver).stdin(EVENT)).run().assert_silent();
        homeless(sandbox.hook().on().to(&receiver).debug().stdin(EVENT))
            .run()
            .assert_sent(&receiver.url(), "204");
        let status = homeless(sandbox.command(["status", "--json"])).run().json();
        assert_eq!(status["state_file"], serde_json::Value::Null, "{users}");
        assert_eq!(nscd.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "{users}");
    }
}

/// A plug-in that ends its process when it is loaded. Calling a plug-in of another glibc has the
/// same effect.
const DEADLY: &str = "__attribute__((constructor)) static void deadly(void) { __builtin_trap(); }";

fn no_plug_in_of_the_machines_is_asked_for_the_home() {
    for services in ["deadly files", "deadly", "files deadly", "deadly [NOTFOUND=return] files", ""]
    {
        let sandbox = Sandbox::new();
        let (source, nsswitch) =
            (sandbox.root().join("deadly.c"), sandbox.root().join("nsswitch.conf"));
        fs::write(&source, DEADLY).unwrap();
        fs::write(&nsswitch, format!("passwd: {services}\n")).unwrap();
        let library = sandbox.root().join("libnss_deadly.so.2");
        let built =
            Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
        assert!(built.expect("cc").success());
        let bind = format!("mount --bind '{}' /etc/nsswitch.conf", nsswitch.display());
        let environment =
            format!("export LD_LIBRARY_PATH='{}'; unset HOME", sandbox.root().display());
        assert_state_is_in_home(&sandbox, &format!("{bind} && {environment}"));
    }
}

/// A user's home with these folders and files, in which root runs the hook.
struct UsersHome {
    sandbox: Sandbox,
}

impl UsersHome {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        fs::set_permissions(sandbox.root(), fs::Permissions::from_mode(0o755)).unwrap();
        chown(sandbox.home(), Some(STRANGER), Some(STRANGER)).unwrap();
        Self { sandbox }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.sandbox.home().join(path)
    }

    fn own(&self, path: &str) -> PathBuf {
        lchown(self.path(path), Some(STRANGER), Some(STRANGER)).unwrap();
        self.path(path)
    }

    fn folder(&self, path: &str) -> PathBuf {
        fs::create_dir(self.path(path)).unwrap();
        self.own(path)
    }

    fn file(&self, path: &str, content: &str) -> PathBuf {
        fs::write(self.path(path), content).unwrap();
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o640)).unwrap();
        self.own(path)
    }

    fn link(&self, path: &str, target: impl AsRef<Path>) -> PathBuf {
        symlink(target, self.path(path)).unwrap();
        self.own(path)
    }

    fn command(&self, command: &str) -> crate::common::Outcome {
        self.sandbox.command([command]).env_remove("XDG_CONFIG_HOME").run()
    }

    /// Sends an event and returns its id.
    fn sent_id(&self) -> String {
        let receiver = Receiver::answering();
        let hook = self
            .sandbox
            .hook()
            .env_remove("XDG_CONFIG_HOME")
            .on()
            .to(&receiver)
            .debug()
            .stdin(EVENT);
        hook.run().assert_sent(&receiver.url(), "204");
        receiver.only_request().json()["instance_id"].as_str().expect("an id").to_owned()
    }

    /// The paths of all entries in the home. Panics if one of them does not belong to the user.
    #[track_caller]
    fn entries(&self) -> Vec<PathBuf> {
        let mut found = vec![self.sandbox.home()];
        let mut looked_into = 0;
        while looked_into < found.len() {
            let folder = Some(&found[looked_into]).filter(|path| !path.is_symlink());
            let entries = folder.and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten();
            found.extend(entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>());
            looked_into += 1;
        }
        for path in &found {
            let found = fs::symlink_metadata(path).unwrap();
            assert_eq!((found.uid(), found.gid()), (STRANGER, STRANGER), "{}", path.display());
        }
        found
    }
}

const UNSET: &str = r#"{"version": 1, "consent": "unset"}"#;

fn as_root_in_a_users_home_nothing_is_made() {
    for folders in [&[][..], &[".config"], &[".config", ".config/docglow"]] {
        let home = UsersHome::new();
        folders.iter().for_each(|folder| drop(home.folder(folder)));
        let before = home.entries();
        assert_ne!(home.sent_id(), home.sent_id());
        for (command, variable) in
            [("enable", "DOCGLOW_TELEMETRY=1"), ("disable", "DOCGLOW_NO_TELEMETRY=1")]
        {
            let outcome = home.command(command);
            assert!(outcome.assert_success().stderr().contains(variable), "{outcome:?}");
        }
        assert_eq!(home.entries(), before);
    }
}

fn as_root_in_a_users_home_a_file_is_replaced_and_stays_the_users() {
    for is_link in [false, true] {
        let home = UsersHome::new();
        home.folder(".config");
        home.folder(".config/docglow");
        home.folder("dotfiles");
        let (link, file) = (".config/docglow/telemetry.json", "dotfiles/state");
        let file = if is_link { home.file(file, UNSET) } else { home.file(link, UNSET) };
        if is_link {
            home.link(link, "../../dotfiles/state");
        }
        let id = home.sent_id();
        assert!(home.command("disable").assert_success().stderr().is_empty());
        let state: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!((&state["instance_id"], &state["consent"]), (&id.into(), &"no".into()));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(home.path(link).is_symlink(), is_link);
        assert!(home.entries().iter().all(|path| !path.ends_with("senders")));
    }
}

fn as_root_in_a_users_home_a_link_to_a_file_that_the_user_cannot_write_is_not_followed() {
    type Trap = fn(&UsersHome, &Path);
    let traps: [(&str, Trap); 6] = [
        ("the file", |home, roots| {
            drop(home.link(".config/docglow/telemetry.json", roots.join("file")))
        }),
        ("a file to be made", |home, roots| {
            drop(home.link(".config/docglow/telemetry.json", roots.join("new")))
        }),
        ("the lock", |home, roots| {
            home.file(".config/docglow/telemetry.json", UNSET);
            home.link(".config/docglow/telemetry.json.lock", roots.join("new"));
        }),
        ("the temporary file's folder", |home, roots| {
            home.file(".config/docglow/telemetry.json", UNSET);
            fs::rename(home.path(".config/docglow"), home.path("moved")).unwrap();
            home.link(".config/docglow", roots);
        }),
        ("a folder above", |home, roots| {
            fs::rename(home.path(".config"), home.path("moved")).unwrap();
            home.link(".config", roots);
        }),
        ("the senders", |home, roots| drop(home.link(".config/docglow/senders", roots))),
    ];
    for (what, trap) in traps {
        let home = UsersHome::new();
        let roots = home.sandbox.root().join("roots");
        fs::create_dir(&roots).unwrap();
        fs::write(roots.join("file"), "root's").unwrap();
        fs::write(roots.join("telemetry.json"), "root's").unwrap();
        fs::create_dir(roots.join("docglow")).unwrap();
        home.folder(".config");
        home.folder(".config/docglow");
        trap(&home, &roots);
        home.sent_id();
        home.command("enable").assert_success();
        home.command("disable").assert_success();
        let mut names: Vec<_> =
            fs::read_dir(&roots).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["docglow", "file", "telemetry.json"], "{what}");
        assert_eq!(fs::read_dir(roots.join("docglow")).unwrap().count(), 0, "{what}");
        for name in ["file", "telemetry.json"] {
            assert_eq!(fs::read(roots.join(name)).unwrap(), b"root's", "{what}");
        }
    }
}

fn roots_folder_in_a_users_home_counts_as_the_users() {
    for roots in [".config", ".config/docglow"] {
        let home = UsersHome::new();
        home.folder(".config");
        home.folder(".config/docglow");
        let file = home.file(".config/docglow/telemetry.json", UNSET);
        chown(home.path(roots), Some(0), Some(0)).unwrap();
        home.sent_id();
        home.command("enable").assert_success();
        chown(home.path(roots), Some(STRANGER), Some(STRANGER)).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640, "{roots}");
        assert!(home.entries().iter().all(|path| !path.ends_with("senders")), "{roots}");
    }
}

fn roots_record_in_a_users_home_does_not_count() {
    let home = UsersHome::new();
    let folder = home.path(".config/docglow");
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(folder.join("telemetry.json"), UNSET.replace("unset", "yes")).unwrap();
    let status =
        || home.sandbox.command(["status", "--json"]).env_remove("XDG_CONFIG_HOME").run().json();
    assert_eq!(status()["active"], false);
    home.command("disable").assert_success();
    assert_eq!(status()["active"], false);
}

/// Inside the namespace, all folders above the home belong to the overflow uid.
fn root_of_a_user_namespace_is_an_ordinary_user() {
    let sandbox = Sandbox::new();
    let program = sandbox.copy_of_the_hook();
    fs::set_permissions(sandbox.root(), fs::Permissions::from_mode(0o755)).unwrap();
    give_to(STRANGER, sandbox.root());
    let inside = |hook: Invocation| {
        let id = STRANGER.to_string();
        let hook = Invocation { program: program.clone(), ..hook };
        let namespace = by_tool(&hook, "unshare", &["--user", "--map-root-user"]);
        by_tool(&namespace, "setpriv", &["--reuid", &id, "--regid", &id, "--clear-groups"]).run()
    };
    let receiver = Receiver::answering();
    inside(sandbox.command(["enable"])).assert_success();
    for _ in 0..2 {
        inside(sandbox.hook().to(&receiver).arg("--wait").stdin(EVENT)).assert_silent();
    }
    let ids: Vec<_> =
        receiver.requests().iter().map(|request| request.json()["instance_id"].clone()).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    assert_eq!(
        inside(sandbox.command(["log", "--json"]))
            .assert_success()
            .stdout()
            .matches("body")
            .count(),
        2
    );
    inside(sandbox.command(["disable"])).assert_success();
    assert_eq!(inside(sandbox.command(["status", "--json"])).json()["active"], false);
}

fn as_root_the_target_of_a_link_keeps_its_owner() {
    let (home, root) = (UsersHome::new(), Sandbox::new());
    let file = home.file("state", UNSET);
    fs::create_dir_all(root.state_dir()).unwrap();
    symlink(&file, root.state_dir().join("telemetry.json")).unwrap();
    root.command(["enable"]).run().assert_success();
    assert!(fs::read_to_string(&file).unwrap().contains("yes"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    home.entries();
}

/// Just opening a file may have an effect, for example on a tape drive.
fn as_root_nothing_is_opened_in_a_users_home_with_roots_rights() {
    let home = UsersHome::new();
    home.folder(".config");
    home.folder(".config/docglow");
    home.file(".config/docglow/telemetry.json", UNSET);
    home.file(".config/docglow/telemetry.log", "");
    let receiver = Receiver::answering();
    let trace = home.sandbox.root().join("trace");
    let sends = home.sandbox.hook().on().to(&receiver).arg("--wait").stdin(EVENT);
    for hook in [
        home.sandbox.command(["status"]),
        home.sandbox.command(["log"]),
        home.sandbox.command(["disable"]),
        sends,
    ] {
        let hook = hook.env_remove("XDG_CONFIG_HOME");
        let options = ["-f", "-qq", "-e", "trace=/open,setresuid", "-o", trace.to_str().unwrap()];
        by_tool(&hook, "strace", &options).run().assert_success();
        let text = fs::read_to_string(&trace).unwrap();
        let (mut is_root, mut opened) = (true, 0);
        for call in text.lines() {
            if call.contains("setresuid(") {
                is_root = call.contains("setresuid(-1, 0, -1)");
            }
            if call.contains("/.config") {
                assert!(!is_root, "{:?}: {call}", hook.arguments);
                opened += 1;
            }
        }
        assert!(opened > 0, "{:?}: {text}", hook.arguments);
    }
}
