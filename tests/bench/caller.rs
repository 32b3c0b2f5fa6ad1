//! How long the caller waits.

use std::thread::sleep;
use std::time::Duration;

use crate::Bench;
use crate::endpoint::{Endpoint, Manner};
use crate::sample::Sample;
use crate::subject::Subject;
use crate::table::{Table, ms};

/// After each run, so that what one started is not in the next one's way.
pub const REST: Duration = Duration::from_millis(3);

const RECORDED_NO: &str = r#"{"version": 1, "consent": "no", "consent_recorded_at": "2026-01-01T00:00:00Z"}"#;

struct Row {
    subject: Subject,
    /// Of how many rounds it takes part in one.
    every: usize,
    sample: Sample,
}

pub fn measure(bench: &Bench) {
    let endpoints = Manner::ALL.map(|manner| (manner, Endpoint::start(manner)));
    let mut rows = rows(bench, &endpoints);
    for round in 0..bench.effort.runs {
        for row in rows.iter_mut().filter(|row| round % row.every == 0) {
            row.sample.add(row.subject.time());
            sleep(REST);
        }
    }
    report(&rows);
}

fn rows(bench: &Bench, endpoints: &[(Manner, Endpoint)]) -> Vec<Row> {
    let workshop = &bench.workshop;
    let hook = |name| workshop.subject(name, &workshop.hook);
    let mut rows = Vec::new();
    let mut add = |subject, every| rows.push(Row { subject, every, sample: Sample::default() });
    add(workshop.subject("floor", &bench.launcher.floor), 1);
    add(hook("off: default"), 1);
    add(hook("off: kill switch").env("DOCGLOW_NO_TELEMETRY", "1"), 1);
    add(hook("off: recorded no").state(RECORDED_NO), 1);
    add(hook("off: docglow.yml").docglow_yml("title: Acme\ntelemetry:\n  enabled: false\n"), 1);
    for (manner, endpoint) in endpoints {
        add(workshop.hook_on(&format!("on: {}", manner.name()), endpoint.url()), 1);
    }
    for (manner, endpoint) in endpoints {
        let every = match manner {
            Manner::Answering | Manner::Refusing => 10,
            Manner::Slow => 100,
            Manner::Silent | Manner::Dripping => 500,
        };
        if let Some(curl) = workshop.curl(&format!("`curl -m 2`: {}", manner.name()), endpoint.url()) {
            add(curl, every);
        }
    }
    rows
}

fn report(rows: &[Row]) {
    let floor = rows[0].sample.median().as_secs_f64();
    let ratio = |row: &Row| row.sample.median().as_secs_f64() / floor;
    let mut table = Table::new("How long the caller waits", &["", "runs", "p10", "p50", "p99", "p50, floor = 1"]);
    for row in rows {
        table.row([
            row.subject.name.clone(),
            row.sample.len().to_string(),
            ms(row.sample.percentile(10)),
            ms(row.sample.median()),
            ms(row.sample.percentile(99)),
            format!("{:.2}", ratio(row)),
        ]);
    }
    let named = |name: &str| rows.iter().find(|row| row.subject.name == name).expect("a row of the table");
    let worst =
        |prefix: &str| rows.iter().filter(|row| row.subject.name.starts_with(prefix)).map(ratio).fold(0.0, f64::max);
    table.note(
        "The floor is a static C program that does nothing. Runs are interleaved: a round has one of each. Both programs were \
         read from disk before, as installed ones are.",
    );
    table.target("off ≤ 1.25 × the floor, the slowest way of being off", 1.25, worst("off: "));
    table.target("on ≤ 1.7 × the floor, with the least helpful endpoint", 1.7, worst("on: "));
    let p99 = |name| named(name).sample.percentile(99).as_secs_f64();
    table.target(
        "p99 with a silent endpoint ≤ 1.2 × p99 with an answering one",
        1.2,
        p99("on: silent") / p99("on: answering"),
    );
    table.print();
}
