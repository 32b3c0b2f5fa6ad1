//! The versions told from files are those that a second reading finds in the files' own words, or none. NULs part the version
//! in the name of docglow's folder, the script behind `#!…/bin/`, pyvenv.cfg and patchlevel.h.

use std::cell::OnceCell;
use std::fs;
use std::path::Path;

use docglow_telemetry::decision::state::fresh_id;
use docglow_telemetry::payload::{Event, Payload};
use docglow_telemetry::sender::installation;
use tempfile::TempDir;

use super::version;
use super::vocabulary::assert_closed;

/// More than a name of a file may have.
const MAX_NAME_BYTES: usize = 200;

thread_local! {
    static ROOT: OnceCell<TempDir> = const { OnceCell::new() };
}

pub fn check(data: &[u8]) {
    let mut parts = data.splitn(4, |byte| *byte == 0).chain(std::iter::repeat(&b""[..]));
    let mut part = || parts.next().unwrap_or_default();
    let (name, script, pyvenv, header) = (part(), part(), part(), part());
    let Ok(name) = std::str::from_utf8(name) else { return };
    if name.contains('/') || name.len() > MAX_NAME_BYTES {
        return;
    }
    ROOT.with(|root| {
        let root = root.get_or_init(|| TempDir::new().expect("a temporary folder")).path();
        let event = completed(root, name, script, pyvenv, header);
        if let Some(found) = &event.docglow_version {
            assert_eq!(Some(found.to_string()), version::pep_440(name), "{name:?}");
        }
        if let Some(python) = event.python_version.map(|version| version.to_string()) {
            let text = String::from_utf8_lossy(pyvenv) + String::from_utf8_lossy(header);
            let is_told = python.split('.').all(|number| text.contains(number));
            assert!(is_told, "{python}: {text:?}");
        }
        assert_closed(&Payload::new(event, fresh_id()).to_json());
    });
}

fn completed(root: &Path, name: &str, script: &[u8], pyvenv: &[u8], header: &[u8]) -> Event {
    let packages = root.join("lib/python3.11/site-packages");
    let _ = fs::remove_dir_all(&packages);
    fs::create_dir_all(packages.join(format!("docglow-{name}.dist-info"))).expect("a package");
    let mut text = format!("#!{}/bin/", root.display()).into_bytes();
    text.extend_from_slice(script);
    for (path, content) in [
        ("bin/docglow", &text[..]),
        ("bin/python3.11", b""),
        ("pyvenv.cfg", pyvenv),
        ("include/python3.11/patchlevel.h", header),
    ] {
        let file = root.join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        let _ = fs::remove_file(&file);
        // Without it, the Python is no virtual environment's.
        if path != "pyvenv.cfg" || !content.is_empty() {
            fs::write(file, content).expect("a file");
        }
    }
    let mut event = Event::parse(r#"{"command":"serve","result":"success"}"#).expect("an event");
    installation::complete(&mut event, &root.join("bin/docglow"));
    event
}
