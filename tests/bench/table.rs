//! Tables in Markdown.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Whether a row does not count, because its events did not arrive.
static HAS_FAILED: AtomicBool = AtomicBool::new(false);

pub fn has_failed() -> bool {
    HAS_FAILED.load(Ordering::Relaxed)
}

pub struct Table {
    title: &'static str,
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
}

impl Table {
    pub fn new(title: &'static str, header: &[&'static str]) -> Self {
        Self { title, header: header.to_vec(), rows: Vec::new(), notes: Vec::new() }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// A line below the table.
    pub fn note(&mut self, line: impl Into<String>) {
        self.notes.push(line.into());
    }

    /// A line below the table with the target, the measured value, and whether the target is met.
    pub fn target(&mut self, aim: &str, limit: f64, measured: f64) {
        let verdict = if measured <= limit { "met" } else { "**missed**" };
        self.note(format!("Target: {aim}: {measured:.2}, {verdict}."));
    }

    /// Fails unless as many events arrived as were sent: a program that only returns is fast.
    pub fn arrived(&mut self, name: &str, sent: usize, arrived: usize) {
        if arrived < sent {
            HAS_FAILED.store(true, Ordering::Relaxed);
            self.note(format!("**Failed**: {name}: {arrived} of {sent} events arrived."));
        }
    }

    pub fn print(&self) {
        println!("\n### {}\n", self.title);
        println!("| {} |", self.header.join(" | "));
        let rules: Vec<_> =
            (0..self.header.len()).map(|column| if column == 0 { "---" } else { "---:" }).collect();
        println!("| {} |", rules.join(" | "));
        for row in &self.rows {
            println!("| {} |", row.join(" | "));
        }
        for note in &self.notes {
            println!("\n{note}");
        }
    }
}

/// A time in milliseconds, with a precision that suits a process's start.
pub fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

pub fn mib(bytes: u64) -> String {
    format!("{:.2} MiB", bytes as f64 / f64::from(1 << 20))
}

/// An integer with separated thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
