//! Postgres's roll-up of 100,000 events: it outlives the events, and has no ids.

use crate::common::trials;
use crate::postgres::{Postgres, SERVERS};
use crate::promises::Receiver;
use crate::questions::with_100_000_events;
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn trials() -> Vec<Trial> {
    trials![
        the_roll_up_survives_the_purge needs SERVERS,
        a_deleted_id_leaves_no_row_and_changes_the_roll_up_by_its_share_at_most needs SERVERS,
    ]
}

/// The events of each day that has ended, by day.
const EVENTS: &str = "SELECT jsonb_object_agg(day, events) FROM (SELECT day, count(*) AS events \
                      FROM docglow.event_by_day WHERE day < (now() AT TIME ZONE 'UTC')::date \
                      GROUP BY day ORDER BY day) AS daily";
const ROLLED_UP: &str = "SELECT jsonb_object_agg(day, events) FROM (SELECT day, sum(events) AS events \
                         FROM docglow.daily_run GROUP BY day ORDER BY day) AS daily";
const BOTH: &str = "SELECT jsonb_build_array((SELECT jsonb_agg(line ORDER BY line) FROM docglow.daily_use AS line), \
                    (SELECT jsonb_agg(line ORDER BY line) FROM docglow.daily_run AS line))";

fn the_roll_up_survives_the_purge() {
    let mut receiver = with_100_000_events();
    let before = receiver.query(EVENTS);
    assert!(before[0].as_object().expect("days").len() > 450, "{before:?}");
    receiver.purge();
    assert_eq!(receiver.query(ROLLED_UP), before);
    let old = "SELECT count(*) FROM docglow.event WHERE received_at < now() - interval '365 days'";
    assert_eq!(receiver.query(old), [json!(0)]);
    for topic in ["adapter", "docglow", "platform", "python", "models, at most"] {
        let differing = format!(
            "SELECT count(*) FROM (SELECT day, sum(events) AS events FROM docglow.daily_use \
             WHERE topic = '{topic}' GROUP BY day) AS used \
             FULL JOIN (SELECT day, sum(events) AS events FROM docglow.daily_run GROUP BY day) AS run \
             USING (day) WHERE used.events IS DISTINCT FROM run.events"
        );
        assert_eq!(receiver.query(&differing), [json!(0)], "{topic}");
    }
    let rolled_up = receiver.query(BOTH);
    receiver.purge();
    assert_eq!(receiver.query(BOTH), rolled_up, "the second purge of a day changes the roll-up");
    let ids = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'docglow' \
               AND table_name LIKE 'daily%' AND (data_type = 'uuid' OR column_name LIKE '%id')";
    assert_eq!(receiver.query(ids), [json!(0)]);
}

/// The id with the most events in the days that have ended, and the number of these events.
const BUSIEST: &str = "SELECT jsonb_build_array(instance_id, count(*)) FROM docglow.event_by_day \
                       WHERE day < (now() AT TIME ZONE 'UTC')::date \
                       GROUP BY instance_id ORDER BY count(*) DESC LIMIT 1";

fn a_deleted_id_leaves_no_row_and_changes_the_roll_up_by_its_share_at_most() {
    let mut receiver = with_100_000_events();
    let busiest = receiver.query(BUSIEST).remove(0);
    let (id, events) = (busiest[0].as_str().expect("an id"), busiest[1].as_u64().expect("events"));
    assert!(events > 50, "{busiest}");
    receiver.run_block("createdb --template=docglow with_id".to_owned());

    // If the id is deleted before the days are rolled up, they lack exactly its events.
    receiver.forget(id);
    let of_id = format!("SELECT count(*) FROM docglow.event WHERE instance_id = '{id}'");
    assert_eq!(receiver.query(&of_id), [json!(0)]);
    receiver.purge();
    let without = sums(&receiver);
    let rename = "dropdb docglow && psql --quiet --dbname=postgres \
                  --command='ALTER DATABASE with_id RENAME TO docglow'";
    receiver.run_block(rename.replace("dropdb", "dropdb --force"));
    receiver.purge();
    let with = sums(&receiver);
    for ((table, with), (_, without)) in with.iter().zip(&without) {
        assert_eq!(with - without, events, "{table}");
    }

    // If it is deleted afterwards, the roll-up stays as it is.
    let rolled_up = receiver.query(BOTH);
    receiver.forget(id);
    assert_eq!(receiver.query(&of_id), [json!(0)]);
    receiver.purge();
    assert_eq!(receiver.query(BOTH), rolled_up);
}

/// The events in the roll-up, by topic.
fn sums(receiver: &Postgres) -> Vec<(String, u64)> {
    let rows = receiver.query(
        "SELECT jsonb_build_array(topic, sum(events)) FROM docglow.daily_use \
         WHERE topic != 'feature' GROUP BY topic \
         UNION ALL SELECT jsonb_build_array('run', sum(events)) FROM docglow.daily_run",
    );
    let sum = |row: &Value| {
        let name = row[0].as_str().expect("a topic").to_owned();
        (name, row[1].as_u64().expect("a sum"))
    };
    let mut sums: Vec<_> = rows.iter().map(sum).collect();
    sums.sort();
    assert_eq!(sums.len(), 6, "{sums:?}");
    sums
}
