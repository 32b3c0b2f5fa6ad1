//! The folders of a Python installation.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::platform::file::{entries, open_regular, path_of_bytes};

/// The folder of programs below a prefix (Python's `sys.prefix`).
pub const PROGRAMS: &str = "bin";

/// The first bytes of each file in a zip archive.
const ARCHIVE: &[u8] = b"PK\x03\x04";

/// Enough for two lines that hold a path, and the few lines of code after them.
const MAX_SCRIPT_HEAD_BYTES: u64 = 8 << 10;

/// The prefix of the Python that a program in `bin` belongs to.
pub fn prefix(program: &Path) -> Option<PathBuf> {
    Some(program.parent()?.parent()?.to_path_buf())
}

/// The folders of packages below a prefix. Each comes with the name of its Python, such as
/// `python3.11`.
pub fn package_folders(prefix: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    let libraries = ["lib", "lib64"].map(|name| entries(prefix.join(name))).into_iter().flatten();
    libraries.flat_map(|(name, library)| {
        ["site-packages", "dist-packages"].map(|packages| (name.clone(), library.join(packages)))
    })
}

/// The folders of header files below a prefix. Each comes with the name of its Python.
pub fn header_folders(prefix: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    entries(prefix.join("include"))
}

/// The interpreter of a script that imports docglow, as pip, uv and conda write it.
///
/// The first line names it, or the second line if the path is too long or has a space. Other
/// scripts are not recognized, and neither is a zip archive, because it may contain its own
/// docglow.
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
    // `uv venv --relocatable` writes such a line.
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
