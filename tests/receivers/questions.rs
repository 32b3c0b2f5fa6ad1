//! The views of Postgres and ClickHouse that answer questions: both give the same answers, and
//! fast.

use crate::clickhouse::ClickHouse;
use crate::common::trials;
use crate::postgres::{Postgres, SERVERS};
use crate::promises::{Receiver, day_of_month, ids};
use crate::site::Site;
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub const VIEWS: [&str; 7] = [
    "adapters",
    "project_sizes",
    "generate_durations",
    "python_versions",
    "docglow_versions",
    "errors",
    "features",
];

pub fn trials() -> Vec<Trial> {
    trials![
        postgres_answers_each_question needs SERVERS,
        clickhouse_answers_each_question needs ["chdb"],
        postgres_answers_100_000_events_within_two_seconds_of_cpu_time needs
            ["Linux", "root", "postgres", "psql", "nginx", "nginx's lua"],
    ]
}

fn postgres_answers_each_question() {
    let mut receiver = Postgres::start(Site::new());
    send_sample(&mut receiver);
    for (view, expected) in answers() {
        let rows = receiver.query(&format!("SELECT to_jsonb(line) FROM docglow.{view} AS line"));
        assert_answer(view, rows, expected);
    }
}

fn clickhouse_answers_each_question() {
    let mut receiver = ClickHouse::start(Site::new());
    send_sample(&mut receiver);
    for (view, mut expected) in answers() {
        for row in &mut expected {
            row.as_object_mut().expect("a row").remove("sender");
        }
        assert_answer(view, receiver.query(&format!("SELECT * FROM docglow.{view}")), expected);
    }
}

/// Sends events of two installs on two days of last month, and of a CI job.
pub fn send_sample(receiver: &mut impl Receiver) {
    let [first, second, ci, _] = ids();
    let last_day = day_of_month();
    let sample = [
        (&first, last_day + 1, ("0.9.0", "3.10.4", "duckdb", 10, 1000, "success", "static")),
        (&first, last_day, ("0.9.2", "3.11.1", "duckdb", 12, 2000, "success", "slim")),
        (&second, last_day + 1, ("0.9.2", "3.11.2", "snowflake", 112, 4000, "success", "static")),
        (&second, last_day, ("0.9.2", "3.11.2", "snowflake", 112, 50, "error", "static")),
        (&ci, last_day, ("0.9.2", "3.12.0", "trino", 9, 3000, "success", "profiling")),
    ];
    for (id, age, (version, python, adapter, models, duration, result, feature)) in sample {
        let sender = receiver.sender();
        sender.be(id);
        let event = json!({
            "command": "generate", "result": result, "duration_ms": duration,
            "docglow_version": version, "python_version": python, "adapter_type": adapter,
            "project_shape": {"models": models}, "features_used": [feature],
        });
        assert!(sender.send(event.to_string()));
        receiver.age(id, age);
    }
}

