//! The size of the binary.

use std::fs;
use std::path::Path;

use crate::Bench;
use crate::subject::which;
use crate::table::{Table, grouped};

pub fn measure(bench: &Bench) {
    let bytes = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
    let mut table = Table::new("Size", &["", "bytes"]);
    for hook in &bench.workshop.hooks {
        table.row([format!("{}: the hook", hook.libc), grouped(bytes(&hook.path))]);
    }
    for floor in &bench.launcher.floors {
        table.row([
            format!("{}: an empty static C program", floor.libc),
            grouped(bytes(&floor.path)),
        ]);
    }
    if let Some(curl) = which("curl") {
        table.row(["curl, without its libraries".to_owned(), grouped(bytes(&curl))]);
    }
    for hook in &bench.workshop.hooks {
        let limit = if hook.libc == "musl" { 1.5 } else { 2.4 };
        table.target(
            &format!("{} ≤ {limit} MB, in MB", hook.libc),
            limit,
            bytes(&hook.path) as f64 / 1e6,
        );
    }
    table.print();
}
