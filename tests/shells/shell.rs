//! The shells that all tests of the hook run in, and the differences of their syntax.

use crate::common::trials::trial;
use libtest_mimic::Trial;
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shell {
    Bash,
    Zsh,
    Dash,
    Busybox,
    Fish,
}

pub const SHELLS: [Shell; 5] = [Shell::Bash, Shell::Zsh, Shell::Dash, Shell::Busybox, Shell::Fish];

impl Shell {
    pub fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Dash => "dash",
            Self::Busybox => "busybox",
            Self::Fish => "fish",
        }
    }

    /// Arguments with which the shell reads no start-up file.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Bash => &["--noprofile", "--norc"],
            Self::Zsh => &["-f"],
            Self::Dash => &[],
            Self::Busybox => &["sh"],
            Self::Fish => &["--no-config"],
        }
    }

    /// The file that `init` prints for the shell.
    pub fn hook_file(self) -> PathBuf {
        let name = if self == Self::Fish { "docglow.fish" } else { "docglow.sh" };
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("hooks").join(name)
    }

    /// The name of the shell for `docglow-telemetry init`.
    pub fn init(self) -> &'static str {
        match self {
            Self::Bash | Self::Zsh | Self::Fish => self.name(),
            Self::Dash | Self::Busybox => "sh",
        }
    }

    /// A line that sets the hook up in the running shell.
    pub fn set_up(self) -> &'static str {
        match self {
            Self::Bash => r#"eval "$(docglow-telemetry init bash)""#,
            Self::Zsh => r#"eval "$(docglow-telemetry init zsh)""#,
            Self::Dash | Self::Busybox => r#"eval "$(docglow-telemetry init sh)""#,
            Self::Fish => "docglow-telemetry init fish | source",
        }
    }

    /// The expression for the exit status of the last command.
    pub fn status(self) -> &'static str {
        if self == Self::Fish { "$status" } else { "$?" }
    }

    /// The options of a strict script, if the shell has any.
    pub fn strict(self) -> &'static str {
        match self {
            Self::Bash | Self::Busybox => "set -eu; set -o pipefail",
            Self::Zsh => "set -eu; setopt pipefail warn_create_global warn_nested_var",
            Self::Dash => "set -eu",
            Self::Fish => "",
        }
    }

    /// The line that enables aliases in a script. In bash, scripts have none by default.
    pub fn with_aliases(self) -> &'static str {
        if self == Self::Bash { "shopt -s expand_aliases" } else { "" }
    }

    pub fn is_posix(self) -> bool {
        self != Self::Fish
    }

    /// A trial in this shell. It is ignored if the shell or another tool is missing.
    pub fn trial(self, promise: &str, needs: &[&str], body: fn(Shell)) -> Trial {
        let needs: Vec<&str> = [self.name()].into_iter().chain(needs.iter().copied()).collect();
        trial(format!("shells::{}::{promise}", self.name()), &needs, move || body(self))
    }
}

/// `promises![shell: a_promise, another_one needs ["setsid"]]`
macro_rules! promises {
    ($shell:expr => $($name:ident $(needs [$($need:literal),+])?),* $(,)?) => {
        vec![$($shell.trial(stringify!($name), &[$($($need),+)?], $name)),*]
    };
}
pub(crate) use promises;
