//! The common ways to install docglow on Linux and macOS, which `sender::installation` must
//! recognize.

use crate::common::platform::first_lines;
use crate::common::trials;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::platform::installations::{Machine, NOTHING, found, versions};
use docglow_telemetry::payload::Event;
use docglow_telemetry::payload::version::{Pep440, PythonVersion};
use docglow_telemetry::sender::installation::complete;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        venv_pipx_and_uv,
        an_environment_has_the_version_its_python_was_upgraded_to,
        pip_without_an_environment,
        pip_user_and_debian,
        conda,
        a_shim_has_the_versions_on_which_all_that_it_may_start_agree,
        an_interpreter_may_be_named_in_the_second_line,
        the_same_docglow_twice_is_one,
        a_version_without_proof_stays_unknown,
        the_versions_in_the_event_win,
    ]
}

impl Machine {
    fn link(&self, path: &str, target: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(self.path(target), &path).unwrap();
        path
    }

    /// The script that an installer creates at `path`.
    fn script(&self, path: &str, interpreter: &str) -> PathBuf {
        self.file(path, first_lines(&self.path(interpreter), "") + IMPORT)
    }

    fn packages(&self, folder: &str, names: &[&str]) {
        names.iter().for_each(|name| fs::create_dir_all(self.path(folder).join(name)).unwrap());
    }

    /// A Python that was built from source, as in python images and by pyenv, asdf and mise.
    fn python(&self, prefix: &str, version: &str) {
        let (series, _) = version.rsplit_once('.').unwrap();
        self.file(&format!("{prefix}/bin/python{series}"), "");
        self.link(&format!("{prefix}/bin/python3"), &format!("{prefix}/bin/python{series}"));
        let header = format!("#define PY_MICRO_VERSION 7\n#define PY_VERSION \t\"{version}\"\n");
        self.file(&format!("{prefix}/include/python{series}/patchlevel.h"), header);
    }

    /// A docglow that pip has installed for the Python with this prefix.
    fn docglow(&self, prefix: &str, series: &str, version: &str) -> PathBuf {
        let packages = format!("{prefix}/lib/python{series}/site-packages");
        self.packages(
            &packages,
            &[&format!("docglow-{version}.dist-info"), "docglow", "docglow_x-1.0.dist-info"],
        );
        self.script(&format!("{prefix}/bin/docglow"), &format!("{prefix}/bin/python{series}"))
    }

    /// The same in a virtual environment, whose interpreter is a broken link.
    fn environment(&self, prefix: &str, pyvenv: impl AsRef<[u8]>, packages: &[&str]) -> PathBuf {
        self.file(&format!("{prefix}/pyvenv.cfg"), pyvenv);
        self.packages(&format!("{prefix}/lib/python3.11/site-packages"), packages);
        self.script(&format!("{prefix}/bin/docglow"), &format!("{prefix}/bin/python"))
    }
}

const IMPORT: &str = "from docglow.cli import cli\n";
const DOCGLOW: &[&str] = &["docglow-0.9.2.dist-info"];

fn venv_pipx_and_uv() {
    let machine = Machine::new();
    let pyvenv = "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.7\n";
    let packages = ["docglow-0.9.2.dist-info", "docglow", "docglow_extra-1.0.dist-info"];
    let venv = machine.environment("venv", pyvenv, &packages);
    assert_eq!(versions(&venv), found("0.9.2", "3.11.7"));

    let pyvenv = "home = /x\nimplementation = CPython\nuv = 0.5.1\nversion_info = 3.11.1\n";
    machine.environment("uv/tools/docglow", pyvenv, &["docglow-0.10.0rc1.dist-info"]);
    let link = machine.link(".local/bin/docglow", "uv/tools/docglow/bin/docglow");
    machine.packages(".local/lib/python3.11/site-packages", &["docglow-0.1.dist-info"]);
    assert_eq!(versions(&link), found("0.10.0rc1", "3.11.1"));

    let copied = machine.path(".local/bin/copied");
    fs::copy(&venv, &copied).unwrap();
    assert_eq!(versions(&copied), found("0.9.2", "3.11.7"));
}

