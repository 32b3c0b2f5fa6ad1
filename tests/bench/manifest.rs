//! How long counting takes in dbt manifests of different sizes.

use std::fmt::Write;
use std::fs;
use std::process::Stdio;

use crate::Bench;
use crate::launcher::Usage;
use crate::subject::{Subject, which};
use crate::table::{Table, mib, ms};

const SEED: u64 = 20_260_101;

/// Reads the manifest as docglow does.
const JSON_LOAD: &str = "import json,sys; json.load(open(sys.argv[1], encoding='utf-8'))";

pub fn measure(bench: &Bench) {
    let workshop = &bench.workshop;
    let mut table = Table::new(
        "Counting in a manifest",
        &["", "hook", "hook's memory", "CPython's `json.load`", "CPython's memory", "times faster"],
    );
    let event = workshop.write("bare.json", r#"{"command":"generate","result":"success"}"#);
    let off =
        workshop.subject("no manifest", workshop.hook()).args(["preview"]).stdin(event.clone());
    let start = bench.launcher.typical(&off, bench.effort.few).0.wall;
    for &megabytes in bench.effort.manifests {
        let name = format!("{megabytes} MB");
        let (manifest, models) = Generator::new(SEED).manifest(megabytes * 1_000_000);
        let path = workshop.write(&format!("target-{megabytes}/manifest.json"), manifest);
        let hook = workshop.subject(&name, workshop.hook()).args(["preview", "--target-dir"]);
        let hook = hook.args([path.parent().expect("a folder")]).stdin(event.clone());
        let counted = preview(&hook).contains(&format!(r#""models":{models},"#));
        let used = bench.launcher.typical(&hook, 3).0;
        let python = which("python3").map(|python| {
            workshop.subject("json.load", python).args(["-c", JSON_LOAD]).args([&path])
        });
        let python = python.map(|python| bench.launcher.typical(&python, 3).0);
        let reading = used.wall.saturating_sub(start);
        let ratio = python.map(|python| python.wall.as_secs_f64() / used.wall.as_secs_f64());
        let shown = |show: fn(Usage) -> String| python.map_or("–".to_owned(), show);
        table.row([
            name.clone(),
            if counted { ms(used.wall) } else { format!("{}, **gave up**", ms(used.wall)) },
            mib(used.peak_bytes),
            shown(|usage| ms(usage.wall)),
            shown(|usage| mib(usage.peak_bytes)),
            ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.1}")),
        ]);
        if megabytes == 100 {
            table.target("100 MB in ≤ 0.4 s, in s", 0.4, reading.as_secs_f64());
            if let Some(ratio) = ratio {
                table.target("or in ≤ 1/5 of `json.load`'s time", 0.2, 1.0 / ratio);
            }
            table.target("in ≤ 4 MiB", 4.0, used.peak_bytes as f64 / f64::from(1 << 20));
        }
        fs::remove_file(path).expect("the manifest's end");
    }
    table.note(format!(
        "Manifests are generated with the seed {SEED}. `preview --target-dir` reads them; starting it takes {}.",
        ms(start)
    ));
    table.print();
}

fn preview(hook: &Subject) -> String {
    let output = hook.command().stdout(Stdio::piped()).output().expect("preview");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The generator xorshift64, so that the manifest is the same on every machine.
struct Generator(u64);

impl Generator {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    /// A manifest of about this many bytes, and its number of models.
    fn manifest(mut self, bytes: u64) -> (String, u64) {
        let mut text = String::with_capacity(bytes as usize + 8192);
        text.push_str(
            r#"{"metadata": {"dbt_schema_version": "v12", "adapter_type": "duckdb"}, "nodes": {"#,
        );
        let (mut models, mut number) = (0, 0);
        while (text.len() as u64) < bytes * 9 / 10 {
            let kind = ["model", "model", "test", "test", "test", "seed", "snapshot"]
                [self.next(7) as usize];
            models += u64::from(kind == "model");
            self.node(&mut text, kind, number);
            number += 1;
        }
        text.push_str(r#"}, "sources": {"#);
        self.members(&mut text, "source", bytes * 19 / 20);
        text.push_str(r#"}, "macros": {"#);
        self.members(&mut text, "macro", bytes);
        text.push_str(r#"}, "docs": {}, "exposures": {}}"#);
        (text, models)
    }

    fn node(&mut self, text: &mut String, kind: &str, number: usize) {
        let comma = if number == 0 { "" } else { ", " };
        let written = write!(
            text,
            r#"{comma}"{kind}.shop.{kind}_{number}": {{"database": "shop", "schema": "main", "name": "{kind}_{number}", "resource_type": "{kind}", "tags": ["daily", "é"], "description": "A \"{kind}\" of\nthe shop", "columns": {{"#
        );
        written.expect("a string takes it");
        for column in 0..self.next(20) {
            let comma = if column == 0 { "" } else { ", " };
            let written = write!(
                text,
                r#"{comma}"column_{column}": {{"name": "column_{column}", "description": "", "meta": {{}}, "data_type": null, "constraints": []}}"#
            );
            written.expect("a string takes it");
        }
        text.push_str(r#"}, "raw_code": ""#);
        for _ in 0..self.next(60) {
            text.push_str(r#"select a, b from {{ ref(\"orders\") }} where c > 1.5\n"#);
        }
        let written = write!(
            text,
            r#"", "depends_on": {{"nodes": [], "macros": []}}, "created_at": {}.5}}"#,
            self.next(1 << 31)
        );
        written.expect("a string takes it");
    }

    fn members(&mut self, text: &mut String, kind: &str, until: u64) {
        for number in 0.. {
            if text.len() as u64 >= until {
                return;
            }
            let comma = if number == 0 { "" } else { ", " };
            let weight = self.next(1000);
            let written = write!(
                text,
                r#"{comma}"{kind}.shop.{number}": {{"name": "{kind}_{number}", "resource_type": "{kind}", "weight": {weight}, "code": "{{% {kind} %}}\n"}}"#
            );
            written.expect("a string takes it");
        }
    }
}
