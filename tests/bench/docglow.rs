//! How long docglow's own telemetry delays its caller, in CPython.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use crate::Bench;
use crate::endpoint::{Endpoint, Manner};
use crate::sample::Sample;
use crate::table::{Table, ms};

/// Starting an interpreter takes long.
const MOST_RUNS: usize = 10;

pub fn measure(bench: &Bench) {
    let mut table = Table::new(
        "The cost of docglow's own telemetry, in docglow's process",
        &["", "runs", "recording, p50", "whole process, p50"],
    );
    let venv = std::env::var_os("DOCGLOW_VENV").filter(|venv| !venv.is_empty());
    let Some(venv) = venv.map(PathBuf::from) else {
        table.note("Not measured: `make bench` could not install docglow 0.9.2.");
        return table.print();
    };
    let script = bench.workshop.write("docglow_event.py", include_str!("docglow_event.py"));
    let python = bench.workshop.subject("docglow", venv.join("bin/python")).args([&script]);
    let off = python.clone().env("DOCGLOW_NO_TELEMETRY", "1");
    let mut row = |name: &str, subject: &crate::subject::Subject, runs: usize| {
        let (mut recording, mut whole) = (Sample::default(), Sample::default());
        for _ in 0..runs {
            let start = std::time::Instant::now();
            let output = subject.command().stdout(Stdio::piped()).output().expect("Python");
            let milliseconds: f64 =
                String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or(f64::NAN);
            whole.add(start.elapsed());
            recording.add(
                Duration::try_from_secs_f64(milliseconds / 1000.0)
                    .expect("docglow 0.9.2 in DOCGLOW_VENV"),
            );
        }
        table.row([
            name.to_owned(),
            recording.len().to_string(),
            ms(recording.median()),
            ms(whole.median()),
        ]);
    };
    let runs = bench.effort.few.min(MOST_RUNS);
    row("off: kill switch", &off, runs);
    let mut sent = Vec::new();
    for manner in Manner::ALL {
        let endpoint = Endpoint::start(manner);
        let on = python
            .clone()
            .env("DOCGLOW_TELEMETRY", "1")
            .env("DOCGLOW_TELEMETRY_ENDPOINT", endpoint.url());
        let runs = if matches!(manner, Manner::Silent | Manner::Dripping) { 2 } else { runs };
        let name = format!("on: {}", manner.name());
        row(&name, &on, runs);
        sent.push((name, runs, endpoint));
    }
    for (name, runs, endpoint) in sent.iter().filter(|(.., endpoint)| endpoint.accepts()) {
        table.arrived(name, *runs, endpoint.requests());
    }
    table.note("From the call of `record_command` to the interpreter's end, which waits for the thread that sends.");
    table.print();
}
