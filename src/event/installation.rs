//! The versions of docglow and Python behind a `docglow` command, told from files alone: nothing is run.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use crate::payload::Event;
use crate::payload::version::{Pep440, PythonVersion};
use crate::platform::file::{open_regular, read_regular};

/// `pyvenv.cfg` has a handful of lines.
const MAX_PYVENV_BYTES: u64 = 16 << 10;

/// The longest first line that Linux itself reads of a script, doubled.
const MAX_SHEBANG_BYTES: u64 = 512;

/// Gives the event the versions found behind `docglow`, the path of the command, where it has none of its own.
pub fn complete(event: &mut Event, docglow: &Path) {
    if event.docglow_version.is_some() && event.python_version.is_some() {
        return;
    }
    for environment in environments(docglow) {
        let docglow_version = docglow_version(&environment);
        if docglow_version.is_some() {
            event.docglow_version = event.docglow_version.take().or(docglow_version);
            event.python_version = event.python_version.or_else(|| python_version(&environment));
            return;
        }
    }
}

/// The Python environments that a command may belong to: the one whose `bin` holds it, behind links as pipx and uv make
/// them, and the one that its first line names.
fn environments(docglow: &Path) -> impl Iterator<Item = PathBuf> {
    let beside = fs::canonicalize(docglow).ok();
    // Not followed: in an environment, `python` itself is a link to elsewhere.
    let interpreter = open_regular(docglow).ok().and_then(interpreter);
    [beside, interpreter].into_iter().flatten().filter_map(|program| Some(program.parent()?.parent()?.to_path_buf()))
}

fn interpreter(script: File) -> Option<PathBuf> {
    let mut beginning = Vec::new();
    script.take(MAX_SHEBANG_BYTES).read_to_end(&mut beginning).ok()?;
    let line = beginning.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let path = PathBuf::from(std::ffi::OsString::from_vec(line.trim_ascii().to_vec()));
    path.is_absolute().then_some(path)
}

/// The version in the name of the one `docglow-….dist-info` folder; `None` where there is none, or more than one.
fn docglow_version(environment: &Path) -> Option<Pep440> {
    let mut versions = entries(environment.join("lib"), "python3")
        .flat_map(|(_, python)| entries(python.join("site-packages"), "docglow-"))
        .filter_map(|(rest, _)| Pep440::parse(rest.strip_suffix(".dist-info")?));
    let version = versions.next();
    if versions.next().is_some() { None } else { version }
}

/// The entries of `folder` whose name begins with `prefix`: the rest of the name, and the path.
fn entries(folder: PathBuf, prefix: &'static str) -> impl Iterator<Item = (String, PathBuf)> {
    fs::read_dir(folder).into_iter().flatten().flatten().filter_map(move |entry| {
        let name = entry.file_name();
        Some((name.to_str()?.strip_prefix(prefix)?.to_owned(), entry.path()))
    })
}

/// `version` (venv) or `version_info` (virtualenv, uv) in `pyvenv.cfg`.
fn python_version(environment: &Path) -> Option<PythonVersion> {
    let config = read_regular(&environment.join("pyvenv.cfg"), MAX_PYVENV_BYTES).ok()?;
    let settings = str::from_utf8(&config).ok()?.lines().filter_map(|line| line.split_once('='));
    settings
        .filter(|(key, _)| ["version", "version_info"].contains(&key.trim()))
        .find_map(|(_, value)| PythonVersion::parse(value.trim()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn environment(root: &Path, name: &str, pyvenv: &str, packages: &[&str]) -> PathBuf {
        let environment = root.join(name);
        fs::create_dir_all(environment.join("bin")).unwrap();
        fs::write(environment.join("pyvenv.cfg"), pyvenv).unwrap();
        for package in packages {
            fs::create_dir_all(environment.join("lib/python3.11/site-packages").join(package)).unwrap();
        }
        let script = environment.join("bin/docglow");
        fs::write(&script, format!("#!{}/bin/python\nimport docglow\n", environment.display())).unwrap();
        script
    }

    fn versions(docglow: &Path) -> (Option<String>, Option<String>) {
        let mut event = Event::parse(r#"{"command":"serve","result":"success"}"#).unwrap();
        complete(&mut event, docglow);
        (event.docglow_version.map(|v| v.to_string()), event.python_version.map(|v| v.to_string()))
    }

    fn found(docglow: &str, python: Option<&str>) -> (Option<String>, Option<String>) {
        (Some(docglow.to_owned()), python.map(str::to_owned))
    }

    #[test]
    fn versions_are_found_for_venv_pipx_and_uv() {
        let root = tempfile::tempdir().unwrap();
        let venv = environment(
            root.path(),
            "venv",
            "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.7\n",
            &["docglow-0.9.2.dist-info", "docglow", "docglow_extra-1.0.dist-info"],
        );
        assert_eq!(versions(&venv), found("0.9.2", Some("3.11.7")));

        let uv = environment(
            root.path(),
            "uv/tools/docglow",
            "home = /x\nimplementation = CPython\nuv = 0.5.1\nversion_info = 3.12.1\n",
            &["docglow-0.10.0rc1.dist-info"],
        );
        let link = root.path().join("docglow");
        symlink(&uv, &link).unwrap();
        assert_eq!(versions(&link), found("0.10.0rc1", Some("3.12.1")));

        let copied = root.path().join("copied");
        fs::copy(&venv, &copied).unwrap();
        assert_eq!(versions(&copied), found("0.9.2", Some("3.11.7")));
    }

    #[test]
    fn what_cannot_be_told_stays_unknown() {
        let root = tempfile::tempdir().unwrap();
        let nothing = (None, None);
        assert_eq!(versions(&root.path().join("absent")), nothing);
        assert_eq!(versions(Path::new("")), nothing);
        assert_eq!(versions(root.path()), nothing);
        let none = environment(root.path(), "none", "version = 3.11.7", &["flask-1.0.dist-info"]);
        assert_eq!(versions(&none), nothing);
        let two = environment(root.path(), "two", "", &["docglow-1.0.dist-info", "docglow-2.0.dist-info"]);
        assert_eq!(versions(&two), nothing);
        let named = environment(
            root.path(),
            "named",
            "version = acme",
            &["docglow-acme.dist-info", "docglow-1.2+acme.dist-info"],
        );
        assert_eq!(versions(&named), found("1.2", None));
    }

    #[test]
    fn what_the_event_says_wins() {
        let root = tempfile::tempdir().unwrap();
        let script = environment(root.path(), "venv", "version = 3.11.7", &["docglow-0.9.2.dist-info"]);
        let mut event = Event::parse(r#"{"command":"serve","result":"success","docglow_version":"1.0"}"#).unwrap();
        complete(&mut event, &script);
        assert_eq!(event.docglow_version, Pep440::parse("1.0"));
        assert_eq!(event.python_version, PythonVersion::parse("3.11.7"));
    }
}
