//! A subset of click 8, docglow's command-line parser: enough to find out which options a command
//! was given.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use lexopt::Arg;

use crate::event::NotSent;
use crate::platform::file::is_readable;

/// The options of a command, without their dashes.
pub type Table = [(&'static str, Kind)];

/// The kind of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Flag,
    /// Cancels the flag of this name.
    NegatedFlag(&'static str),
    Text,
    /// A value that Python's `int` accepts.
    Integer,
    /// A path that is readable if it exists.
    Path,
    /// The path of a readable file or folder.
    ExistingPath,
}

/// Whether a command line that docglow 0.9.2 would reject is rejected here, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Unknown options and words are ignored, so that the command line of a later docglow is
    /// understood.
    Lenient,
    /// Unknown options, unknown words and unusable values are refused.
    Strict,
}

/// docglow's arguments, split at the subcommand.
#[derive(Debug, PartialEq, Eq)]
pub struct Subcommand {
    pub name: OsString,
    /// The words after the name.
    pub words: Vec<OsString>,
    /// Whether there is an option before it that docglow 0.9.2 does not know.
    pub has_unknown_options: bool,
}

/// Splits docglow's arguments at the subcommand.
///
/// # Errors
/// `HelpRequested` for `--help` or `--version` before the subcommand, `OtherCommand` if there is no
/// subcommand.
pub fn subcommand(arguments: &[OsString]) -> Result<Subcommand, NotSent> {
    let mut has_unknown_options = false;
    let mut parser = lexopt::Parser::from_args(arguments.to_vec());
    loop {
        match parser.next() {
            Ok(Some(Arg::Value(name))) => {
                let words = parser.raw_args().into_iter().flatten().collect();
                return Ok(Subcommand { name, words, has_unknown_options });
            }
            Ok(Some(Arg::Long("help" | "version"))) => return Err(NotSent::HelpRequested),
            Ok(None) => return Err(NotSent::OtherCommand),
            Ok(Some(_)) | Err(_) => {
                has_unknown_options = true;
                parser.optional_value();
            }
        }
    }
}

/// The known options of a command line, each at most once. If an option is repeated, its last value
/// counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedOptions(Vec<(&'static str, Kind, OsString)>);

impl ParsedOptions {
    /// Parses the words after the subcommand. `--x value` and `--x=value` mean the same, whatever
    /// the value looks like. click knows no abbreviations.
    ///
    /// # Errors
    /// `HelpRequested`; and, if strict, `Refused`.
    pub fn parse(
        table: &Table,
        words: Vec<OsString>,
        strictness: Strictness,
    ) -> Result<ParsedOptions, NotSent> {
        let is_strict = strictness == Strictness::Strict;
        let mut options = ParsedOptions(Vec::new());
        let mut parser = lexopt::Parser::from_args(words);
        loop {
            let known = match parser.next() {
                Ok(None) => break,
                Ok(Some(Arg::Long("help"))) => return Err(NotSent::HelpRequested),
                Ok(Some(Arg::Long(name))) => table.iter().find(|option| option.0 == name).copied(),
                Ok(Some(_)) | Err(_) => None,
            };
            match known {
                Some((name, kind)) => options.take(name, kind, &mut parser, is_strict)?,
                None if is_strict => return Err(NotSent::Refused(None)),
                None => drop(parser.optional_value()),
            }
        }
        // click checks only the last value, which is the one that counts.
        match options.0.iter().find(|(_, kind, value)| is_strict && !kind.accepts(value)) {
            Some((name, ..)) => Err(NotSent::Refused(Some(name))),
            None => Ok(options),
        }
    }

    fn take(
        &mut self,
        name: &'static str,
        kind: Kind,
        parser: &mut lexopt::Parser,
        is_strict: bool,
    ) -> Result<(), NotSent> {
        let replaced = if let Kind::NegatedFlag(flag) = kind { flag } else { name };
        self.0.retain(|option| option.0 != replaced);
        match kind {
            Kind::Flag | Kind::NegatedFlag(_) => {
                if parser.optional_value().is_some() && is_strict {
                    return Err(NotSent::Refused(None));
                }
                if kind == Kind::Flag {
                    self.0.push((name, kind, OsString::new()));
                }
            }
            _ => match parser.value() {
                Ok(value) => self.0.push((name, kind, value)),
                Err(_) if is_strict => return Err(NotSent::Refused(Some(name))),
                Err(_) => {}
            },
        }
        Ok(())
    }

    /// Whether the option was given.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The option's value, if it was given.
    pub fn value(&self, name: &str) -> Option<&OsStr> {
        self.0.iter().find(|option| option.0 == name).map(|option| option.2.as_os_str())
    }

    /// Whether the option was given a value that is true in Python: any value except an empty one.
    pub fn is_truthy(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| !value.is_empty())
    }
}

impl Kind {
    fn accepts(self, value: &OsStr) -> bool {
        match self {
            Kind::Flag | Kind::NegatedFlag(_) | Kind::Text => true,
            Kind::Integer => value.to_str().is_some_and(is_python_integer),
            Kind::Path => is_readable(Path::new(value)) || Path::new(value).metadata().is_err(),
            Kind::ExistingPath => is_readable(Path::new(value)),
        }
    }
}

