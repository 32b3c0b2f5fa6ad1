//! A Python, known by the path of its interpreter and told from files alone: nothing is run.

use std::fs;
use std::path::{Path, PathBuf};

use crate::payload::version::PythonVersion;
use crate::platform::file::{entries, read_regular};
use crate::platform::python::{header_folders, prefix};

/// `pyvenv.cfg` has a handful of lines, `patchlevel.h` some forty.
const MAX_BYTES: u64 = 16 << 10;

/// What the files around an interpreter say.
pub struct Python {
    /// The folder that its packages lie in: Python's `sys.prefix`.
    pub prefix: PathBuf,
    /// Whether that is a virtual environment.
    pub is_virtual: bool,
    /// All three numbers, where a file says them; two Pythons of one series are in the same folder.
    pub version: Option<PythonVersion>,
    /// Such as `3.11`.
    series: Option<String>,
}

impl Python {
    /// The Python that runs as `interpreter`. `None` where this is no path of one, or leads nowhere.
    pub fn at(interpreter: &Path) -> Option<Python> {
        interpreter.file_name()?.to_str()?.strip_prefix("python")?;
        let environment = prefix(interpreter)?;
        // In a virtual environment, the interpreter is a link to the one it was made of.
        let real = fs::canonicalize(interpreter).ok();
        let base = real.as_deref().and_then(prefix);
        let series =
            real.and_then(|path| series(path.file_name()?.to_str()?.strip_prefix("python")?));
        let config = read_regular(&environment.join("pyvenv.cfg"), MAX_BYTES).ok();
        // Where the base was upgraded since, pyvenv.cfg still says what it was.
        let version = base.as_deref().and_then(|base| installed_version(base, series.as_deref()));
        let version = version.or_else(|| configured_version(config.as_deref()?));
        let told = version.and_then(|version| self::series(&version.to_string()));
        if told.is_some() && series.is_some() && told != series {
            return None;
        }
        let is_virtual = config.is_some();
        let prefix = if is_virtual { environment } else { base? };
        Some(Python { prefix, is_virtual, version, series: series.or(told) })
    }

    /// Whether a folder of libraries of this name, such as `python3.11`, is this Python's own. Debian shares `python3` among
    /// all, and macOS has `python` for one.
    pub fn owns(&self, folder: &str) -> bool {
        match folder.strip_prefix("python") {
            Some("" | "3") => true,
            Some(suffix) => self.series.is_none() || self.series == series(suffix),
            None => false,
        }
    }
}

/// The one thing that all say; `None` where they differ, or there are none.
pub fn agreed<T: PartialEq>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// The first two numbers of `3.11`, `3.11.7` or `3.13t`.
fn series(version: &str) -> Option<String> {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    let mut numbers = version[..end].split('.').filter(|number| !number.is_empty());
    Some(format!("{}.{}", numbers.next()?, numbers.next()?))
}

/// The version that conda has recorded, or that the header files of the interpreter have. Both come and go with it.
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
    agreed(conda).or_else(|| agreed(headers())).flatten()
}

/// From `#define PY_VERSION "3.11.7"`.
fn header_version(header: &Path) -> Option<PythonVersion> {
    let header = read_regular(header, MAX_BYTES).ok()?;
    let header = String::from_utf8_lossy(&header);
    let value = header
        .lines()
        .find_map(|line| line.strip_prefix("#define PY_VERSION ")?.trim().strip_prefix('"'))?;
    PythonVersion::parse(value)
}

/// `version` (venv) or `version_info` (virtualenv, uv) in `pyvenv.cfg`, read as Python reads it: keys in any case.
fn configured_version(config: &[u8]) -> Option<PythonVersion> {
    let config = String::from_utf8_lossy(config);
    let settings =
        config.trim_start_matches('\u{feff}').lines().filter_map(|line| line.split_once('='));
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
