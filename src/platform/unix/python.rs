//! How a Python is laid out.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::platform::file::{entries, open_regular, path_of_bytes};

/// The folder below a Python's prefix that holds its programs.
pub const PROGRAMS: &str = "bin";

/// How a file in a zip archive begins.
const ARCHIVE: &[u8] = b"PK\x03\x04";

/// Two lines with a path in one of them, and the few that follow.
const MAX_SCRIPT_HEAD_BYTES: u64 = 8 << 10;

/// The prefix of the Python that a program belongs to, whose `bin` holds it.
pub fn prefix(program: &Path) -> Option<PathBuf> {
    Some(program.parent()?.parent()?.to_path_buf())
}

/// The folders of packages below a prefix, each with the name of the Python it is for, such as `python3.11`.
pub fn package_folders(prefix: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    let libraries = ["lib", "lib64"].map(|name| entries(prefix.join(name))).into_iter().flatten();
    libraries.flat_map(|(name, library)| {
        ["site-packages", "dist-packages"].map(|packages| (name.clone(), library.join(packages)))
    })
}

/// The folders of header files below a prefix, each with the name of the Python it is for.
pub fn header_folders(prefix: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    entries(prefix.join("include"))
}

/// The interpreter of a script that imports docglow, as pip, uv and conda write it: what its first line names, or the second one
/// where the path is too long for it or has a space. `None` for any other script, and for an archive, which may bring its own.
pub fn interpreter(script: &Path) -> Option<PathBuf> {
    let mut head = Vec::new();
    open_regular(script).ok()?.take(MAX_SCRIPT_HEAD_BYTES).read_to_end(&mut head).ok()?;
    let imports = |line: &[u8]| {
        let module = line.strip_prefix(b"from ").or(line.strip_prefix(b"import "));
        let rest = module.and_then(|module| module.strip_prefix(b"docglow"));
        rest.is_some_and(|rest| {
            rest.first().is_none_or(|byte| *byte == b'.' || byte.is_ascii_whitespace())
        })
    };
    let is_archive = head.windows(ARCHIVE.len()).any(|bytes| bytes == ARCHIVE);
    let mut lines = head.split(|byte| *byte == b'\n');
    if is_archive || !lines.clone().any(imports) {
        return None;
    }
    let first = lines.next()?.strip_prefix(b"#!")?.trim_ascii();
    let command =
        if first == b"/bin/sh" { lines.next()?.strip_prefix(b"'''exec' ")? } else { first };
    // What `uv venv --relocatable` writes.
    if let Some(name) = command.strip_prefix(br#""$(dirname -- "$(realpath -- "$0")")"/"#) {
        let name = name.strip_prefix(b"'")?.split(|byte| *byte == b'\'').next()?;
        return Some(script.parent()?.join(path_of_bytes(name)));
    }
    let path = match command.first()? {
        quote @ (b'"' | b'\'') => command[1..].split(|byte| byte == quote).next()?,
        _ => command.split(u8::is_ascii_whitespace).next()?,
    };
    Some(path_of_bytes(path)).filter(|path| path.is_absolute())
}
