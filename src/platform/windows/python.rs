//! The folders of a Python installation.

use std::fs::File;
use std::io::{Read, Result, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::platform::file::{open_regular, path_of_bytes};

/// The folder of programs below a prefix (Python's `sys.prefix`).
pub const PROGRAMS: &str = "Scripts";

/// The name of any Python: on Windows, the names of folders do not contain a version.
const ANY_PYTHON: &str = "python";

/// A script's `.exe` ends with the script's first line and a small archive.
const MAX_SCRIPT_TAIL_BYTES: u64 = 16 << 10;

/// The prefix of the Python that a program belongs to. The program is in the prefix itself or in
/// its `Scripts`.
pub fn prefix(program: &Path) -> Option<PathBuf> {
    let folder = program.parent()?;
    let is_below = folder.file_name().is_some_and(|name| name.eq_ignore_ascii_case(PROGRAMS));
    Some(if is_below { folder.parent()? } else { folder }.to_path_buf())
}

/// The folders of packages below a prefix: that of an environment, and that of `pip install
/// --user`.
pub fn package_folders(prefix: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    [prefix.join(r"Lib\site-packages"), prefix.join("site-packages")]
        .map(|folder| (ANY_PYTHON.to_owned(), folder))
        .into_iter()
}

/// The folder of header files below a prefix.
pub fn header_folders(prefix: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    [(ANY_PYTHON.to_owned(), prefix.join("include"))].into_iter()
}

/// The interpreter of a script. The launchers of pip, pipx and uv have a `#!` line near their end,
/// which names it.
pub fn interpreter(script: &Path) -> Option<PathBuf> {
    let tail = tail(open_regular(script).ok()?).ok()?;
    let lines = tail
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair == b"#!")
        .map(|(at, _)| &tail[at + 2..]);
    let named = lines.filter_map(|rest| rest.split(|byte| *byte == b'\n').next()).map(|line| {
        let line = line.trim_ascii();
        path_of_bytes(
            line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line),
        )
    });
    named.rev().find(|path| path.is_absolute())
}

fn tail(mut script: File) -> Result<Vec<u8>> {
    let length = script.metadata()?.len();
    script.seek(SeekFrom::Start(length.saturating_sub(MAX_SCRIPT_TAIL_BYTES)))?;
    let mut tail = Vec::new();
    script.take(MAX_SCRIPT_TAIL_BYTES).read_to_end(&mut tail)?;
    Ok(tail)
}
