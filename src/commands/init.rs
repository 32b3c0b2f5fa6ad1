//! `init`: prints the hook for a shell.

/// A shell, and the lines that make its `docglow` run behind `docglow-telemetry run`.
#[derive(Debug, PartialEq, Eq)]
pub struct Shell {
    /// The name on the command line.
    pub name: &'static str,
    /// The lines for the start-up file. They begin with an empty line, in case the file ends
    /// without a line break.
    pub text: &'static str,
}

const POSIX: &str = include_str!("../../hooks/docglow.sh");

pub const SHELLS: [Shell; 11] = [
    Shell { name: "bash", text: POSIX },
    Shell { name: "zsh", text: POSIX },
    Shell { name: "sh", text: POSIX },
    Shell { name: "ksh", text: POSIX },
    Shell { name: "mksh", text: POSIX },
    Shell { name: "fish", text: include_str!("../../hooks/docglow.fish") },
    Shell { name: "powershell", text: include_str!("../../hooks/docglow.ps1") },
    Shell { name: "nushell", text: include_str!("../../hooks/docglow.nu") },
    Shell { name: "tcsh", text: include_str!("../../hooks/docglow.tcsh") },
    Shell { name: "xonsh", text: include_str!("../../hooks/docglow.xsh") },
    Shell { name: "elvish", text: include_str!("../../hooks/docglow.elv") },
];

/// The shell of this name.
pub fn shell(name: &str) -> Option<&'static Shell> {
    SHELLS.iter().find(|shell| shell.name == name)
}
