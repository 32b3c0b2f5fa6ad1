//! Installing, upgrading and uninstalling the wheel with pip, pipx and uv, and the effect on a
//! shell with the line of the README.

use crate::common::trials::{tool_path, trial};
use crate::common::{Outcome, Receiver, Sandbox};
use crate::project::{self, Project};
use crate::{SENDER_LIFE, given, only_file, succeed};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The lines for a shell's start-up file.
const LINES: [(&str, &str); 3] = [
    ("bash", r#"command -v docglow-telemetry >/dev/null && eval "$(docglow-telemetry init bash)""#),
    ("zsh", r#"command -v docglow-telemetry >/dev/null && eval "$(docglow-telemetry init zsh)""#),
    ("fish", "command -q docglow-telemetry; and docglow-telemetry init fish | source"),
];

pub fn trials() -> Vec<libtest_mimic::Trial> {
    let shells = ["bash", "zsh", "fish", "python3"];
    [Installer::Pip, Installer::Pipx, Installer::Uv]
        .map(|installer| {
            let name =
                format!("packages::installers::{installer:?}_installs_upgrades_and_uninstalls_it")
                    .to_lowercase();
            trial(name, &shells, move || installs_upgrades_and_uninstalls(installer))
        })
        .into()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Installer {
    /// In the same virtual environment as docglow.
    Pip,
    Pipx,
    Uv,
}

impl Installer {
    /// Runs `task` (install, upgrade, uninstall) with the packages in the folder `index`, in
    /// `home`.
    fn run(self, task: &str, home: &Path, index: &Path) {
        let tools = given("PYTHON_TOOLS");
        let (program, words): (PathBuf, &[&str]) = match (self, task) {
            (Installer::Pip, "upgrade") => (home.join("bin/pip"), &["install", "--upgrade"]),
            (Installer::Pip, "uninstall") => (home.join("bin/pip"), &["uninstall", "--yes"]),
            (Installer::Pip, _) => (home.join("bin/pip"), &["install"]),
            (Installer::Pipx, _) => (tools.join("pipx"), &[task]),
            (Installer::Uv, _) => (tools.join("uv"), &["tool", task]),
        };
        // pip splits the variable at blanks, so a path with a blank must be a URL.
        let index = url::Url::from_file_path(index).expect("an absolute path").to_string();
        let mut command = Command::new(program);
        command
            .args(words)
            .arg("docglow-telemetry")
            .env("PIP_NO_INDEX", "1")
            .env("PIP_FIND_LINKS", &index);
        command
            .env("UV_NO_INDEX", "1")
            .env("UV_FIND_LINKS", &index)
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
        command.env("PIPX_HOME", home.join("pipx")).env("PIPX_BIN_DIR", home.join("bin"));
        succeed(
            command.env("UV_TOOL_DIR", home.join("uv")).env("UV_TOOL_BIN_DIR", home.join("bin")),
        );
    }
}

fn installs_upgrades_and_uninstalls(installer: Installer) {
    let project = Project::new();
    let (home, index) =
        (project.sandbox.root().join("installed"), project.sandbox.root().join("index"));
    fs::create_dir_all(&index).expect("a folder");
    make_older_release(&index);
    let mut path = vec![home.join("bin")];
    if installer == Installer::Pip {
        succeed(Command::new("python3").args(["-m", "venv"]).arg(&home));
        let pip = home.join("bin/pip");
        succeed(Command::new(pip).args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "docglow==0.9.2",
        ]));
    } else {
        path.push(
            project::docglow().expect("DOCGLOW_VENV").parent().expect("its folder").to_owned(),
        );
    }
    let shell = |(shell, line): (&str, &str), receiver: &Receiver| {
        run_docglow(&project.sandbox, &path, shell, line, receiver)
    };

    installer.run("install", &home, &index);
    let hook = home.join("bin/docglow-telemetry");
    assert_eq!(succeed(&mut Command::new(&hook)), "an older release\n");

    let wheel = only_file(&given("PACKAGES"), &[".whl", "manylinux2014_x86_64"]);
    fs::copy(&wheel, index.join(wheel.file_name().expect("a name"))).expect("the wheel");
    installer.run("upgrade", &home, &index);
    for start_up in LINES {
        let receiver = Receiver::answering();
        shell(start_up, &receiver).assert_success();
        let requests = receiver.wait_for(1, SENDER_LIFE);
        let sent_by = requests[0].header("User-Agent").unwrap_or_default();
        assert_eq!(sent_by, concat!("docglow-telemetry/", env!("CARGO_PKG_VERSION")));
        assert_eq!((&requests[0].json()["command"], requests.len()), (&"generate".into(), 1));
        assert_eq!(requests[0].json()["docglow_version"], "0.9.2");
    }

    installer.run("uninstall", &home, &index);
    assert!(!hook.exists());
    for start_up in LINES {
        let receiver = Receiver::answering();
        let outcome = shell(start_up, &receiver);
        outcome.assert_success();
        assert!(!outcome.stderr().contains("docglow-telemetry"), "{outcome:?}");
        // docglow has the same recorded consent.
        let requests = receiver.wait_for(1, SENDER_LIFE);
        assert!(
            !requests[0].header("User-Agent").unwrap_or_default().starts_with("docglow-telemetry")
        );
    }
}

/// Runs `docglow generate` in a shell with this line in its start-up file, and with telemetry on.
fn run_docglow(
    sandbox: &Sandbox,
    path: &[PathBuf],
    shell: &str,
    line: &str,
    receiver: &Receiver,
) -> Outcome {
    let mut script =
        sandbox.hook().args(["-c", &format!("{line}\ndocglow generate")]).on().to(receiver);
    script.program = tool_path(shell).expect("the shell");
    let path = path.iter().map(PathBuf::as_path).chain([Path::new("/usr/bin"), Path::new("/bin")]);
    script.env("PATH", std::env::join_paths(path).expect("a PATH")).env("LC_ALL", "C.UTF-8").run()
}

fn make_older_release(folder: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packages/older_release.py");
    succeed(Command::new("python3").arg(script).arg(folder));
}
