//! The outcome of a question to a person, and its time limits.

use std::time::Duration;

/// Input that comes this soon after the question was typed or pasted before it. It is the shell's.
pub const TYPED_AHEAD: Duration = Duration::from_millis(500);

/// How long the question waits for an answer. The terminal may have no user.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The outcome of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A line, without the Enter that ended it.
    Line(String),
    /// The question was shown. Then came the end of input, an error, input that was typed before the
    /// question, or nothing.
    None,
    /// The question was not shown, because there was input already.
    NotShown,
}
