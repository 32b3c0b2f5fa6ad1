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

/// The call of docglow itself. `command` bypasses the function.
const ALONE: &str = "command docglow";

/// Names of the calls and their command lines.
const CALL: [(&str, &str); 3] = [
    ("docglow alone", ALONE),
    ("with the hook", "docglow"),
    ("`run`", "command docglow-telemetry run docglow"),
];

struct Row {
    subject: Subject,
    /// Counts the events of this row, if it sends any.
    endpoint: Option<Endpoint>,
    sample: Sample,
}

pub fn measure(bench: &Bench) {
    let bin = programs(bench);
    let mut rows = Vec::new();
    for (shell, arguments, init) in SHELLS {
        let Some(program) = which(shell) else {
            println!("\n{shell} is not installed, so it is not measured.");
            continue;
        };
        for state in ["off", "on"] {
            for (name, call) in CALL {
                let script = bench.workshop.write(
                    &format!("{shell}-{state}-{}", call.replace(' ', "-")),
                    lines(init, call),
                );
                let mut subject = bench
                    .workshop
                    .subject(&format!("{shell}, {state}: {name}"), &program)
                    .env("PATH", &bin);
                let endpoint = (state == "on").then(|| Endpoint::start(Manner::Answering));
                if let Some(endpoint) = &endpoint {
                    subject = subject
                        .env("DOCGLOW_TELEMETRY", "1")
                        .env("DOCGLOW_TELEMETRY_ENDPOINT", endpoint.url());
                }
                subject = subject.args(arguments).args([script]);
                let endpoint = endpoint.filter(|_| call != ALONE);
                rows.push(Row { subject, endpoint, sample: Sample::default() });
            }
        }
    }
    for _ in 0..bench.effort.runs.div_ceil(CALLS as usize) {
        let mut order: Vec<&mut Row> = rows.iter_mut().collect();
        fastrand::shuffle(&mut order);
        for row in order {
            row.sample.add(row.subject.time() / CALLS);
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

fn report(rows: &[Row]) {
    let mut table = Table::new(
        "Around an empty docglow, in a shell",
        &["", "minimum of a call", "adds", "p50 of a call", "adds"],
    );
    for group in rows.chunks(CALL.len()) {
        let alone = &group[0].sample;
        for Row { subject, sample, .. } in group {
            let added = |time: Duration, alone| match time.saturating_sub(alone) {
                Duration::ZERO => String::new(),
                added => ms(added),
            };
            table.row([
                subject.name.clone(),
                ms(sample.least()),
                added(sample.least(), alone.least()),
                ms(sample.median()),
                added(sample.median(), alone.median()),
            ]);
        }
    }
    for Row { subject, endpoint, sample } in rows {
        if let Some(endpoint) = endpoint {
            let sent = sample.len() * CALLS as usize;
            table.arrived(&subject.name, sent, endpoint.await_requests(sent));
        }
    }
    table.note(format!(
        "{CALLS} calls in one shell, {} times, interleaved in a random order. An empty docglow takes as long as one more process.",
        rows.first().map_or(0, |row| row.sample.len())
    ));
    table.print();
}
