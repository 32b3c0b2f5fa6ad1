//! ClickHouse. The hook sends to it directly. The test's server runs ClickHouse's engine, chdb.

use crate::promises::{self, Receiver};
use crate::sender::Sender;
use crate::service::{Service, is_open};
use crate::site::Site;
use crate::{bodies, duckdb, readme};
use libtest_mimic::Trial;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

pub fn trials() -> Vec<Trial> {
    promises::trials::<ClickHouse>(&["chdb"], bodies::refused_by_tables, bodies::stored_by_tables)
}

pub struct ClickHouse {
    service: Service,
    site: Site,
}

impl ClickHouse {
    pub fn query(&self, statement: &str) -> Vec<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.site.port)).expect("the peer");
        let escaped: String = statement.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let request = format!("POST /?query={escaped} HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("a query sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, rows) = answer.split_once("\r\n\r\n").expect("an answer in HTTP");
        assert!(head.starts_with("HTTP/1.0 200 "), "{statement}: {answer}");
        rows.lines().map(|line| serde_json::from_str(line).expect("a row of JSON")).collect()
    }
}

impl Receiver for ClickHouse {
    const NAME: &'static str = "ClickHouse";
    const SMALL_DISK: u32 = 64;
    const REFUSALS_ARE: &'static str = "counted";

    fn start(site: Site) -> ClickHouse {
        let (folder, port) = (site.path("clickhouse"), site.port);
        let command = move || {
            let mut command = Command::new(duckdb::python());
            command.arg(
                Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/receivers/clickhouse/peer.py"),
            );
            command.arg(&folder).arg(port.to_string()).env("TZ", "UTC");
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        for name in ["schema.sql", "questions.sql"] {
            site.install(&format!("clickhouse/{name}"), name, &[]);
        }
        let receiver = ClickHouse { service: Service::start(command, move || is_open(port)), site };
        let set_up = readme::block("clickhouse: set up");
        // The last line creates a user, which chdb does not support.
        let (tables, _user) = set_up.trim_end().rsplit_once('\n').expect("lines");
        let client = [("clickhouse-client --multiquery", "cat".to_owned())];
        let mut shell = readme::shell(tables.to_owned(), &client);
        let statements = readme::run(shell.current_dir(receiver.site.path("")));
        statements
            .split(";\n")
            .filter(|text| !text.trim().is_empty())
            .for_each(|statement| drop(receiver.query(statement)));
        receiver
    }

    fn site(&self) -> &Site {
        &self.site
    }

    fn refusals(&self) -> usize {
        let client = [("clickhouse-client --query=", "printf %s ".to_owned())];
        let block = readme::block("clickhouse: refused events");
        let rows = self.query(&readme::run(&mut readme::shell(block, &client)));
        rows.first().map_or(0, |row| row["value"].as_u64().expect("a number") as usize)
    }

    fn sender(&self) -> Sender {
        let insert = "INSERT%20INTO%20docglow.inbox%20FORMAT%20JSONEachRow";
        Sender::to(
            format!("http://127.0.0.1:{}/?user=docglow&query={insert}", self.site.port),
            None,
        )
    }

    fn rows(&self) -> Vec<Value> {
        self.query("SELECT * FROM docglow.event")
    }

    fn server(&mut self) -> &mut Service {
        &mut self.service
    }

    fn add_adapter(&mut self, name: &str) {
        let statement = "INSERT INTO docglow.adapter VALUES ('…')";
        self.query(&readme::statement(statement).replace('…', name));
    }

    fn age(&mut self, instance_id: &str, days: u64) {
        let mine =
            format!("instance_id = '{instance_id}' AND received_at > now() - INTERVAL 1 DAY");
        self.query(&format!(
            "INSERT INTO docglow.event ({COLUMNS}, received_at) SETTINGS insert_allow_materialized_columns = 1 \
             SELECT {COLUMNS}, now() - INTERVAL {days} DAY FROM docglow.event WHERE {mine}"
        ));
        self.query(&format!(
            "ALTER TABLE docglow.event DELETE WHERE {mine} SETTINGS mutations_sync = 2"
        ));
    }

    /// Applies the table's time to live, as ClickHouse does by itself after a while.
    fn purge(&mut self) {
        self.query("OPTIMIZE TABLE docglow.event FINAL");
    }

    fn forget(&mut self, instance_id: &str) {
        let client = [("clickhouse-client --query=", "printf %s ".to_owned())];
        let block = readme::block_for("clickhouse: forget an id", instance_id);
        self.query(&readme::run(&mut readme::shell(block, &client)));
    }

    fn installs(&self) -> Vec<(String, u64)> {
        let last_month = "month = toStartOfMonth(now() - INTERVAL 1 MONTH)";
        let rows = self.query(&format!("SELECT * FROM docglow.adapters WHERE {last_month}"));
        rows.iter().map(promises::install).collect()
    }
}

const COLUMNS: &str = "schema_version, instance_id, command, result, duration_ms, docglow_version, python_version, platform, \
                       adapter_type, project_shape, features_used";
