//! A simulated machine with docglow installed, for the tests of `sender::installation` on each
//! system.

use std::fs;
use std::path::{Path, PathBuf};

use docglow_telemetry::payload::Event;
use docglow_telemetry::sender::installation::complete;

/// The root folder of the machine.
pub struct Machine(tempfile::TempDir);

impl Machine {
    pub fn new() -> Machine {
        Machine(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub fn file(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
}

/// The versions of docglow and of Python.
pub type Found = (Option<String>, Option<String>);

pub fn versions(docglow: &Path) -> Found {
    let mut event = Event::parse(r#"{"command":"serve","result":"success"}"#).unwrap();
    complete(&mut event, docglow);
    (event.docglow_version.map(|v| v.to_string()), event.python_version.map(|v| v.to_string()))
}

pub fn found(docglow: &str, python: &str) -> Found {
    (Some(docglow.to_owned()), Some(python.to_owned()))
}

pub const NOTHING: Found = (None, None);
