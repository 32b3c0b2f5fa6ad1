//! The versions of docglow and Python behind a `docglow` command, told from files alone: nothing is run. Where the files do
//! not say for sure which docglow would run, nothing is told.

use std::fs;
use std::path::Path;

use crate::payload::Event;
use crate::payload::version::{Pep440, PythonVersion};
use crate::platform::file::entries;
use crate::platform::python::{PROGRAMS, interpreter, package_folders, prefix};
use crate::sender::python::{Python, agreed};

/// What the files say.
#[derive(PartialEq, Eq)]
struct Versions {
    docglow: Pep440,
    python: Option<PythonVersion>,
}

/// Gives the event the versions found behind `docglow`, the path of the command, or of the Python that runs it as a module,
/// where it has none of its own.
pub fn complete(event: &mut Event, docglow: &Path) {
    if event.docglow_version.is_some() && event.python_version.is_some() {
        return;
    }
    if let Some(found) = behind_command(docglow) {
        event.docglow_version = event.docglow_version.take().or(Some(found.docglow));
        event.python_version = event.python_version.or(found.python);
    }
}

fn behind_command(command: &Path) -> Option<Versions> {
    let folder = command.parent()?;
    if folder.file_name()? == "shims" {
        return behind_shim(folder.parent()?, command.file_name()?.as_ref());
    }
    match Python::at(command) {
        // `python -m docglow`, sure only where it has its own packages alone.
        Some(python) => found(&[&python.prefix], &python).filter(|_| python.is_virtual),
        None => behind_script(command),
    }
}

/// A shim of pyenv, asdf or mise starts the command of one of the Pythons beside it. Which one is settled when it runs, so
/// that only counts in which all agree.
fn behind_shim(root: &Path, name: &Path) -> Option<Versions> {
    let pyenv = entries(root.join("versions"));
    let asdf_and_mise = entries(root.join("installs")).flat_map(|(_, tool)| entries(tool));
    let commands = pyenv.chain(asdf_and_mise).map(|(_, python)| python.join(PROGRAMS).join(name));
    agreed(commands.filter(|command| command.exists()).map(|command| behind_script(&command)))
        .flatten()
}

/// A script is pip's, pipx's, uv's or conda's: its first line names a Python, and it lies beside the packages it was installed
/// with, behind links as pipx and uv make them.
fn behind_script(command: &Path) -> Option<Versions> {
    let script = fs::canonicalize(command).ok()?;
    let python = Python::at(&interpreter(&script)?)?;
    let base = python.prefix.clone();
    let folders = match prefix(&script)? {
        // A virtual environment has its own packages alone.
        _ if python.is_virtual => vec![base],
        // Debian's /usr/local goes before its /usr.
        beside if beside == base => vec![base.join("local"), base],
        // `pip --user`. Where the packages lie elsewhere, it is no script of pip's.
        beside => vec![beside],
    };
    found(&folders, &python)
}

/// The versions in the first of these folders that has a docglow for this Python.
fn found(folders: &[impl AsRef<Path>], python: &Python) -> Option<Versions> {
    let mut all = folders.iter().map(|folder| versions_in(folder.as_ref(), python));
    let first = all.find(|versions| !versions.is_empty())?;
    Some(Versions { docglow: agreed(first.into_iter())?, python: python.version })
}

/// The versions in the names of the `docglow-….dist-info` folders among a Python's packages in `folder`.
fn versions_in(folder: &Path, python: &Python) -> Vec<Pep440> {
    let own = package_folders(folder).filter(|(name, _)| python.owns(name));
    let names = own.flat_map(|(_, packages)| entries(packages).map(|(name, _)| name));
    names
        .filter_map(|name| {
            Pep440::parse(name.strip_prefix("docglow-")?.strip_suffix(".dist-info")?)
        })
        .collect()
}
