//! `enable` and `disable`: recording a yes or a no.

use std::io;

use crate::commands::{print, print_error};
use crate::decision::context::{Context, NO_STATE_FILE};
use crate::decision::state::Consent;

/// Records a yes or a no, and prints its effect, or why it could not be recorded. Returns whether
/// it is recorded.
pub fn record(context: &Context, consent: Consent) -> bool {
    let recorded = match context.state_file() {
        Some(file) => file.record(consent),
        None => Err(io::Error::other(NO_STATE_FILE)),
    };
    if let Err(error) = recorded {
        let variable = match consent {
            Consent::Yes => "DOCGLOW_TELEMETRY=1",
            _ => "DOCGLOW_NO_TELEMETRY=1",
        };
        print_error(&format!(
            "the answer could not be recorded ({error}).\n\
             Set {variable} in the environment instead."
        ));
        return false;
    }
    let decision = context.decision();
    let reason = decision.reason;
    print(&match (consent, decision.is_active) {
        (Consent::Yes, true) => {
            "Anonymous telemetry is on. Turn it off at any time: docglow-telemetry disable\n".into()
        }
        (Consent::Yes, false) => {
            format!("Recorded: yes. But nothing is sent here, because {reason}.\n")
        }
        (_, false) => "Recorded: no. Nothing is sent, unless DOCGLOW_TELEMETRY or a project's \
                       docglow.yml turns it on.\nDOCGLOW_NO_TELEMETRY=1 turns it off in any case.\n"
            .into(),
        (_, true) => {
            format!(
                "Recorded: no. But telemetry stays on here, because {reason}.\n\
                 DOCGLOW_NO_TELEMETRY=1 turns it off in any case.\n"
            )
        }
    });
    true
}
