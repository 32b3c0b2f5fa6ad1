//! How docglow is started: by its own name, or by a Python as a module.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::platform::command::{find, is_named};

/// A command that is docglow itself.
///
/// docglow must be the command, not an argument of a launcher: only then does it run in the
/// environment, working folder, user and machine in which the decision is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocglowCommand<'a> {
    /// `docglow`, or the Python that runs it.
    program: &'a OsString,
    /// Whether a Python runs docglow as a module.
    pub is_module: bool,
    /// docglow's own arguments.
    pub arguments: &'a [OsString],
}

impl<'a> DocglowCommand<'a> {
    /// Recognizes `docglow ARGS…` and `python -m docglow ARGS…`, and no other command.
    pub fn of(command: &'a [OsString]) -> Option<DocglowCommand<'a>> {
        match command {
            [program, arguments @ ..] if is_named(Path::new(program), "docglow") => {
                Some(DocglowCommand { program, is_module: false, arguments })
            }
            [program, option, module, arguments @ ..]
                if is_python(program) && option == "-m" && module == "docglow" =>
            {
                Some(DocglowCommand { program, is_module: true, arguments })
            }
            _ => None,
        }
    }

    /// The file that is executed, if it exists.
    pub fn program(&self) -> Option<PathBuf> {
        find(self.program, std::env::var_os("PATH").as_deref())
    }
}

/// `python`, `python3.11`, `pypy3`, and the launcher `py` of Windows.
fn is_python(program: &OsString) -> bool {
    let path = Path::new(program);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = name.to_ascii_lowercase();
    name.starts_with("python") || name.starts_with("pypy") || is_named(path, "py")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docglow_is_the_command_itself_or_a_module_of_a_python() {
        for (line, arguments) in [
            ("docglow generate --static", Some("generate --static")),
            ("/opt/venv/bin/docglow health", Some("health")),
            ("./docglow", Some("")),
            ("python -m docglow health", Some("health")),
            ("/usr/bin/python3.11 -m docglow", Some("")),
            ("pypy3 -m docglow serve", Some("serve")),
            ("docglow docglow", Some("docglow")),
            ("python -I -m docglow health", None),
            ("python -m docglow.cli health", None),
            ("python docglow health", None),
            ("uv run docglow generate", None),
            ("env A=1 docglow generate", None),
            ("nice docglow generate", None),
            ("docglow-telemetry run docglow generate", None),
            ("docglow.sh generate", None),
            ("docglow/x generate", None),
            ("make docs", None),
            ("", None),
        ] {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            let found = DocglowCommand::of(&words).map(|found| found.arguments.to_vec());
            let expected = arguments
                .map(|line| line.split_whitespace().map(OsString::from).collect::<Vec<_>>());
            assert_eq!(found, expected, "{line}");
        }
    }
}
