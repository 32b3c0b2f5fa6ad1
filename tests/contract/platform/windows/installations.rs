//! The common ways to install docglow on Windows, which `sender::installation` must recognize.

use crate::common::trials;
use std::fs;
use std::path::PathBuf;

use crate::platform::installations::{Machine, NOTHING, found, versions};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        an_environment_and_a_launcher_that_was_copied_out_of_it,
        a_path_with_a_space_stands_in_quotes,
        pip_without_an_environment_and_for_one_user,
        a_version_without_proof_stays_unknown,
    ]
}

impl Machine {
    /// The launcher that an installer creates at `path`: a program, the line with the interpreter,
    /// and an archive.
    fn launcher(&self, path: &str, line: &str) -> PathBuf {
        let launcher = [
            b"MZ".as_slice(),
            &[0x90; 100_000],
            b"#!secret",
            line.as_bytes(),
            b"\r\nPK\x03\x04archive",
        ]
        .concat();
        self.file(path, launcher)
    }

    fn environment(&self, prefix: &str, pyvenv: &str) -> PathBuf {
        self.file(&format!("{prefix}/pyvenv.cfg"), pyvenv);
        self.file(&format!("{prefix}/Scripts/python.exe"), "");
        self.file(&format!("{prefix}/Lib/site-packages/docglow-0.9.2.dist-info/METADATA"), "");
        let python = self.path(prefix).join("Scripts").join("python.exe");
        self.launcher(&format!("{prefix}/Scripts/docglow.exe"), &format!("#!{}", python.display()))
    }
}

fn an_environment_and_a_launcher_that_was_copied_out_of_it() {
    let machine = Machine::new();
    let script = machine.environment("venv", "home = C:\\Python311\r\nversion = 3.11.7\r\n");
    assert_eq!(versions(&script), found("0.9.2", "3.11.7"));
    // pipx and uv copy the launcher.
    let copied = machine.path("docglow.exe");
    fs::copy(&script, &copied).unwrap();
    assert_eq!(versions(&copied), found("0.9.2", "3.11.7"));
}

fn a_path_with_a_space_stands_in_quotes() {
    let machine = Machine::new();
    let script = machine.environment("with space", "version_info = 3.12.1\n");
    let python = machine.path("with space").join("Scripts").join("python.exe");
    machine.launcher("with space/Scripts/docglow.exe", &format!("#!\"{}\"", python.display()));
    assert_eq!(versions(&script), found("0.9.2", "3.12.1"));
}

fn pip_without_an_environment_and_for_one_user() {
    let machine = Machine::new();
    machine.file("Python311/include/patchlevel.h", "#define PY_VERSION \"3.11.7\"\n");
    let python = machine.file("Python311/python.exe", "");
    machine.file("Python311/Lib/site-packages/docglow-0.9.2.dist-info/METADATA", "");
    let line = format!("#!{}", python.display());
    assert_eq!(
        versions(&machine.launcher("Python311/Scripts/docglow.exe", &line)),
        found("0.9.2", "3.11.7")
    );
    machine.file("Roaming/Python/Python311/site-packages/docglow-0.9.1.dist-info/METADATA", "");
    let user = machine.launcher("Roaming/Python/Python311/Scripts/docglow.exe", &line);
    assert_eq!(versions(&user), found("0.9.1", "3.11.7"));
}

fn a_version_without_proof_stays_unknown() {
    let machine = Machine::new();
    for line in ["", "#!python.exe", "#!C:\\nowhere\\python.exe", "#!C:\\Windows\\notepad.exe"] {
        let script = machine.launcher("Scripts/docglow.exe", line);
        assert_eq!(versions(&script), NOTHING, "{line}");
    }
    assert_eq!(versions(&machine.path("absent.exe")), NOTHING);
    assert_eq!(versions(&machine.path("")), NOTHING);
}
