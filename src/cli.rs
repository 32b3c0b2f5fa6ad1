//! The command line.

use std::ffi::OsString;
use std::str::FromStr;

use lexopt::Arg::{Long, Short, Value};

use crate::commands::init::{self, Shell};
use crate::commands::source::{Options, Report};

/// The text of `--help`. It is also printed if the hook is called at a terminal.
pub const HELP: &str = include_str!("help.txt");

/// The parsed command line of this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invocation {
    Hook(Options),
    Preview(Options),
    Status {
        options: Options,
        json: bool,
    },
    Log {
        json: bool,
    },
    Enable(Options),
    Disable(Options),
    Prompt(Options),
    Report(Report),
    PreviewReport(Report),
    /// Runs a command line.
    Run {
        words: Vec<OsString>,
        wait: bool,
    },
    Init(&'static Shell),
    Help,
    Version,
    /// This process is the sender.
    Send,
}

/// A usage error. The message repeats no word of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageError(pub &'static str);

/// Whether standard input may carry an event although the command line is wrong. `report` and
/// `prompt` leave standard input to the shell.
pub fn may_have_event(arguments: &[OsString]) -> bool {
    !arguments.iter().any(|word| word == "report" || word == "prompt")
}

const UNKNOWN: UsageError = UsageError("unknown option or command; see --help");
const NO_VALUE: UsageError = UsageError("an option's value is missing; see --help");
const NO_NUMBER: UsageError = UsageError(
    "report needs --status N, and takes --duration-ms MS, both whole numbers; see --help",
);
const NO_SHELL: UsageError = UsageError("init takes the name of a shell; see --help");

