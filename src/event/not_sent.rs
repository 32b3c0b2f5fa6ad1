//! Why no event was sent: one type for all steps, from reading the event to starting the sender.

use std::fmt;

/// The reason that debug and `preview` show. It contains no text of the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// Telemetry is off, for this reason.
    Off(&'static str),
    /// The question whether telemetry may be turned on has no answer.
    NoAnswer,

    // The event on standard input.
    NoInput,
    NotAnObject,
    NotUtf8,
    Incomplete,
    TooLarge,
    NoMemory,
    TooSlow,
    UnknownCommand,
    UnknownResult,

    // A docglow command line.
    NotDocglow,
    OtherCommand,
    HelpRequested,
    /// docglow 0.9.2 refuses the command line, or the value of this option.
    Refused(Option<&'static str>),
    NoSite,
    /// docglow sends no event for this exit status.
    ExitStatus,
    /// docglow 0.9.2 ended with status 1 before it starts its own telemetry.
    EndedEarly,

    // The options of this program.
    NoProjectDir,
    NoDocglow,

    // The sender.
    SenderNotStarted,
    TooManySenders,
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            NotSent::Off(reason) => reason,
            NotSent::NoAnswer => "the question about telemetry has no answer",
            NotSent::NoInput => "standard input is empty",
            NotSent::NotAnObject => "the event is not a JSON object",
            NotSent::NotUtf8 => "the event is not UTF-8",
            NotSent::Incomplete => "the event is incomplete",
            NotSent::TooLarge => "the event is larger than 1 MiB",
            NotSent::NoMemory => "no memory for the event",
            NotSent::TooSlow => "the event was not complete within 2 s",
            NotSent::UnknownCommand => "the event's command is not generate, health or serve",
            NotSent::UnknownResult => "the event's result is not success or error",
            NotSent::NotDocglow => {
                "the command is not docglow: \
                 put `docglow-telemetry run` directly in front of docglow"
            }
            NotSent::OtherCommand => "the docglow command is not generate, health or serve",
            NotSent::HelpRequested => "the command line asks docglow for help or its version",
            NotSent::Refused(None) => "docglow refuses the command line",
            NotSent::Refused(Some(option)) => {
                return write!(f, "docglow refuses the value of --{option}");
            }
            NotSent::NoSite => "the folder that docglow should serve cannot be read",
            NotSent::ExitStatus => "docglow sends no event for this exit status",
            NotSent::EndedEarly => "docglow ended before it would have sent an event",
            NotSent::NoProjectDir => "the project folder does not exist or cannot be read",
            NotSent::NoDocglow => "the docglow command was not found",
            NotSent::SenderNotStarted => "the sender could not be started",
            NotSent::TooManySenders => "too many events are being sent already",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_shown_as_a_text() {
        assert_eq!(NotSent::Off("docglow.yml says off").to_string(), "docglow.yml says off");
        assert_eq!(NotSent::NoInput.to_string(), "standard input is empty");
        let refused = NotSent::Refused(Some("format")).to_string();
        assert_eq!(refused, "docglow refuses the value of --format");
    }
}
