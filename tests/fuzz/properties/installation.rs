//! The versions are those that a second parser finds in the same files, or unknown. NULs separate
//! the version in the name of docglow's folder, the script behind `#!…/bin/`, pyvenv.cfg and
//! patchlevel.h.

use std::cell::OnceCell;
use std::fs;
use std::path::Path;

use docglow_telemetry::decision::state::fresh_id;
use docglow_telemetry::payload::{Event, Payload};
use docglow_telemetry::sender::installation;
use tempfile::TempDir;

use super::version;
use super::vocabulary::assert_closed;

/// A file name cannot be longer than this.
const MAX_NAME_BYTES: usize = 200;

/// The characters that Windows refuses in a file name.
const REFUSED: &str = r#"<>:"/\|?*"#;

thread_local! {
    static ROOT: OnceCell<TempDir> = const { OnceCell::new() };
}

pub fn check(data: &[u8]) {
    let mut parts = data.splitn(4, |byte| *byte == 0).chain(std::iter::repeat(&b""[..]));
    let mut part = || parts.next().unwrap_or_default();
    let (name, script, pyvenv, header) = (part(), part(), part(), part());
    let Ok(name) = std::str::from_utf8(name) else { return };
    let is_refused = |c: char| c == '/' || cfg!(windows) && (c.is_control() || REFUSED.contains(c));
    if name.contains(is_refused) || name.len() > MAX_NAME_BYTES {
        return;
    }
    ROOT.with(|root| {
        let root = root.get_or_init(temporary_folder).path();
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

/// A folder in memory, if there is one, because each input needs several files.
fn temporary_folder() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("a temporary folder")
}

fn completed(root: &Path, name: &str, script: &[u8], pyvenv: &[u8], header: &[u8]) -> Event {
    let packages = root.join("lib/python3.11/site-packages");
    let package = packages.join(format!("docglow-{name}.dist-info"));
    if !packages.exists() {
        for folder in [&packages, &root.join("bin"), &root.join("include/python3.11")] {
            fs::create_dir_all(folder).expect("a folder");
        }
        fs::write(root.join("bin/python3.11"), "").expect("a file");
    }
    fs::create_dir(&package).expect("a package");
    let mut text = format!("#!{}/bin/", root.display()).into_bytes();
    text.extend_from_slice(script);
    let files = [
        ("bin/docglow", &text[..]),
        ("pyvenv.cfg", pyvenv),
        ("include/python3.11/patchlevel.h", header),
    ];
    // Without pyvenv.cfg, the Python is not in a virtual environment.
    let files =
        files.into_iter().filter(|(path, content)| *path != "pyvenv.cfg" || !content.is_empty());
    files.clone().for_each(|(path, content)| fs::write(root.join(path), content).expect("a file"));
    let mut event = Event::parse(r#"{"command":"serve","result":"success"}"#).expect("an event");
    installation::complete(&mut event, &root.join("bin/docglow"));
    files.for_each(|(path, _)| fs::remove_file(root.join(path)).expect("the file"));
    fs::remove_dir(package).expect("the package");
    event
}