/// Parses the arguments after the program's name.
///
/// # Errors
/// `UsageError` for an unknown option or command, a missing value, or an extra argument.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, UsageError> {
    let mut options = Options::default();
    let (mut json, mut status, mut duration_ms) = (false, None, 0);
    let (mut words, mut docglow_arguments) = (Vec::new(), Vec::new());
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next().map_err(|_| UNKNOWN)? {
        let is_report = words.last().is_some_and(|word| word == "report");
        match argument {
            Long("project-dir") => options.project_dir = value(&mut parser)?,
            Long("target-dir") => options.target_dir = Some(value(&mut parser)?),
            Long("docglow") => options.docglow = Some(value(&mut parser)?),
            Long("wait") => options.wait = true,
            Long("json") => json = true,
            Long("status") if is_report => status = Some(number(&mut parser)?),
            Long("duration-ms") if is_report => duration_ms = number(&mut parser)?,
            Long("help") | Short('h') => return Ok(Invocation::Help),
            Long("version") | Short('V') => return Ok(Invocation::Version),
            Value(word) if is_report => {
                let rest = parser.raw_args().map_err(|_| UNKNOWN)?;
                docglow_arguments = [word].into_iter().chain(rest).collect();
                break;
            }
            Value(word) if words.is_empty() && word == "run" => {
                return Ok(parse_run(parser, options.wait));
            }
            Value(word) => words.push(word.into_string().map_err(|_| UNKNOWN)?),
            _ => return Err(UNKNOWN),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let report = |options: Options| {
        // docglow's own arguments name its project.
        if !options.project_dir.is_empty() || options.target_dir.is_some() {
            return Err(UNKNOWN);
        }
        let status = status.ok_or(NO_NUMBER)?;
        Ok(Report { options, arguments: docglow_arguments, status, duration_ms })
    };
    match words[..] {
        ["status"] => Ok(Invocation::Status { options, json }),
        ["log"] => Ok(Invocation::Log { json }),
        _ if json => Err(UNKNOWN),
        [] => Ok(Invocation::Hook(options)),
        ["report"] => report(options).map(Invocation::Report),
        ["preview", "report"] => report(options).map(Invocation::PreviewReport),
        ["preview"] => Ok(Invocation::Preview(options)),
        ["enable"] => Ok(Invocation::Enable(options)),
        ["disable"] => Ok(Invocation::Disable(options)),
        ["prompt"] => Ok(Invocation::Prompt(options)),
        ["init", name] => init::shell(name).map(Invocation::Init).ok_or(NO_SHELL),
        ["init", ..] => Err(NO_SHELL),
        [crate::sender::SENDER_ARGUMENT] => Ok(Invocation::Send),
        _ => Err(UNKNOWN),
    }
}

fn value(parser: &mut lexopt::Parser) -> Result<OsString, UsageError> {
    parser.value().map_err(|_| NO_VALUE)
}

fn number<T: FromStr>(parser: &mut lexopt::Parser) -> Result<T, UsageError> {
    value(parser)?.to_str().and_then(|number| number.parse().ok()).ok_or(NO_NUMBER)
}

/// Parses the words after `run`. For a usage error, the command is empty.
fn parse_run(mut parser: lexopt::Parser, mut wait: bool) -> Invocation {
    loop {
        match parser.next() {
            Ok(Some(Long("wait"))) => wait = true,
            Ok(Some(Long("help") | Short('h'))) => return Invocation::Help,
            Ok(Some(Value(program))) => {
                let arguments = parser.raw_args().into_iter().flatten();
                return Invocation::Run {
                    words: [program].into_iter().chain(arguments).collect(),
                    wait,
                };
            }
            _ => return Invocation::Run { words: Vec::new(), wait },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Invocation, UsageError> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn options_stand_anywhere_and_in_both_forms() {
        let options = Options {
            project_dir: "p".into(),
            target_dir: Some("t".into()),
            docglow: Some("d".into()),
            wait: true,
        };
        for line in [
            "--project-dir p --target-dir=t --wait --docglow d",
            "--docglow=d --wait --target-dir t --project-dir=p",
        ] {
            assert_eq!(parsed(line), Ok(Invocation::Hook(options.clone())));
            assert_eq!(
                parsed(&format!("preview {line}")),
                Ok(Invocation::Preview(options.clone()))
            );
            assert_eq!(
                parsed(&format!("{line} preview")),
                Ok(Invocation::Preview(options.clone()))
            );
        }
        assert_eq!(
            parsed("status --json"),
            Ok(Invocation::Status { options: Options::default(), json: true })
        );
    }

    #[test]
    fn init_takes_every_shell_and_the_help_names_it() {
        for shell in &init::SHELLS {
            assert_eq!(parsed(&format!("init {}", shell.name)), Ok(Invocation::Init(shell)));
            let words: Vec<&str> = HELP.split(|c: char| !c.is_alphanumeric()).collect();
            assert!(words.contains(&shell.name), "{}", shell.name);
        }
    }

    #[test]
    fn the_words_after_run_and_its_options_are_the_command() {
        for (line, wait, command) in [
            ("run docglow generate --static", false, "docglow generate --static"),
            ("run --wait docglow --wait", true, "docglow --wait"),
            ("--wait run env -i docglow", true, "env -i docglow"),
            ("run -- docglow -- x", false, "docglow -- x"),
            ("run --wait -- --odd --wait", true, "--odd --wait"),
            ("run run run", false, "run run"),
            ("run -- --", false, "--"),
            ("run docglow --help", false, "docglow --help"),
            ("run", false, ""),
            ("run --", false, ""),
            ("run --wait", true, ""),
            ("run -x docglow", false, ""),
            ("run --wait=1 docglow", true, ""),
        ] {
            let words = command.split_whitespace().map(OsString::from).collect();
            assert_eq!(parsed(line), Ok(Invocation::Run { words, wait }), "{line}");
        }
        assert_eq!(parsed("run --help docglow"), Ok(Invocation::Help));
    }

    #[test]
    fn an_unknown_word_is_a_usage_error_that_does_not_repeat_it() {
        for line in [
            "--secret",
            "secret",
            "-x",
            "--project-dir",
            "--wait=secret",
            "init secret",
            "init",
            "init bash secret",
            "status x",
            "--json",
        ] {
            let UsageError(message) = parsed(line).unwrap_err();
            assert!(!message.contains("secret"), "{line}");
        }
    }
}
