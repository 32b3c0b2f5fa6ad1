//! How long the caller waits.

use std::thread::sleep;
use std::time::Duration;

use crate::Bench;
use crate::endpoint::{Endpoint, Manner};
use crate::sample::Sample;
use crate::subject::{Program, Subject};
use crate::table::{Table, ms};

/// A pause after each run, so that the sender of one run does not disturb the next one.
pub const REST: Duration = Duration::from_millis(3);

const RECORDED_NO: &str =
    r#"{"version": 1, "consent": "no", "consent_recorded_at": "2026-01-01T00:00:00Z"}"#;

struct Row {
    subject: Subject,
    /// The endpoint of this row alone, which counts its events.
    endpoint: Option<Endpoint>,
    /// Takes part in one of this many rounds.
    every: usize,
    sample: Sample,
}

pub fn measure(bench: &Bench) {
    let mut rows = rows(bench);
    for round in 0..bench.effort.runs {
        bench.workshop.hooks.iter().chain(&bench.launcher.floors).for_each(Program::install);
        bench.launcher.starts.iter().for_each(|(_, program)| program.install());
        // The order is different each time, because each run changes the processor's caches for the
        // next one.
        let mut order: Vec<&mut Row> =
            rows.iter_mut().filter(|row| round % row.every == 0).collect();
        fastrand::shuffle(&mut order);
        for row in order {
            row.sample.add(row.subject.time());
            sleep(REST);
        }
    }
    report(bench, &rows);
}

fn rows(bench: &Bench) -> Vec<Row> {
    let workshop = &bench.workshop;
    let mut rows = Vec::new();
    let mut add = |subject, every, endpoint| {
        rows.push(Row { subject, endpoint, every, sample: Sample::default() });
    };
    for Program { libc, path, .. } in &bench.launcher.floors {
        add(workshop.subject(&format!("{libc}: floor"), path), 1, None);
    }
    for (call, Program { libc, path, .. }) in &bench.launcher.starts {
        add(workshop.subject(&format!("{libc}: floor, starts itself by {call}"), path), 1, None);
    }
    for Program { libc, path, .. } in &workshop.hooks {
        let mut off = |subject| add(subject, 1, None);
        let hook = |name: &str| workshop.subject(&format!("{libc}: {name}"), path);
        off(hook("off: default"));
        off(hook("off: kill switch").env("DOCGLOW_NO_TELEMETRY", "1"));
        off(hook("off: recorded no").state(RECORDED_NO));
        off(hook("off: docglow.yml").docglow_yml("title: Acme\ntelemetry:\n  enabled: false\n"));
        let reported =
            ["report", "--status", "0", "--duration-ms", "1446", "--", "generate", "--static"];
        off(hook("off: report").args(reported));
        for manner in Manner::ALL {
            let endpoint = Endpoint::start(manner);
            let name = format!("{libc}: on: {}", manner.name());
            add(workshop.on(&name, path, endpoint.url()), 1, Some(endpoint));
        }
    }
    for manner in Manner::ALL {
        let every = match manner {
            Manner::Answering | Manner::Refusing => 10,
            Manner::Slow => 100,
            Manner::Silent | Manner::Dripping => 500,
        };
        let endpoint = Endpoint::start(manner);
        let name = format!("`curl -m 2`: {}", manner.name());
        if let Some(curl) = workshop.curl(&name, endpoint.url()) {
            add(curl, every, Some(endpoint));
        }
    }
    rows
}

fn report(bench: &Bench, rows: &[Row]) {
    let named = |name: &str| rows.iter().find(|row| row.subject.name == name);
    let floor =
        |libc: &str| named(&format!("{libc}: floor")).map(|row| row.sample.median().as_secs_f64());
    let mut table = Table::new(
        "How long the caller waits",
        &["", "runs", "minimum", "p50", "p99", "p50, musl's floor = 1", "p50, glibc's floor = 1"],
    );
    for row in rows {
        let ratio = |floor: Option<f64>| {
            floor.map_or("–".to_owned(), |floor| {
                format!("{:.2}", row.sample.median().as_secs_f64() / floor)
            })
        };
        table.row([
            row.subject.name.clone(),
            row.sample.len().to_string(),
            ms(row.sample.least()),
            ms(row.sample.median()),
            ms(row.sample.percentile(99)),
            ratio(floor("musl")),
            ratio(floor("glibc")),
        ]);
    }
    for Row { subject, endpoint, sample, .. } in rows {
        // An endpoint that refuses the connection counts no requests.
        if let Some(endpoint) = endpoint.as_ref().filter(|endpoint| endpoint.accepts()) {
            table.arrived(&subject.name, sample.len(), endpoint.await_requests(sample.len()));
        }
    }
    table.note(
        "The floor is an empty static C program. The programs that start themselves read standard input and pass it on in a pipe. \
         Runs are interleaved: each round has one run of each program, in a random order. Before each round, the programs are copied \
         again and read from disk, like installed programs.",
    );
    let worst = |prefix: &str| {
        let medians = rows
            .iter()
            .filter(|row| row.subject.name.starts_with(prefix))
            .map(|row| row.sample.median());
        medians.max().unwrap_or_default().as_secs_f64()
    };
    let least = |prefix: &str| {
        let rows = rows.iter().filter(|row| row.subject.name.starts_with(prefix));
        rows.map(|row| row.sample.least()).min().unwrap_or_default().as_secs_f64()
    };
    if !bench.launcher.starts.is_empty() {
        let ratio = least("musl: on: answering") / least("musl: floor, starts itself");
        table.target(
            "musl: on: answering, minimum ≤ 1.3 × the faster floor that starts itself",
            1.3,
            ratio,
        );
    }
    for Program { libc, .. } in &bench.workshop.hooks {
        let against: &[(&str, &str, f64)] = if *libc == "musl" {
            &[("off", "musl", 1.5), ("off", "glibc", 0.55), ("on", "glibc", 0.72)]
        } else {
            &[("off", "glibc", 1.25), ("on", "glibc", 1.7)]
        };
        for (state, other, limit) in against {
            if let Some(floor) = floor(other) {
                let aim = format!("{libc}: {state}, slowest case, ≤ {limit} × {other}'s floor");
                table.target(&aim, *limit, worst(&format!("{libc}: {state}: ")) / floor);
            }
        }
        let p99 = |manner: &str| {
            named(&format!("{libc}: on: {manner}"))
                .map_or(0.0, |row| row.sample.percentile(99).as_secs_f64())
        };
        let aim = format!("{libc}: p99 with a silent endpoint ≤ 1.2 × p99 with an answering one");
        table.target(&aim, 1.2, p99("silent") / p99("answering"));
    }
    table.print();
}