fn an_environment_has_the_version_its_python_was_upgraded_to() {
    let machine = Machine::new();
    machine.python("opt", "3.11.9");
    let script = machine.environment("venv", "version = 3.11.7", DOCGLOW);
    machine.link("venv/bin/python", "opt/bin/python3");
    assert_eq!(versions(&script), found("0.9.2", "3.11.9"));
}

fn pip_without_an_environment() {
    let machine = Machine::new();
    machine.python("usr/local", "3.11.7");
    let script = machine.docglow("usr/local", "3.11", "0.9.2");
    assert_eq!(versions(&script), found("0.9.2", "3.11.7"));
    fs::remove_dir_all(machine.path("usr/local/include")).unwrap();
    assert_eq!(versions(&script), (Some("0.9.2".to_owned()), None));
}

fn pip_user_and_debian() {
    let machine = Machine::new();
    machine.python("usr", "3.11.2");
    machine.packages("home/.local/lib/python3.10/site-packages", &["docglow-0.8.0.dist-info"]);
    machine.packages("home/.local/lib/python3.11/site-packages", DOCGLOW);
    let user = machine.script("home/.local/bin/docglow", "usr/bin/python3");
    assert_eq!(versions(&user), found("0.9.2", "3.11.2"));

    machine.packages("usr/lib/python3/dist-packages", &["docglow-0.9.0.dist-info"]);
    let packaged = machine.script("usr/bin/docglow", "usr/bin/python3");
    assert_eq!(versions(&packaged), found("0.9.0", "3.11.2"));

    machine.packages("usr/local/lib/python3.11/dist-packages", &["docglow-0.9.1.dist-info"]);
    let local = machine.script("usr/local/bin/docglow", "usr/bin/python3");
    assert_eq!(versions(&local), found("0.9.1", "3.11.2"));
    assert_eq!(versions(&packaged), found("0.9.1", "3.11.2"));
}

fn conda() {
    let machine = Machine::new();
    let script = machine.docglow("conda/envs/dbt", "3.11", "0.9.2");
    machine.file("conda/envs/dbt/bin/python3.11", "");
    for record in [
        "python-3.11.7-h955ad1f_0",
        "python-dateutil-2.8.2-py_0",
        "python_abi-3.11-2_cp311",
        "pip-23-0",
    ] {
        machine.file(&format!("conda/envs/dbt/conda-meta/{record}.json"), "{}");
    }
    assert_eq!(versions(&script), found("0.9.2", "3.11.7"));
}

fn a_shim_has_the_versions_on_which_all_that_it_may_start_agree() {
    for (shims, pythons) in [
        (".pyenv/shims", ".pyenv/versions"),
        (".asdf/shims", ".asdf/installs/python"),
        ("mise/shims", "mise/installs/python"),
    ] {
        let machine = Machine::new();
        let shim = machine.file(&format!("{shims}/docglow"), "#!/usr/bin/env bash\n");
        machine.python(&format!("{pythons}/3.12.1"), "3.12.1");
        assert_eq!(versions(&shim), NOTHING);
        machine.python(&format!("{pythons}/3.11.7"), "3.11.7");
        machine.docglow(&format!("{pythons}/3.11.7"), "3.11", "0.9.2");
        machine.link(&format!("{pythons}/3.11"), &format!("{pythons}/3.11.7"));
        assert_eq!(versions(&shim), found("0.9.2", "3.11.7"));
        machine.docglow(&format!("{pythons}/3.12.1"), "3.12", "0.9.2");
        assert_eq!(versions(&shim), NOTHING);
    }
}

