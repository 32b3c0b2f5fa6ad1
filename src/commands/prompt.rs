//! `prompt`: asks whether telemetry may be turned on.

use crate::commands::consent::record;
use crate::commands::{print, print_error};
use crate::decision::Decision;
use crate::decision::context::Context;
use crate::decision::environment::is_unattended;
use crate::decision::state::Consent;
use crate::endpoint::Endpoint;
use crate::payload::vocabulary::Feature;
use crate::platform::answer::Answer;
use crate::platform::file::folder_of;
use crate::platform::terminal::{KILL_SWITCH, ask, can_ask};
use crate::platform::{folders, owner};

/// The outcome of the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The question was not due, or there was no person to ask.
    NotAsked,
    /// The answer is recorded.
    Answered,
    /// A person is there, but no answer is recorded. docglow must not ask the same question: it
    /// would read input that is meant for the shell.
    NoAnswer,
}

/// The question, shown before the first `docglow generate`.
fn question(endpoint: &Endpoint) -> String {
    let features = Feature::ALL.len();
    format!(
        "
docglow can send anonymous telemetry. It is off until you turn it on.

Sent after `generate`, `health` and `serve`: the command, success or error, its
duration, the versions of docglow and Python, the operating system, the dbt
adapter, the number of models, sources, seeds, tests and macros, which of {features}
features were used, and a random id for your account on this machine.
Never sent: names of models or columns, SQL, paths, credentials, or any other
text of yours. Details: https://docs.docglow.com/telemetry
It goes to {endpoint}.
Your answer counts for all your projects. A project's docglow.yml may name
another endpoint: any https address or a port of this machine.

See an event:  docglow-telemetry preview
Turn it off:   docglow-telemetry disable
Keep it off, whatever else says on:  {KILL_SWITCH}

Turn it on? [y/N] "
    )
}

/// Asks whether telemetry may be turned on, if nothing has decided yet and a person is there.
/// Records the answer.
pub fn prompt(context: &Context) -> Asked {
    if !is_attended() || context.decision() != Decision::OFF_BY_DEFAULT {
        return Asked::NotAsked;
    }
    if !can_record(context) {
        print_error(
            "you are not asked about telemetry, because the answer could not be recorded.\n\
             Set DOCGLOW_TELEMETRY=1 or DOCGLOW_NO_TELEMETRY=1 in the environment.",
        );
        return Asked::NoAnswer;
    }
    match ask_person(&context.destination().endpoint) {
        Some(consent) if record(context, consent) => Asked::Answered,
        _ => Asked::NoAnswer,
    }
}

/// Whether a person can answer: at a terminal, and not in CI or an agent's session.
pub fn is_attended() -> bool {
    can_ask() && !is_unattended(|name| std::env::var_os(name))
}

/// Returns the answer, if there is one.
fn ask_person(endpoint: &Endpoint) -> Option<Consent> {
    match ask(&question(endpoint)) {
        Answer::Line(line) => Some(consent(&line)),
        Answer::NotShown => None,
        Answer::None => {
            print("There was no answer. To turn telemetry on: docglow-telemetry enable\n");
            None
        }
    }
}

/// The answer that a line gives: `y` and `yes` are a yes, any other line is a no.
fn consent(line: &str) -> Consent {
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Consent::Yes,
        _ => Consent::No,
    }
}

/// Whether an answer could be recorded. Otherwise the question would come before each `generate`.
fn can_record(context: &Context) -> bool {
    context.state_file().is_some_and(|file| {
        let folder = folder_of(file.path());
        let is_own = file.path().exists() || !owner::is_anothers(folder);
        is_own && folders::is_writable(folder)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_y_and_yes_are_a_yes() {
        for line in ["y", "yes", " YES "] {
            assert_eq!(consent(line), Consent::Yes, "{line:?}");
        }
        // The last ones contain the bytes that a terminal sends when its window gets the focus, and
        // around pasted text.
        let others = ["", "n", "No", "yep", "y y", "y\0", "docglow generate"];
        for line in others.into_iter().chain(["\x1b[Iy", "\x1b[200~y\x1b[201~"]) {
            assert_eq!(consent(line), Consent::No, "{line:?}");
        }
    }
}
