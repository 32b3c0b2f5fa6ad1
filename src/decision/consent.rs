//! `enable`, `disable` and `prompt`: recording what the user says.

use std::io::{self, IsTerminal, Write};

use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcgetpgrp, tcsetattr};

use crate::decision::Decision;
use crate::decision::context::Context;
use crate::decision::state::Consent;

/// No answer is longer.
const MAX_ANSWER_BYTES: usize = 1024;

const QUESTION: &str = "
Help docglow with anonymous telemetry?

Sent after generate, health and serve: the command, success or error, its duration, the versions of docglow and Python,
the operating system, the dbt adapter, how many models, sources, seeds, tests and macros there are, which of nine features
were used, and a random id of this machine.
Never sent: names of models or columns, SQL, paths, credentials, or anything else of yours.

Turn it off at any time: docglow-telemetry disable; for good and everywhere: DOCGLOW_NO_TELEMETRY=1
See what would be sent:  docglow-telemetry preview
";

/// Records a yes or a no, and says what that means or why it could not be done.
pub fn record(context: &Context, consent: Consent) {
    let recorded = match context.state_file() {
        Some(file) => file.record(consent),
        None => Err(io::Error::other("HOME names no folder for it")),
    };
    let decision = context.decision();
    let _ = match (recorded, consent, decision.is_active()) {
        (Err(error), _, _) => {
            let variable = if consent == Consent::Yes { "DOCGLOW_TELEMETRY=1" } else { "DOCGLOW_NO_TELEMETRY=1" };
            writeln!(
                io::stderr(),
                "docglow-telemetry: this could not be recorded ({error}).\nSet {variable} in the environment instead."
            )
        }
        (Ok(()), Consent::Yes, true) => {
            writeln!(io::stdout(), "Anonymous telemetry is on. Turn it off at any time: docglow-telemetry disable")
        }
        (Ok(()), Consent::Yes, false) => {
            writeln!(io::stdout(), "Recorded: yes. Nothing is sent here all the same: {decision}.")
        }
        (Ok(()), _, false) => writeln!(
            io::stdout(),
            "Recorded: no. Nothing is sent, unless DOCGLOW_TELEMETRY or a project's docglow.yml turns it on.\n\
             DOCGLOW_NO_TELEMETRY=1 can't be overruled."
        ),
        (Ok(()), _, true) => {
            writeln!(io::stdout(), "Recorded: no. But here {decision}. DOCGLOW_NO_TELEMETRY=1 can't be overruled.")
        }
    };
}

/// Asks once, if there is somebody to ask and nothing has decided yet. Anything but y or yes is a no.
pub fn prompt(context: &Context) {
    let at_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    // In the background (`docglow generate &`), touching the terminal would stop the whole job.
    let in_foreground = || tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp());
    if !at_terminal || !in_foreground() || context.environment.is_ci() || context.decision() != Decision::OffByDefault {
        return;
    }
    let Some(answer) = ask() else { return };
    let answer = answer.trim().to_ascii_lowercase();
    record(context, if answer == "y" || answer == "yes" { Consent::Yes } else { Consent::No });
}

/// Asks on the terminal and reads one line. Ctrl-D ends it, and so does Ctrl-C, which must not end this process before the
/// answer is recorded: it would be asked again, and the exit status would not be 0. `None` where it could not be asked.
fn ask() -> Option<String> {
    const CTRL_C: u8 = 3;
    let terminal = io::stdin();
    let before = tcgetattr(&terminal).ok()?;
    let mut asking = before.clone();
    asking.local_modes.remove(LocalModes::ISIG);
    asking.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
    tcsetattr(&terminal, OptionalActions::Now, &asking).ok()?;
    let answer = ask_and_read();
    let _ = tcsetattr(&terminal, OptionalActions::Now, &before);
    answer
}

fn ask_and_read() -> Option<String> {
    write!(io::stdout(), "{QUESTION}\nTurn it on? [y/N] ").and_then(|()| io::stdout().flush()).ok()?;
    let mut line = [0; MAX_ANSWER_BYTES];
    let length = rustix::io::read(io::stdin(), &mut line).unwrap_or(0);
    Some(String::from_utf8_lossy(&line[..length]).into_owned())
}