fn an_interpreter_may_be_named_in_the_second_line() {
    let machine = Machine::new();
    let pip = machine.environment("with space", "version = 3.11.7", DOCGLOW);
    let python = machine.path("with space/bin/python");
    let uv = r#""$(dirname -- "$(realpath -- "$0")")"/'python'"#.to_owned();
    for command in [format!("\"{}\"", python.display()), format!("'{}'", python.display()), uv] {
        fs::write(&pip, format!("#!/bin/sh\n'''exec' {command} \"$0\" \"$@\"\n' '''\n{IMPORT}"))
            .unwrap();
        assert_eq!(versions(&pip), found("0.9.2", "3.11.7"), "{command}");
    }
    assert_eq!(
        versions(&machine.link("docglow", "with space/bin/docglow")),
        found("0.9.2", "3.11.7")
    );
}

fn the_same_docglow_twice_is_one() {
    let machine = Machine::new();
    let script = machine.environment("venv", "version = 3.11.7", DOCGLOW);
    machine.link("venv/lib64", "venv/lib");
    machine.link("venv/lib/python3", "venv/lib/python3.11");
    assert_eq!(versions(&script), found("0.9.2", "3.11.7"));
}

fn a_version_without_proof_stays_unknown() {
    let machine = Machine::new();
    assert_eq!(versions(&machine.path("absent")), NOTHING);
    assert_eq!(versions(Path::new("")), NOTHING);
    assert_eq!(versions(&machine.path("")), NOTHING);
    let none = machine.environment("none", "version = 3.11.7", &["flask-1.0.dist-info"]);
    assert_eq!(versions(&none), NOTHING);
    let two = machine.environment("two", "", &["docglow-1.0.dist-info", "docglow-2.0.dist-info"]);
    assert_eq!(versions(&two), NOTHING);
    let packages = ["docglow-acme.dist-info", "docglow-1.2+acme.dist-info"];
    let named = machine.environment("named", "version = acme", &packages);
    assert_eq!(versions(&named), (Some("1.2".to_owned()), None));

    // A launcher of another kind may start any docglow, even if packages are beside it.
    machine.packages(".local/lib/python3.11/site-packages", DOCGLOW);
    machine.file(".local/bin/mise", "\x7fELF");
    assert_eq!(versions(&machine.link(".local/bin/docglow", ".local/bin/mise")), NOTHING);
    for line in [
        "#!/usr/bin/env python3",
        "#!/bin/sh",
        "#!/bin/sh\nexec docker run docglow",
        "#!python",
        "#!",
        "",
    ] {
        let script = machine.file(".local/bin/other", format!("{line}\n"));
        assert_eq!(versions(&script), NOTHING, "{line}");
    }

    // A wrapper may run any docglow, and an archive contains its own. PYTHONPATH may name one even
    // if the script is not pip's.
    machine.python("image", "3.11.7");
    machine.docglow("image", "3.11", "0.9.2");
    let line = format!("#!{}\n", machine.path("image/bin/python3.11").display());
    for rest in [
        "import os\nos.execvp('docker', ['docker', 'run', 'docglow'])\n",
        "PK\x03\x04__main__.py\nimport docglow\n",
    ] {
        let wrapper = machine.file("image/bin/wrapper", line.clone() + rest);
        assert_eq!(versions(&wrapper), NOTHING, "{rest}");
    }
    assert_eq!(versions(&machine.script("target/bin/docglow", "image/bin/python3.11")), NOTHING);

    // If an environment's Python has been replaced by another version, its old packages do not
    // count.
    machine.python("opt", "3.12.1");
    let stale = machine.environment("stale", "version = 3.11.7", DOCGLOW);
    machine.link("stale/bin/python", "opt/bin/python3");
    assert_eq!(versions(&stale), NOTHING);
}

fn the_versions_in_the_event_win() {
    let machine = Machine::new();
    let script = machine.environment("venv", "version = 3.11.7", DOCGLOW);
    let mut event =
        Event::parse(r#"{"command":"serve","result":"success","docglow_version":"1.0"}"#).unwrap();
    complete(&mut event, &script);
    assert_eq!(event.docglow_version, Pep440::parse("1.0"));
    assert_eq!(event.python_version, PythonVersion::parse("3.11.7"));
}
