//! How click 8 parses the options of a command, and which of their values it refuses.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use lexopt::Arg;

use crate::platform::file::is_readable;

/// The options of a command by name, without their dashes.
pub type Table = [(&'static str, Kind)];

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Flag,
    /// Nothing; it takes back the flag of this name.
    Not(&'static str),
    Text,
    /// What Python's `int` takes.
    Integer,
    /// What Python's `float` takes.
    Number,
    OneOf(&'static [&'static str]),
    /// A path, readable where something is there.
    Path,
    /// The path of something readable.
    ExistingPath,
}

/// Why a command line is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It asks for help or the version.
    Help,
    /// It is not understood, or the value of this option is not.
    Refused(Option<&'static str>),
}

/// Python reads no integer of more digits.
const MAX_DIGITS: usize = 4300;

/// The first word behind the options of the program itself, which are `--help` and `--version`, and what follows it. `None`
/// where there is no word.
///
/// # Errors
/// `Stop`, for those two and for any other option.
pub fn command(arguments: &[OsString]) -> Result<Option<(OsString, Vec<OsString>)>, Stop> {
    let mut parser = lexopt::Parser::from_args(arguments.to_vec());
    match parser.next() {
        // A `--` before the word ends the options of the program alone.
        Ok(Some(Arg::Value(word))) => {
            Ok(Some((word, parser.raw_args().into_iter().flatten().collect())))
        }
        Ok(None) => Ok(None),
        Ok(Some(Arg::Long("help" | "version"))) => Err(Stop::Help),
        _ => Err(Stop::Refused(None)),
    }
}

/// The options of a command line, each once, with the value that counts: the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given(Vec<(&'static str, Kind, OsString)>);

impl Given {
    /// Parses the words behind a command that takes these options and `--help`, and no words of its own. `--x value` and
    /// `--x=value` are the same, whatever the value looks like; no option has a short form or can be shortened.
    ///
    /// # Errors
    /// `Stop`, where click ends at the command line.
    pub fn parse(table: &Table, words: Vec<OsString>) -> Result<Given, Stop> {
        let mut given: Vec<(&'static str, Kind, OsString)> = Vec::new();
        let mut parser = lexopt::Parser::from_args(words);
        while let Some(argument) = parser.next().map_err(|_| Stop::Refused(None))? {
            let Arg::Long(name) = argument else { return Err(Stop::Refused(None)) };
            if name == "help" {
                return Err(Stop::Help);
            }
            let (name, kind) =
                *table.iter().find(|option| option.0 == name).ok_or(Stop::Refused(None))?;
            let replaced = if let Kind::Not(flag) = kind { flag } else { name };
            given.retain(|option| option.0 != replaced);
            match kind {
                Kind::Not(_) => {}
                Kind::Flag => given.push((name, kind, OsString::new())),
                _ => {
                    given.push((name, kind, parser.value().map_err(|_| Stop::Refused(Some(name)))?))
                }
            }
        }
        // Of a repeated option, click looks at the value that counts alone.
        match given.iter().find(|(_, kind, value)| !kind.takes(value)) {
            Some((name, ..)) => Err(Stop::Refused(Some(name))),
            None => Ok(Given(given)),
        }
    }

    /// Whether the flag is set.
    pub fn has(&self, flag: &str) -> bool {
        self.value(flag).is_some()
    }

    /// The option's value, if it is given.
    pub fn value(&self, name: &str) -> Option<&OsStr> {
        self.0.iter().find(|option| option.0 == name).map(|option| option.2.as_os_str())
    }

    /// Whether the option is given a value that Python takes for true: any but an empty one.
    pub fn is_filled(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| !value.is_empty())
    }
}

impl Kind {
    fn takes(self, value: &OsStr) -> bool {
        match self {
            Kind::Flag | Kind::Not(_) | Kind::Text => true,
            Kind::Integer => value.to_str().is_some_and(is_integer),
            Kind::Number => value.to_str().is_some_and(is_number),
            Kind::OneOf(choices) => choices.iter().any(|choice| value == *choice),
            Kind::Path => is_readable(Path::new(value)) || Path::new(value).metadata().is_err(),
            Kind::ExistingPath => is_readable(Path::new(value)),
        }
    }
}

/// Whether Python's `int` takes the text. Digits of other scripts, which it takes too, are left out.
fn is_integer(text: &str) -> bool {
    let text = trimmed(text);
    is_digits(text.strip_prefix(['-', '+']).unwrap_or(text))
        && text.bytes().filter(u8::is_ascii_digit).count() <= MAX_DIGITS
}

/// Whether Python's `float` takes the text, with the same exception.
fn is_number(text: &str) -> bool {
    let text = trimmed(text).to_ascii_lowercase();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(&text);
    if ["inf", "infinity", "nan"].contains(&unsigned) {
        return true;
    }
    let (mantissa, exponent) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = [whole, fraction].iter().all(|part| part.is_empty() || is_digits(part));
    are_digits
        && mantissa != "."
        && !mantissa.is_empty()
        && is_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))
}

