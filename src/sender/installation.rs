//! The versions of docglow and Python that belong to a `docglow` command. They are read from files;
//! no program is run. If the files do not prove which docglow runs, the versions are unknown.

use std::fs;
use std::path::{Path, PathBuf};

use crate::payload::Event;
use crate::payload::version::{Pep440, PythonVersion};
use crate::platform::file::entries;
use crate::platform::python::{PROGRAMS, interpreter, package_folders, prefix};
use crate::sender::python::{Python, common_value};

/// The versions of one installation.
#[derive(PartialEq, Eq)]
struct Versions {
    docglow: Pep440,
    python: Option<PythonVersion>,
}

/// Adds the versions to an event that lacks them. `docglow` is the path of the command, or of the
/// Python that runs docglow as a module.
pub fn complete(event: &mut Event, docglow: &Path) {
    if event.docglow_version.is_some() && event.python_version.is_some() {
        return;
    }
    if let Some(found) = behind_command(docglow) {
        event.docglow_version = event.docglow_version.take().or(Some(found.docglow));
        event.python_version = event.python_version.or(found.python);
    }
}

/// Whether docglow may be installed for this command. If it is not, Python ends with status 1, as
/// docglow does after an error. A module must be found among the Python's packages; a script counts
/// unless the packages of its Python are known and lack docglow.
pub fn may_be_installed(program: &Path, is_module: bool) -> bool {
    let installed = if is_module {
        Python::at(program).map(|python| (module_folders(&python), python))
    } else {
        script_folders(program)
    };
    match installed {
        Some((folders, python)) => {
            folders.iter().any(|folder| !versions_in(folder, &python).is_empty())
        }
        None => !is_module,
    }
}

fn behind_command(command: &Path) -> Option<Versions> {
    let folder = command.parent()?;
    if folder.file_name()? == "shims" {
        return behind_shim(folder.parent()?, command.file_name()?.as_ref());
    }
    match Python::at(command) {
        // Other Pythons look for packages in several folders, so the version is not certain.
        Some(python) if python.is_virtual => found(&module_folders(&python), &python),
        Some(_) => None,
        None => behind_script(command),
    }
}

/// A shim of pyenv, asdf or mise chooses a Python when it runs. So the versions are known only if
/// all Pythons that it can choose agree.
fn behind_shim(root: &Path, name: &Path) -> Option<Versions> {
    let pyenv = entries(root.join("versions"));
    let asdf_and_mise = entries(root.join("installs")).flat_map(|(_, tool)| entries(tool));
    let commands = pyenv.chain(asdf_and_mise).map(|(_, python)| python.join(PROGRAMS).join(name));
    let existing = commands.filter(|command| command.exists());
    common_value(existing.map(|command| behind_script(&command))).flatten()
}

fn behind_script(command: &Path) -> Option<Versions> {
    let (folders, python) = script_folders(command)?;
    found(&folders, &python)
}

/// The Python of a script of pip, pipx, uv or conda, and the folders that hold its packages. The
/// script's first line names the Python. The packages are beside the script, after links such as
/// those of pipx and uv are followed.
fn script_folders(command: &Path) -> Option<(Vec<PathBuf>, Python)> {
    let script = fs::canonicalize(command).ok()?;
    let python = Python::at(&interpreter(&script)?)?;
    let base = python.prefix.clone();
    let folders = match prefix(&script)? {
        // A virtual environment has only its own packages.
        _ if python.is_virtual => vec![base],
        // Debian searches /usr/local before /usr.
        beside if beside == base => vec![base.join("local"), base],
        // `pip install --user`
        beside => vec![beside],
    };
    Some((folders, python))
}

/// The folders in which a Python looks for the module docglow.
fn module_folders(python: &Python) -> Vec<PathBuf> {
    let base = python.prefix.clone();
    if python.is_virtual {
        return vec![base];
    }
    let user = std::env::var_os("HOME").map(|home| Path::new(&home).join(".local"));
    user.into_iter().chain([base.join("local"), base]).collect()
}

/// The versions in the first of these folders that has a docglow for this Python.
fn found(folders: &[PathBuf], python: &Python) -> Option<Versions> {
    let mut all = folders.iter().map(|folder| versions_in(folder, python));
    let first = all.find(|versions| !versions.is_empty())?;
    Some(Versions { docglow: common_value(first.into_iter())?, python: python.version })
}

/// The versions of docglow among a Python's packages in `folder`, from the names of their
/// `docglow-….dist-info` folders.
fn versions_in(folder: &Path, python: &Python) -> Vec<Pep440> {
    let own = package_folders(folder).filter(|(name, _)| python.owns(name));
    let names = own.flat_map(|(_, packages)| entries(packages).map(|(name, _)| name));
    names
        .filter_map(|name| {
            Pep440::parse(name.strip_prefix("docglow-")?.strip_suffix(".dist-info")?)
        })
        .collect()
}
