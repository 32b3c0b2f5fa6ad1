//! `prompt`: the question whether telemetry may be turned on.

use crate::commands::consent::record;
use crate::decision::Decision;
use crate::decision::context::Context;
use crate::decision::environment::is_unattended;
use crate::decision::state::Consent;
use crate::endpoint::Endpoint;
use crate::platform::terminal::{ask, can_ask};

/// What is shown before the first generate.
fn question(endpoint: &Endpoint) -> String {
    format!(
        "
Help docglow with anonymous telemetry?

Sent after generate, health and serve: the command, success or error, its duration, the versions of docglow and Python,
the operating system, the dbt adapter, how many models, sources, seeds, tests and macros there are, which of nine features
were used, and a random id of this machine.
Never sent: names of models or columns, SQL, paths, credentials, or anything else of yours.
It goes to {endpoint}; your answer counts for all projects, and a project's docglow.yml may name another https address.

Turn it off at any time: docglow-telemetry disable; for good and everywhere: DOCGLOW_NO_TELEMETRY=1
See what would be sent:  docglow-telemetry preview

Turn it on? [y/N] "
    )
}

/// Asks once, if there is somebody to ask and nothing has decided yet. Anything but y or yes is a no; where it could not be
/// asked nothing is recorded.
pub fn prompt(context: &Context) {
    let somebody = can_ask() && !is_unattended(|name| std::env::var_os(name));
    if !somebody || context.decision() != Decision::OffByDefault {
        return;
    }
    let Some(answer) = ask(&question(&context.destination().endpoint)) else { return };
    let answer = answer.trim().to_ascii_lowercase();
    record(context, if answer == "y" || answer == "yes" { Consent::Yes } else { Consent::No });
}