/// Whether the text is digits, with single underscores between them.
fn is_digits(text: &str) -> bool {
    text.split('_').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The text without what Python takes for white space around it.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &Table = &[
        ("flag", Kind::Flag),
        ("no-flag", Kind::Not("flag")),
        ("text", Kind::Text),
        ("count", Kind::Integer),
        ("share", Kind::Number),
        ("colour", Kind::OneOf(&["red", "green"])),
        ("out", Kind::Path),
        ("in", Kind::ExistingPath),
    ];

    fn parsed(line: &str) -> Result<Vec<(&'static str, String)>, Stop> {
        // A `_` stands for an empty word.
        let words = line.split_whitespace().map(|word| word.replace('_', "").into()).collect();
        let given = Given::parse(TABLE, words)?;
        Ok(given
            .0
            .into_iter()
            .map(|(name, _, value)| (name, value.into_string().unwrap()))
            .collect())
    }

    #[test]
    fn an_option_has_one_value_however_it_is_written_and_the_last_counts() {
        for (line, given) in [
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
            (
                "--colour=red --out missing/x --in .",
                vec![("colour", "red"), ("out", "missing/x"), ("in", ".")],
            ),
        ] {
            let given: Vec<_> =
                given.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
            assert_eq!(parsed(line), Ok(given), "{line}");
        }
    }

    #[test]
    fn what_click_ends_at_is_refused() {
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
            "--text",
            "--=x",
            "---flag",
            "--flag word",
        ] {
            assert!(matches!(parsed(line), Err(Stop::Refused(_))), "{line}");
        }
        for (line, option) in [
            ("--count many", "count"),
            ("--count 3 --count=", "count"),
            ("--share half", "share"),
            ("--colour Red", "colour"),
            ("--colour _", "colour"),
            ("--in missing/x", "in"),
            ("--in _", "in"),
        ] {
            assert_eq!(parsed(line), Err(Stop::Refused(Some(option))), "{line}");
        }
        for line in ["--help", "--flag --help --bogus", "--count=x --help"] {
            assert_eq!(parsed(line), Err(Stop::Help), "{line}");
        }
    }

    #[test]
    fn the_command_stands_behind_the_options_of_the_program() {
        let parsed =
            |line: &str| command(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>());
        let some = |word: &str, rest: &[&str]| {
            Ok(Some((word.into(), rest.iter().map(OsString::from).collect())))
        };
        assert_eq!(parsed("generate --static -- x"), some("generate", &["--static", "--", "x"]));
        assert_eq!(parsed("-- generate --static"), some("generate", &["--static"]));
        assert_eq!(parsed("-- --help"), some("--help", &[]));
        assert_eq!(parsed("- x"), some("-", &["x"]));
        assert_eq!(parsed(""), Ok(None));
        for line in ["--help generate", "--version", "--version generate"] {
            assert_eq!(parsed(line), Err(Stop::Help), "{line}");
        }
        for line in ["--static generate", "-h", "--versio", "-V generate"] {
            assert_eq!(parsed(line), Err(Stop::Refused(None)), "{line}");
        }
    }

    #[test]
    fn numbers_are_those_of_python() {
        let long = |digits| "1".repeat(digits);
        for text in ["0", "007", "-1", "+5", " 7\n", "1_000", "\u{a0}1\x1f", &long(4300)] {
            assert!(is_integer(text) && is_number(text), "{text}");
        }
        for text in [
            "1.5",
            ".5",
            "5.",
            "1e5",
            "1E+5",
            "-1_0.0_1e-1_0",
            "nan",
            "-Inf",
            "INFINITY",
            "1e999",
            &long(4301),
        ] {
            assert!(is_number(text) && !is_integer(text), "{text}");
        }
        for text in [
            "", " ", "+", "--1", "+-1", "1 2", "_1", "1_", "1__0", "0x10", "1,5", ".", "e5", "1e",
            ".e1", "1e1.5", "1._5", "infin", "+ 1",
        ] {
            assert!(!is_number(text) && !is_integer(text), "{text}");
        }
    }
}
