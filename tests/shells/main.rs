//! The hooks in their real shells, with the real docglow-telemetry and a recording stub of docglow.

#[path = "../common/mod.rs"]
mod common;

mod alone;
mod completions;
mod event;
mod examples;
mod lint;
mod own;
mod prompt;
mod pty;
mod script;
mod settings;
mod shell;
mod start_up;
mod stubs;
mod terminal;
mod tool;
mod unchanged;
mod unnoticed;

fn main() -> std::process::ExitCode {
    let mut trials = lint::trials();
    trials.extend(completions::trials());
    trials.extend(prompt::trials());
    trials.extend(settings::trials_of_other_shells());
    for shell in shell::SHELLS {
        trials.extend(unchanged::trials(shell));
        trials.extend(unnoticed::trials(shell));
        trials.extend(own::trials(shell));
        trials.extend(alone::trials(shell));
        trials.extend(event::trials(shell));
        trials.extend(examples::trials(shell));
        trials.extend(settings::trials(shell));
        trials.extend(start_up::trials(shell));
        trials.extend(tool::trials(shell));
        trials.extend(terminal::trials(shell));
    }
    common::conclude(trials)
}