/// The expected rows of each view, without the month.
fn answers() -> [(&'static str, Vec<Value>); 7] {
    let size = |measure: &str, [p10, p50, p90, p99]: [u64; 4]| {
        let mut row = json!({"measure": measure, "installs": 2});
        merge(&mut row, json!({"p10": p10, "p50": p50, "p90": p90, "p99": p99}));
        row
    };
    let duration = |version: &str, runs: u64, [p50, p90, p99]: [u64; 3]| {
        let mut row = json!({"sender": "docglow-telemetry", "docglow_version": version});
        merge(&mut row, json!({"runs": runs, "p50_ms": p50, "p90_ms": p90, "p99_ms": p99}));
        row
    };
    let errors = |version: &str, events: u64, errors: u64, percent: f64| {
        let mut row = json!({"docglow_version": version, "command": "generate"});
        merge(&mut row, json!({"events": events, "errors": errors, "percent": percent}));
        row
    };
    let feature = |feature: &str, installs: u64, percent: f64| {
        let mut row = json!({"command": "generate", "feature": feature});
        merge(&mut row, json!({"installs": installs, "percent": percent}));
        row
    };
    [
        (
            "adapters",
            ["duckdb", "snowflake"].map(|name| json!({"adapter": name, "installs": 1})).to_vec(),
        ),
        (
            "project_sizes",
            vec![
                size("macros", [0; 4]),
                size("models", [22, 62, 102, 111]),
                size("seeds", [0; 4]),
                size("sources", [0; 4]),
                size("tests", [0; 4]),
            ],
        ),
        (
            "generate_durations",
            vec![duration("0.9.0", 1, [1000; 3]), duration("0.9.2", 3, [3000, 3800, 3980])],
        ),
        (
            "python_versions",
            vec![
                json!({"python": "3.10", "installs": 1}),
                json!({"python": "3.11", "installs": 2}),
            ],
        ),
        (
            "docglow_versions",
            vec![
                json!({"docglow_version": "0.9.0", "installs": 1}),
                json!({"docglow_version": "0.9.2", "installs": 2}),
            ],
        ),
        ("errors", vec![errors("0.9.0", 1, 0, 0.0), errors("0.9.2", 4, 1, 25.0)]),
        ("features", vec![feature("static", 2, 100.0), feature("slim", 1, 50.0)]),
    ]
}

fn merge(row: &mut Value, mut more: Value) {
    row.as_object_mut().expect("a row").append(more.as_object_mut().expect("a row"));
}

#[track_caller]
fn assert_answer(view: &str, mut rows: Vec<Value>, mut expected: Vec<Value>) {
    rows.iter_mut().for_each(|row| drop(row.as_object_mut().expect("a row").remove("month")));
    rows.iter_mut().chain(&mut expected).for_each(numbers_as_floats);
    assert_eq!(rows, expected, "{view}");
}

/// Makes numbers comparable: Postgres writes 100.0, and ClickHouse writes 100.
fn numbers_as_floats(row: &mut Value) {
    for value in row.as_object_mut().expect("a row").values_mut() {
        if let Some(number) = value.as_f64() {
            *value = json!(number);
        }
    }
}

/// A statement that returns the user and system time of the server's process for this session, in
/// hundredths of a second.
const CPU_TIME: &str = "SELECT split_part(stat, ' ', 14)::integer + split_part(stat, ' ', 15)::integer \
                        FROM pg_read_file('/proc/self/stat') AS stat";

fn postgres_answers_100_000_events_within_two_seconds_of_cpu_time() {
    let receiver = with_100_000_events();
    assert_eq!(receiver.query("SELECT count(*) FROM docglow.event"), [json!(100_000)]);
    for view in VIEWS {
        let mut psql =
            receiver.psql("postgres", &["-c", "SET max_parallel_workers_per_gather = 0"]);
        let read = format!("SELECT json_agg(line) FROM docglow.{view} AS line");
        let output = crate::readme::run(psql.args(["-c", CPU_TIME, "-c", &read, "-c", CPU_TIME]));
        let (before, rest) = output.split_once('\n').expect("a time");
        let (rows, after) = rest.trim_end().rsplit_once('\n').expect("rows and a time");
        let time = |text: &str| text.parse::<u32>().expect("a time");
        let rows: Vec<Value> = serde_json::from_str(rows).expect("rows");
        assert!(rows.len() > 3, "{view}: {rows:?}");
        assert!(time(after) - time(before) < 200, "{view}: {output}");
    }
}

/// A receiver with the events of `synthetic.sql`.
pub fn with_100_000_events() -> Postgres {
    let receiver = Postgres::start(Site::new());
    receiver.site().install("postgres/synthetic.sql", "synthetic.sql", &[]);
    let load = "psql --quiet --dbname=docglow --set=ON_ERROR_STOP=1 --file=synthetic.sql";
    receiver.run_block(load.to_owned());
    receiver
}
