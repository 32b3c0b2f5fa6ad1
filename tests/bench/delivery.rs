//! How many events arrive, and the cost of each one for the machine.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Bench;
use crate::endpoint::{Endpoint, Manner};
use crate::subject::Subject;
use crate::table::{Table, ms};

/// No sender lives longer.
const PATIENCE: Duration = Duration::from_secs(3);

pub fn measure(bench: &Bench) {
    let workshop = &bench.workshop;
    let mut table = Table::new(
        "Delivery, from one caller in a loop",
        &[
            "",
            "events",
            "delivered",
            "delivered per second",
            "caller's CPU time",
            "sender's CPU time",
        ],
    );
    let endpoint = Endpoint::start(Manner::Answering);
    let hook = workshop.hook_on("on", endpoint.url());
    let wait = workshop.hook_on("on, --wait", endpoint.url()).args(["--wait"]);
    for subject in [hook, wait].into_iter().chain(workshop.curl("curl", endpoint.url())) {
        let (caller, sender) = bench.launcher.typical(&subject, bench.effort.few);
        let (delivered, rate) = throughput(&subject, &endpoint, bench.effort.events);
        let sender =
            if sender.processor.is_zero() { "–".to_owned() } else { ms(sender.processor) };
        table.arrived(&subject.name, bench.effort.events, delivered);
        table.row([
            subject.name.clone(),
            bench.effort.events.to_string(),
            delivered.to_string(),
            format!("{rate:.0}"),
            ms(caller.processor),
            sender,
        ]);
    }
    table.note("CPU time is the median of single events. With `--wait`, the caller's time includes its sender's.");
    table.print();
}

fn throughput(subject: &Subject, endpoint: &Endpoint, events: usize) -> (usize, f64) {
    let before = endpoint.requests();
    let start = Instant::now();
    for _ in 0..events {
        subject.time();
    }
    let mut last = (endpoint.requests(), Instant::now());
    let give_up = Instant::now() + PATIENCE;
    while last.0 < before + events && Instant::now() < give_up {
        sleep(Duration::from_millis(1));
        let arrived = endpoint.requests();
        if arrived > last.0 {
            last = (arrived, Instant::now());
        }
    }
    let delivered = last.0 - before;
    (delivered, delivered as f64 / (last.1 - start).as_secs_f64())
}