/// Whether Python's `int` accepts the text. It also accepts digits of other scripts; this function
/// does not.
fn is_python_integer(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_group = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    digits.split('_').all(is_group)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &Table = &[
        ("flag", Kind::Flag),
        ("no-flag", Kind::NegatedFlag("flag")),
        ("text", Kind::Text),
        ("count", Kind::Integer),
        ("out", Kind::Path),
        ("in", Kind::ExistingPath),
    ];

    fn parsed(line: &str, strictness: Strictness) -> Result<Vec<(&'static str, String)>, NotSent> {
        // A `_` stands for an empty word.
        let words = line.split_whitespace().map(|word| word.replace('_', "").into()).collect();
        let options = ParsedOptions::parse(TABLE, words, strictness)?.0;
        Ok(options
            .into_iter()
            .map(|(name, _, value)| (name, value.into_string().unwrap()))
            .collect())
    }

    #[test]
    fn a_repeated_option_has_its_last_value_however_it_is_written() {
        for (line, expected) in [
            ("", vec![]),
            ("--", vec![]),
            ("--flag", vec![("flag", "")]),
            ("--flag --no-flag", vec![]),
            ("--no-flag --flag --flag", vec![("flag", "")]),
            ("--text a --text=b", vec![("text", "b")]),
            ("--text=", vec![("text", "")]),
            ("--text _", vec![("text", "")]),
            ("--text --flag", vec![("text", "--flag")]),
            ("--text --help", vec![("text", "--help")]),
            ("--text -- --flag", vec![("text", "--"), ("flag", "")]),
            ("--text=a=b", vec![("text", "a=b")]),
            ("--count many --count 3", vec![("count", "3")]),
            ("--out missing/x --in .", vec![("out", "missing/x"), ("in", ".")]),
        ] {
            for strictness in [Strictness::Lenient, Strictness::Strict] {
                let expected: Vec<_> =
                    expected.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
                assert_eq!(parsed(line, strictness), Ok(expected), "{line}");
            }
        }
    }

    #[test]
    fn a_lenient_parser_ignores_only_the_words_that_it_does_not_know() {
        for line in [
            "word --flag",
            "--new --flag",
            "--new=value --flag",
            "--new value --flag",
            "-n --flag",
            "-n=value --flag",
            "--flag=1",
            "--no-flag=1 --flag",
            "--flag --text",
            "--flag -- --new",
            "--fla --flag",
        ] {
            assert_eq!(
                parsed(line, Strictness::Lenient),
                Ok(vec![("flag", String::new())]),
                "{line}"
            );
        }
        assert_eq!(parsed("--new=--help", Strictness::Lenient), Ok(vec![]));
        assert_eq!(parsed("--count x", Strictness::Lenient), Ok(vec![("count", "x".into())]));
    }

    #[test]
    fn a_strict_parser_refuses_the_same_lines_as_click() {
        for line in [
            "word",
            "_",
            "-",
            "-- word",
            "-- --flag",
            "-h",
            "-f",
            "-flag",
            "--fla",
            "--flags",
            "--FLAG",
            "--flag=",
            "--flag=1",
            "--no-flag=1",
            "--=x",
            "---flag",
            "--flag word",
        ] {
            assert_eq!(parsed(line, Strictness::Strict), Err(NotSent::Refused(None)), "{line}");
        }
        for (line, option) in [
            ("--text", "text"),
            ("--count many", "count"),
            ("--count 3 --count=", "count"),
            ("--in missing/x", "in"),
            ("--in _", "in"),
        ] {
            assert_eq!(
                parsed(line, Strictness::Strict),
                Err(NotSent::Refused(Some(option))),
                "{line}"
            );
        }
    }

    #[test]
    fn help_is_an_option_unless_it_is_a_value() {
        for strictness in [Strictness::Lenient, Strictness::Strict] {
            for line in ["--help", "--flag --help --bogus", "--count=x --help"] {
                assert_eq!(parsed(line, strictness), Err(NotSent::HelpRequested), "{line}");
            }
        }
    }

    #[test]
    fn the_subcommand_follows_the_options_of_the_program() {
        let parsed = |line: &str| {
            subcommand(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
        };
        let found = |name: &str, words: &[&str], has_unknown_options| {
            let words = words.iter().map(OsString::from).collect();
            Ok(Subcommand { name: name.into(), words, has_unknown_options })
        };
        for (line, expected) in [
            ("generate --static -- x", found("generate", &["--static", "--", "x"], false)),
            ("-- generate --static", found("generate", &["--static"], false)),
            ("-- --help", found("--help", &[], false)),
            ("- x", found("-", &["x"], false)),
            ("--new generate --static", found("generate", &["--static"], true)),
            ("--new=x -n generate", found("generate", &[], true)),
        ] {
            assert_eq!(parsed(line), expected, "{line}");
        }
        for line in ["", "--new", "-n"] {
            assert_eq!(parsed(line), Err(NotSent::OtherCommand), "{line}");
        }
        for line in ["--help generate", "--version", "--version generate"] {
            assert_eq!(parsed(line), Err(NotSent::HelpRequested), "{line}");
        }
    }

    #[test]
    fn integers_are_those_of_python() {
        for text in ["0", "007", "-1", "+5", " 7\n", "1_000", "\u{a0}1"] {
            assert!(is_python_integer(text), "{text}");
        }
        for text in ["", " ", "+", "--1", "+-1", "1 2", "_1", "1_", "1__0", "0x10", "1.5"] {
            assert!(!is_python_integer(text), "{text}");
        }
    }
}
