//! `enable` and `disable`: recording a yes or a no.

use std::io::{self, Write};

use crate::decision::context::Context;
use crate::decision::state::Consent;

/// Records a yes or a no, and prints its effect, or why it could not be recorded. Returns whether
/// it is recorded.
pub fn record(context: &Context, consent: Consent) -> bool {
    let recorded = match context.state_file() {
        Some(file) => file.record(consent),
        None => Err(io::Error::other("neither HOME nor the user database names a home folder")),
    };
    let is_recorded = recorded.is_ok();
    let decision = context.decision();
    let _ = match (recorded, consent, decision.is_active()) {
        (Err(error), _, _) => {
            let variable = if consent == Consent::Yes {
                "DOCGLOW_TELEMETRY=1"
            } else {
                "DOCGLOW_NO_TELEMETRY=1"
            };
            writeln!(
                io::stderr(),
                "docglow-telemetry: the answer could not be recorded ({error}).\nSet {variable} in the environment instead."
            )
        }
        (Ok(()), Consent::Yes, true) => {
            writeln!(
                io::stdout(),
                "Anonymous telemetry is on. Turn it off at any time: docglow-telemetry disable"
            )
        }
        (Ok(()), Consent::Yes, false) => {
            writeln!(io::stdout(), "Recorded: yes. But nothing is sent here, because {decision}.")
        }
        (Ok(()), _, false) => writeln!(
            io::stdout(),
            "Recorded: no. Nothing is sent, unless DOCGLOW_TELEMETRY or a project's docglow.yml turns it on.\n\
             DOCGLOW_NO_TELEMETRY=1 turns it off in any case."
        ),
        (Ok(()), _, true) => {
            writeln!(
                io::stdout(),
                "Recorded: no. But telemetry stays on here, because {decision}.\nDOCGLOW_NO_TELEMETRY=1 turns it off in any case."
            )
        }
    };
    is_recorded
}
