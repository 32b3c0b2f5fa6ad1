//! Promises of the README about Postgres or ClickHouse only.

use crate::bodies;
use crate::clickhouse::ClickHouse;
use crate::common::trials;
use crate::postgres::{Postgres, SERVERS, SERVERS_AND_CURL};
use crate::promises::Receiver;
use crate::readme;
use crate::site::Site;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::fs;

pub fn trials() -> Vec<Trial> {
    trials![
        an_address_that_posts_too_often_gets_429_and_is_not_logged needs SERVERS_AND_CURL,
        the_anonymous_role_of_postgrest_stores_an_event_and_cannot_read needs SERVERS,
        the_sender_of_an_event_is_stored needs SERVERS_AND_CURL,
        schema_version_2_is_stored_beside_version_1 needs SERVERS_AND_CURL,
        a_backup_has_the_events_and_the_roll_up needs SERVERS_AND_CURL,
        clickhouse_parses_the_statements_about_the_user needs ["chdb"],
        a_request_to_clickhouse_may_contain_several_rows needs ["chdb", "curl"],
        a_key_that_is_missing_in_clickhouse_is_0_or_refused needs ["chdb", "curl"],
    ]
}

fn an_address_that_posts_too_often_gets_429_and_is_not_logged() {
    let receiver = Postgres::with_limit(Site::new(), "rate=1r/m", "burst=2");
    let statuses = [(); 5].map(|()| receiver.sender().post(bodies::GOOD.as_bytes()));
    assert_eq!(statuses, [204, 204, 204, 429, 429]);
    assert_eq!(receiver.rows().len(), 3);
    let logs = ["docglow.log", "error.log"].map(|name| receiver.site().path(name));
    let text = logs.map(|log| fs::read_to_string(log).expect("a log")).concat();
    assert_eq!(text.matches(" 429 ").count(), 2, "{text}");
    assert!(!text.contains("127.0.0.1"), "{text}");
}

/// PostgREST passes the body as `json` and answers SQLSTATE `PT422` with status 422.
fn the_anonymous_role_of_postgrest_stores_an_event_and_cannot_read() {
    let receiver = Postgres::start(Site::new());
    let call = |body: &str| {
        let body = body.replace('\'', "''");
        let statement = format!("SET ROLE anon; SELECT docglow.store('{body}'::json)");
        receiver.psql("postgres", &["--command", &statement]).output().expect("psql")
    };
    assert!(call(bodies::GOOD).status.success());
    assert_eq!(receiver.rows(), [bodies::payload(bodies::GOOD)]);
    for (wrong, body) in bodies::refused_by_tables() {
        let output = call(&body);
        assert!(!output.status.success(), "{wrong}");
        let message = String::from_utf8_lossy(&output.stderr);
        let is_json = serde_json::from_str::<Value>(&body).is_ok();
        let expected = "ERROR:  not an event of docglow-telemetry";
        assert!(!is_json || message.starts_with(expected), "{wrong}: {message}");
    }
    for statement in ["SELECT * FROM docglow.event", "SELECT docglow.purge()"] {
        let statement = format!("SET ROLE anon; {statement}");
        let output = receiver.psql("postgres", &["--command", &statement]).output().expect("psql");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.contains("permission denied"), "{statement}: {message}");
    }
    assert_eq!(receiver.rows().len(), 1);
}

fn the_sender_of_an_event_is_stored() {
    let receiver = Postgres::start(Site::new());
    let sender = receiver.sender();
    let file = bodies::fixtures_folder().join("payloads.jsonl");
    let by_docglow = fs::read_to_string(file).expect("docglow's payloads");
    for line in by_docglow.lines() {
        assert_eq!(sender.post(line.as_bytes()), 204);
    }
    assert!(sender.send(crate::common::EVENT));
    let rows = receiver.query("SELECT to_json(sender) FROM docglow.event ORDER BY received_at");
    let docglow = by_docglow.lines().map(|_| json!("docglow"));
    assert_eq!(rows, docglow.chain([json!("docglow-telemetry")]).collect::<Vec<_>>());
}

fn schema_version_2_is_stored_beside_version_1() {
    let receiver = Postgres::start(Site::new());
    let sender = receiver.sender();
    let with = |version: &str| {
        let key = format!(r#""schema_version":2,"dbt_version":"{version}""#);
        bodies::GOOD.replace(r#""schema_version":1"#, &key)
    };
    assert_eq!(sender.post(with("1.10.2").as_bytes()), 422);
    assert_eq!(sender.post(bodies::GOOD.as_bytes()), 204);
    receiver.run_block(readme::block("postgres: accept schema version 2"));
    assert_eq!(sender.post(with("1.10.2").as_bytes()), 204);
    assert_eq!(sender.post(with("acme").as_bytes()), 422);
    assert_eq!(sender.post(bodies::GOOD.as_bytes()), 204);
    let rows = receiver.query(
        "SELECT jsonb_build_array(schema_version, dbt_version) FROM docglow.event ORDER BY received_at",
    );
    assert_eq!(rows, [json!([1, null]), json!([2, "1.10.2"]), json!([1, null])]);
}

fn a_backup_has_the_events_and_the_roll_up() {
    let mut receiver = Postgres::start(Site::new());
    let sender = receiver.sender();
    let id = crate::promises::ids()[0].clone();
    sender.be(&id);
    assert!(sender.send(crate::common::EVENT));
    receiver.age(&id, 2);
    receiver.purge();
    let tables = "SELECT jsonb_build_array((SELECT jsonb_agg(event) FROM docglow.event), \
                  (SELECT jsonb_agg(daily_use) FROM docglow.daily_use))";
    let before = receiver.query(tables);
    let socket = receiver.site().path("socket");
    let folder = socket.to_str().expect("a path");
    let run = |block: String| receiver.run_block(block.replace("/var/backups/docglow", folder));
    run(readme::block("postgres: back up"));
    run("dropdb --force docglow".to_owned());
    run(readme::block("postgres: restore"));
    assert_eq!(receiver.query(tables), before);
    assert_eq!(sender.post(bodies::GOOD.as_bytes()), 204);
}

fn clickhouse_parses_the_statements_about_the_user() {
    let receiver = ClickHouse::start(Site::new());
    let file = receiver.site().install("clickhouse/user.sql", "user.sql", &[]);
    let text = fs::read_to_string(file).expect("statements");
    let statements: Vec<_> = text.trim().split_terminator(";").collect();
    assert!(statements.len() >= 3, "{text}");
    for statement in statements {
        let rows = receiver.query(&format!("SELECT formatQuery($${statement}$$) AS text"));
        assert_eq!(rows.len(), 1, "{statement}");
    }
}

fn a_request_to_clickhouse_may_contain_several_rows() {
    let receiver = ClickHouse::start(Site::new());
    let body = format!("{}\n{}", bodies::GOOD, bodies::GOOD.replace("duckdb", "trino"));
    assert_eq!(receiver.sender().post(body.as_bytes()), 200);
    assert_eq!(receiver.rows().len(), 2);
}

fn a_key_that_is_missing_in_clickhouse_is_0_or_refused() {
    let receiver = ClickHouse::start(Site::new());
    let without_word = bodies::GOOD.replace(r#""platform":"linux","#, "");
    assert_eq!(receiver.sender().post(without_word.as_bytes()), 400);
    assert!(receiver.rows().is_empty());
    let without_number = bodies::GOOD.replace(r#""duration_ms":1446,"#, "");
    assert_eq!(receiver.sender().post(without_number.as_bytes()), 200);
    assert_eq!(receiver.rows(), [bodies::payload(&bodies::GOOD.replace("1446", "0"))]);
}
