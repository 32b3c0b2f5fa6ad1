//! The outcome of a question to a person, and its time limits.

use std::time::Duration;

/// Input that arrives within this time counts as typed or pasted before the question, so it belongs
/// to the shell.
pub const TYPED_AHEAD: Duration = Duration::from_millis(500);

/// How long the question waits for an answer. Nobody may be at the terminal.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The outcome of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A line, without the Enter that ended it.
    Line(String),
    /// The question was shown, and then came the end of input, an error, or input that was typed
    /// before the question. The time limit has the same result.
    None,
    /// The question was not shown, because there was already input.
    NotShown,
}
