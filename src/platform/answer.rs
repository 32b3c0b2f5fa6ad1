//! What came of asking a person, and how long a question waits.

use std::time::Duration;

/// Input that comes this soon after the question was typed or pasted before it. It is the shell's.
pub const TYPED_AHEAD: Duration = Duration::from_millis(500);

/// How long the question waits for an answer: nobody may be at the terminal.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What came of asking.
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
