//! `make bench`: the cost of the hook, compared with an empty program, curl, and docglow's own
//! telemetry.
//!
//! Each section prints a table in Markdown. `--quick` makes only a few runs, to test the
//! benchmarks. The name of a section runs only that section. A section whose tool is missing is
//! skipped with a message.

mod caller;
mod delivery;
mod docglow;
mod endpoint;
mod growth;
mod launcher;
mod machine;
mod manifest;
mod memory;
mod sample;
mod shell;
mod size;
mod subject;
mod table;
mod tls;
mod work;

use std::process::ExitCode;
use std::time::Instant;

use launcher::Launcher;
use subject::{Workshop, which};

/// How many runs are measured.
pub struct Effort {
    /// Interleaved runs that measure the caller's time.
    pub runs: usize,
    /// Runs of measurements that vary little or take long.
    pub few: usize,
    /// Events in a row, for throughput.
    pub events: usize,
    /// Sizes of manifests, in MB.
    pub manifests: &'static [u64],
}

/// Measures and prints one section.
type Section = fn(&Bench);

const FULL: Effort = Effort { runs: 1000, few: 25, events: 500, manifests: &[1, 10, 100] };
const QUICK: Effort = Effort { runs: 20, few: 3, events: 20, manifests: &[1] };

/// The common data of all sections.
pub struct Bench {
    pub workshop: Workshop,
    pub effort: Effort,
    /// The empty program, and the launcher, which starts other programs and measures their
    /// resources.
    pub launcher: Launcher,
}

fn main() -> ExitCode {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let workshop = Workshop::new();
    let Some(launcher) = which("cc").and_then(|cc| Launcher::build(&cc, &workshop)) else {
        println!("Measuring needs a C compiler with a static C library.");
        return ExitCode::FAILURE;
    };
    let bench = Bench { workshop, effort: if quick { QUICK } else { FULL }, launcher };
    let start = Instant::now();
    machine::describe();
    let sections: [(&str, Section); 9] = [
        ("caller", caller::measure),
        ("shell", shell::measure),
        ("docglow", docglow::measure),
        ("work", work::measure),
        ("memory", memory::measure),
        ("size", size::measure),
        ("delivery", delivery::measure),
        ("manifest", manifest::measure),
        ("growth", growth::measure),
    ];
    let chosen: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    for (name, measure) in sections {
        if chosen.is_empty() || chosen.iter().any(|chosen| chosen == name) {
            measure(&bench);
        }
    }
    println!("\nMeasured in {} s.", start.elapsed().as_secs());
    if table::has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
