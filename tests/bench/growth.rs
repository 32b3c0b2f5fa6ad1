//! How the caller's time grows with the size of its input.

use std::thread::sleep;

use crate::Bench;
use crate::caller::REST;
use crate::endpoint::{Endpoint, Manner};
use crate::sample::Sample;
use crate::subject::{Subject, event};
use crate::table::{Table, ms};

const SIZES: [(&str, usize); 5] = [
    ("1 kB", 1000),
    ("10 kB", 10_000),
    ("100 kB", 100_000),
    ("500 kB", 500_000),
    ("1 MiB", 1 << 20),
];

pub fn measure(bench: &Bench) {
    let workshop = &bench.workshop;
    let hook =
        |name: &str, size: &str| workshop.subject(&format!("{name} {size}"), workshop.hook());
    let mut table = Table::new(
        "Growth: the caller's time, p50",
        &["", "event, off", "event, on", "docglow.yml, off", "docglow.yml, off by kill switch"],
    );
    let endpoint = Endpoint::start(Manner::Answering);
    let runs = bench.effort.few * 2;
    for (name, bytes) in SIZES {
        let event = workshop.write(&format!("event-{bytes}.json"), event(bytes));
        let off = hook("event off", name).stdin(event.clone());
        let on = workshop.hook_on(&format!("event on {name}"), endpoint.url()).stdin(event);
        let project = hook("project", name).docglow_yml(&docglow_yml(bytes));
        let killed =
            hook("killed", name).docglow_yml(&docglow_yml(bytes)).env("DOCGLOW_NO_TELEMETRY", "1");
        let times = [off, on, project, killed].map(|subject| ms(median(&subject, runs)));
        table.row([name.to_owned()].into_iter().chain(times));
    }
    let sent = runs * SIZES.len();
    table.arrived("event, on", sent, endpoint.await_requests(sent));
    table.print();
}

fn median(subject: &Subject, runs: usize) -> std::time::Duration {
    let mut sample = Sample::default();
    for _ in 0..runs {
        sample.add(subject.time());
        sleep(REST);
    }
    sample.median()
}

/// A typical docglow.yml of this size, which turns telemetry off.
fn docglow_yml(bytes: usize) -> String {
    let mut yaml = String::from("title: Acme\ntelemetry:\n  enabled: false\nsections:\n");
    let mut number = 0;
    loop {
        let section = format!(
            "  - name: section_{number}\n    description: \"What section {number} is about\"\n    tags:\n      - a\n      - b\n"
        );
        if yaml.len() + section.len() > bytes {
            return yaml;
        }
        yaml.push_str(&section);
        number += 1;
    }
}
