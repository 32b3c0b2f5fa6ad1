//! A Python installation: its version, and the folder of its packages. Both come from the path of
//! the interpreter and from files; no program is run.

use std::fs;
use std::path::{Path, PathBuf};

use crate::payload::version::PythonVersion;
use crate::platform::BYTE_ORDER_MARK;
use crate::platform::file::{entries, read_regular};
use crate::platform::python::{header_folders, prefix};

/// `pyvenv.cfg` has a handful of lines, `patchlevel.h` about forty.
const MAX_BYTES: u64 = 16 << 10;

/// A Python installation or virtual environment.
pub struct Python {
    /// The folder that holds its packages: Python's `sys.prefix`.
    pub prefix: PathBuf,
    /// Whether it is a virtual environment.
    pub is_virtual: bool,
    /// Major, minor and micro, if a file has all three. The name of a folder has only two of them.
    pub version: Option<PythonVersion>,
    /// The first two numbers, such as `3.11`.
    series: Option<String>,
}

impl Python {
    /// The Python with this interpreter. It is not recognized if the file is not named `python…`,
    /// if it is a broken link outside a virtual environment, or if its versions contradict each
    /// other.
    pub fn at(interpreter: &Path) -> Option<Python> {
        interpreter.file_name()?.to_str()?.strip_prefix("python")?;
        let environment = prefix(interpreter)?;
        // The interpreter of a virtual environment is a link to that of its base installation.
        let real = fs::canonicalize(interpreter).ok();
        let base = real.as_deref().and_then(prefix);
        let series =
            real.and_then(|path| series(path.file_name()?.to_str()?.strip_prefix("python")?));
        let config = read_regular(&environment.join("pyvenv.cfg"), MAX_BYTES).ok();
        // pyvenv.cfg still has the old version if the base has been upgraded since.
        let version = base.as_deref().and_then(|base| installed_version(base, series.as_deref()));
        let version = version.or_else(|| configured_version(config.as_deref()?));
        let known = version.and_then(|version| self::series(&version.to_string()));
        if known.is_some() && series.is_some() && known != series {
            return None;
        }
        let is_virtual = config.is_some();
        let prefix = if is_virtual { environment } else { base? };
        Some(Python { prefix, is_virtual, version, series: series.or(known) })
    }

    /// Whether this Python uses the library folder of this name, such as `python3.11`. Debian
    /// shares `python3` among all Pythons, and a framework build on macOS calls its folder just
    /// `python`.
    pub fn owns(&self, folder: &str) -> bool {
        match folder.strip_prefix("python") {
            Some("" | "3") => true,
            Some(suffix) => self.series.is_none() || self.series == series(suffix),
            None => false,
        }
    }
}

/// The common value, if there are items and all are equal.
pub fn common_value<T: PartialEq>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// The first two numbers of `3.11`, `3.11.7` or `3.13t`.
fn series(version: &str) -> Option<String> {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    let mut numbers = version[..end].split('.').filter(|number| !number.is_empty());
    Some(format!("{}.{}", numbers.next()?, numbers.next()?))
}

/// The version of an installation: from the record that conda keeps, else from Python's header
/// files. Both are replaced when Python is upgraded.
fn installed_version(base: &Path, series_wanted: Option<&str>) -> Option<PythonVersion> {
    let conda = entries(base.join("conda-meta")).filter_map(|(name, _)| {
        let (version, _build) =
            name.strip_prefix("python-")?.strip_suffix(".json")?.split_once('-')?;
        version.starts_with(|c: char| c.is_ascii_digit()).then(|| PythonVersion::parse(version))
    });
    let headers = || {
        header_folders(base).filter_map(|(name, path)| {
            let suffix = name.strip_prefix("python")?;
            let is_wanted = series_wanted.is_none() || series(suffix).as_deref() == series_wanted;
            is_wanted.then(|| header_version(&path.join("patchlevel.h")))
        })
    };
    common_value(conda).or_else(|| common_value(headers())).flatten()
}

/// The version in a line such as `#define PY_VERSION "3.11.7"`.
fn header_version(header: &Path) -> Option<PythonVersion> {
    let header = read_regular(header, MAX_BYTES).ok()?;
    let header = String::from_utf8_lossy(&header);
    let value = header
        .lines()
        .find_map(|line| line.strip_prefix("#define PY_VERSION ")?.trim().strip_prefix('"'))?;
    PythonVersion::parse(value)
}

/// The version in `pyvenv.cfg`. venv writes it as `version`, virtualenv and uv as `version_info`.
/// As in Python, the case of a key does not matter.
fn configured_version(config: &[u8]) -> Option<PythonVersion> {
    let config = String::from_utf8_lossy(config);
    let lines = config.trim_start_matches(BYTE_ORDER_MARK).lines();
    let settings = lines.filter_map(|line| line.split_once('='));
    settings
        .filter(|(key, _)| {
            ["version", "version_info"].iter().any(|known| key.trim().eq_ignore_ascii_case(known))
        })
        .find_map(|(_, value)| PythonVersion::parse(value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pyvenv_cfg_is_read_as_python_reads_it() {
        for config in [
            &b"home = /usr/bin\nversion = 3.11.7\n"[..],
            b"\xef\xbb\xbfversion = 3.11.7\n",
            b"Version = 3.11.7",
            b"VERSION_INFO=3.11.7.final.0\r\n",
            b"home = /home/Ren\xe9/bin\nversion = 3.11.7\n",
            b"prompt = version = 3.12.1\nversion = 3.11.7\n",
            b"version = unknown\nversion_info = 3.11.7\n",
        ] {
            let version = configured_version(config);
            assert_eq!(
                version,
                PythonVersion::parse("3.11.7"),
                "{}",
                String::from_utf8_lossy(config)
            );
        }
        assert_eq!(configured_version(b"home = /x\nversion = 3.11\nversion_x = 3.11.7\n"), None);
    }

    #[test]
    fn a_python_owns_the_libraries_of_its_series() {
        let python = |series: Option<&str>| Python {
            prefix: PathBuf::new(),
            is_virtual: false,
            version: None,
            series: series.map(str::to_owned),
        };
        for (folder, owned) in [
            ("python3.11", true),
            ("python3.11t", true),
            ("python3", true),
            ("python", true),
            ("python3.1", false),
            ("python3.110", false),
            ("python3.12", false),
            ("python2.7", false),
            ("ruby3.11", false),
        ] {
            assert_eq!(python(Some("3.11")).owns(folder), owned, "{folder}");
        }
        assert!(python(None).owns("python3.12"));
    }
}
