//! `make report` draws the rows of Postgres's views.

use crate::common::trials;
use crate::postgres::Postgres;
use crate::promises::Receiver;
use crate::questions::{VIEWS, send_sample};
use crate::site::Site;
use crate::{duckdb, readme};
use libtest_mimic::Trial;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

pub fn trials() -> Vec<Trial> {
    trials![
        each_chart_of_the_report_draws_the_rows_of_its_view needs
            ["root", "postgres", "psql", "nginx", "nginx's lua", "altair"],
    ]
}

/// A program that prints the rows in the page by view, and the label of each mark that Vega draws.
const READ_PAGE: &str = r#"
import json, re, sys, vl_convert
page = open(sys.argv[1]).read()
start = "const spec = "
spec, _ = json.JSONDecoder().raw_decode(page, page.index(start) + len(start))
rows = {}
def collect(chart):
    if "data" in chart:
        rows[chart["data"]["name"]] = chart["data"]["values"]
    for part in chart.get("concat", []) + chart.get("layer", []):
        collect(part)
collect(spec)
svg = vl_convert.vegalite_to_svg(spec)
print(json.dumps({"rows": rows, "marks": re.findall('aria-label="([^"]*)" role="graphics-symbol"', svg)}))
"#;

fn each_chart_of_the_report_draws_the_rows_of_its_view() {
    let mut receiver = Postgres::start(Site::new());
    send_sample(&mut receiver);
    receiver.query("CREATE ROLE root LOGIN IN ROLE pg_read_all_data");
    let venv = duckdb::python().parent().and_then(Path::parent).expect("a venv").to_owned();
    let repository = env!("CARGO_MANIFEST_DIR");
    let report = receiver.site().path("report");
    let mut shell = readme::shell(readme::block("report"), &[]);
    for of_another_make in ["MAKEFLAGS", "MFLAGS", "MAKELEVEL"] {
        shell.env_remove(of_another_make);
    }
    // A target of make cannot contain a space, so the path is relative if possible.
    shell.env("REPORT_VENV", venv.strip_prefix(repository).unwrap_or(&venv));
    shell.env("REPORT", &report).env("PGHOST", receiver.site().path("socket"));
    readme::run(shell.current_dir(repository));

    let page = report.with_extension("html");
    let read = readme::run(Command::new(duckdb::python()).args(["-c", READ_PAGE]).arg(&page));
    let drawn: Value = serde_json::from_str(&read).expect("the page's rows");
    let marks = drawn["marks"].as_array().expect("labels");
    for view in VIEWS {
        let statement = format!("SELECT to_json(line) FROM docglow.{view} AS line");
        let rows = receiver.query(&statement);
        assert!(!rows.is_empty(), "{view}");
        assert_eq!(drawn["rows"][view], Value::from(rows.clone()), "{view}");
        for row in rows {
            let is_drawn = marks.iter().any(|mark| shows(mark.as_str().expect("a label"), &row));
            assert!(is_drawn, "{view}: {row} is not in {marks:?}");
        }
    }
    let html = fs::read_to_string(page).expect("the page");
    assert!(!html.contains("<script src=") && !html.contains("<link "), "it needs the network");
    let png = fs::read(report.with_extension("png")).expect("the picture");
    assert!(png.starts_with(b"\x89PNG") && png.len() > 50_000, "{}", png.len());
}

/// Whether a mark's label contains each value of the row. The month is left out, because Vega
/// formats it differently.
fn shows(label: &str, row: &Value) -> bool {
    let shown: Vec<&str> =
        label.split("; ").filter_map(|part| Some(part.rsplit_once(": ")?.1)).collect();
    row.as_object().expect("a row").iter().filter(|(key, _)| *key != "month").all(|(_, value)| {
        match value.as_f64() {
            Some(number) => shown.iter().any(|text| text.parse() == Ok(number)),
            None => shown.contains(&value.as_str().expect("a word")),
        }
    })
}
