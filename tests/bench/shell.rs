//! How much time the shell hook and `run` add to an empty docglow.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use crate::Bench;
use crate::caller::REST;
use crate::endpoint::{Endpoint, Manner};
use crate::sample::Sample;
use crate::subject::{Subject, Workshop, read_from_disk, which};
use crate::table::{Table, ms};

/// Calls per shell. The shell's own start is not measured.
const CALLS: u32 = 10;

const SHELLS: [(&str, &[&str], &str); 3] =
    [("dash", &[], "sh"), ("bash", &["--noprofile", "--norc"], "bash"), ("zsh", &["-f"], "zsh")];

/// Names of the calls and their command lines. `command` bypasses the function.
const CALL: [(&str, &str); 3] = [
    ("docglow alone", "command docglow"),
    ("with the hook", "docglow"),
    ("`run`", "command docglow-telemetry run docglow"),
];

pub fn measure(bench: &Bench) {
    let endpoint = Endpoint::start(Manner::Answering);
    let bin = programs(bench);
    let mut rows = Vec::new();
    for (shell, arguments, init) in SHELLS {
        let Some(program) = which(shell) else {
            println!("\n{shell} is not installed, so it is not measured.");
            continue;
        };
        for (state, url) in [("off", None), ("on", Some(endpoint.url()))] {
            for (name, call) in CALL {
                let script = bench.workshop.write(
                    &format!("{shell}-{state}-{}", call.replace(' ', "-")),
                    lines(init, call),
                );
                let mut subject = bench
                    .workshop
                    .subject(&format!("{shell}, {state}: {name}"), &program)
                    .env("PATH", &bin);
                if let Some(url) = url {
                    subject = subject
                        .env("DOCGLOW_TELEMETRY", "1")
                        .env("DOCGLOW_TELEMETRY_ENDPOINT", url);
                }
                rows.push((subject.args(arguments).args([script]), Sample::default()));
            }
        }
    }
    for _ in 0..bench.effort.runs.div_ceil(CALLS as usize) {
        for (subject, sample) in &mut rows {
            sample.add(subject.time() / CALLS);
            sleep(REST);
        }
    }
    report(&rows);
}

/// A folder with an empty program named docglow, and the hook.
fn programs(bench: &Bench) -> std::path::PathBuf {
    let workshop: &Workshop = &bench.workshop;
    let docglow = workshop
        .write("programs/docglow", fs::read(bench.launcher.floor("musl")).expect("the floor"));
    let hook =
        workshop.write("programs/docglow-telemetry", fs::read(workshop.hook()).expect("the hook"));
    for program in [&docglow, &hook] {
        fs::set_permissions(program, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .expect("a program");
        read_from_disk(program);
    }
    workshop.path("programs")
}

fn lines(init: &str, call: &str) -> String {
    format!(
        "eval \"$(docglow-telemetry init {init})\"\ni=0\nwhile [ $i -lt {CALLS} ]; do {call} generate; i=$((i + 1)); done\n"
    )
}

fn report(rows: &[(Subject, Sample)]) {
    let mut table = Table::new(
        "Around an empty docglow, in a shell",
        &["", "p50 of a call", "adds", "docglow alone = 1"],
    );
    for group in rows.chunks(CALL.len()) {
        let alone = group[0].1.median();
        for (subject, sample) in group {
            let added = sample.median().saturating_sub(alone);
            let ratio = added.as_secs_f64() / alone.as_secs_f64();
            let shown = |text: String| if added == Duration::ZERO { String::new() } else { text };
            table.row([
                subject.name.clone(),
                ms(sample.median()),
                shown(ms(added)),
                shown(format!("+{ratio:.2}")),
            ]);
        }
    }
    table.note(format!(
        "{CALLS} calls in one shell, the median of {}, interleaved. An empty docglow takes as long as one more process, so the \
         ratio shows how many processes the hook adds.",
        rows.first().map_or(0, |(_, sample)| sample.len())
    ));
    table.print();
}
