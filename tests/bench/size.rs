//! How large the binary is.

use std::fs;
use std::path::Path;

use crate::Bench;
use crate::subject::which;
use crate::table::{Table, grouped};

/// 2.4 MB.
const LIMIT_BYTES: f64 = 2.4e6;

pub fn measure(bench: &Bench) {
    let bytes = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
    let mut table = Table::new("Size", &["", "bytes"]);
    table.row(["the hook".to_owned(), grouped(bytes(&bench.workshop.hook))]);
    table.row(["a static C program that does nothing".to_owned(), grouped(bytes(&bench.launcher.floor))]);
    if let Some(curl) = which("curl") {
        table.row(["curl, without its libraries".to_owned(), grouped(bytes(&curl))]);
    }
    table.target("≤ 2.4 MB, in MB", LIMIT_BYTES / 1e6, bytes(&bench.workshop.hook) as f64 / 1e6);
    table.print();
}
