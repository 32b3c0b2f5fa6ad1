//! The promises that all receivers share.

use crate::bodies::{self, Bodies, GOOD, INSTANCE_ID, fixtures, payload};
use crate::common::{EVENT, trials::trial};
use crate::sender::Sender;
use crate::service::Service;
use crate::site::Site;
use crate::{accidents, promises, traces};
use libtest_mimic::Trial;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// A running receiver.
pub trait Receiver: Sized {
    /// Its column in the README's table of accidents.
    const NAME: &'static str;
    /// The size in megabytes of a disk on which it can start.
    const SMALL_DISK: u32;
    /// The README's word for [`Receiver::refusals`].
    const REFUSALS_ARE: &'static str = "logged";

    fn start(site: Site) -> Self;
    fn site(&self) -> &Site;
    fn sender(&self) -> Sender;
    /// The stored payloads, in any order.
    fn rows(&self) -> Vec<Value>;
    /// The number of refused events, determined as the README says.
    fn refusals(&self) -> usize;
    /// The server that stores the events.
    fn server(&mut self) -> &mut Service;
    /// Kills the server, as in an accident, and starts it again.
    fn kill_and_restart(&mut self) {
        self.server().restart(Signal::KILL);
    }
    /// Restarts the server, as an operator does.
    fn restart(&mut self) {
        self.server().restart(Signal::TERM);
    }
    /// Adds an adapter, as the README says.
    fn add_adapter(&mut self, name: &str);
    /// Makes the events that this machine sent within the last day this many days old.
    fn age(&mut self, instance_id: &str, days: u64);
    /// Runs the README's daily commands.
    fn purge(&mut self);
    /// Deletes the events of one id, with the README's commands.
    fn forget(&mut self, instance_id: &str);
    /// The rows of the view with last month's installs by adapter.
    fn installs(&self) -> Vec<(String, u64)>;
}

/// A trial for each shared promise, named after the receiver. `needs` are the tools that run the
/// server and read its rows. `refused` and `stored` are invalid bodies that the receiver refuses or
/// stores.
pub fn trials<R: Receiver + 'static>(
    needs: &[&str],
    refused: fn() -> Bodies,
    stored: fn() -> Bodies,
) -> Vec<Trial> {
    let name = R::NAME.to_lowercase();
    let promise = |promise: &str, more: &[&str], body: Box<dyn FnOnce() + Send>| {
        let needs = [needs, &["curl"], more].concat();
        trial(format!("receivers::{name}::{promise}"), &needs, body)
    };
    macro_rules! promises {
        ($($module:ident::$name:ident $(needs $more:expr)?),* $(,)?) => {
            [$(promise(
                stringify!($name),
                [&[] as &[&str], $($more)?].concat().as_slice(),
                Box::new($module::$name::<R>),
            )),*]
        };
    }
    let only_schema_version_1 = Box::new(move || only_schema_version_1::<R>(refused(), stored()));
    let first = promise("only_schema_version_1_is_stored", &[], only_schema_version_1);
    let others = promises![
        promises::docglows_own_events_are_stored_with_unpublished_adapters_as_other,
        promises::a_new_adapter_is_stored_as_other_until_the_list_has_it,
        traces::refused_events_are_logged_with_time_and_status_only,
        traces::addresses_and_headers_are_not_stored needs &["Linux"],
        accidents::a_full_disk_has_the_effect_in_the_table needs &["root", "unshare"],
        accidents::kill_9_has_the_effect_in_the_table,
        accidents::a_restart_has_the_effect_in_the_table,
        accidents::a_wrong_host_has_the_effect_in_the_table,
        promises::events_are_deleted_after_365_days_and_an_id_if_its_owner_asks,
        promises::installs_by_adapter_are_last_months,
    ];
    [first].into_iter().chain(others).collect()
}

fn only_schema_version_1<R: Receiver>(refused: Bodies, also_stored: Bodies) {
    let receiver = R::start(Site::new());
    let sender = receiver.sender();
    sender.be(INSTANCE_ID);
    let (events, payloads): (Vec<_>, Vec<_>) = fixtures()
        .into_iter()
        .filter_map(|fixture| Some((fixture.event, fixture.payload?)))
        .unzip();
    assert!(payloads.len() >= 218, "{}", payloads.len());
    for event in events {
        assert!(sender.send(event.clone()), "{}", String::from_utf8_lossy(&event));
    }
    assert_same(receiver.rows(), payloads.clone());
    for (wrong, body) in refused {
        let status = sender.post(body.as_bytes());
        assert!((400..500).contains(&status), "{wrong}: answered with {status}");
    }
    sender.post(GOOD.replace("generate", &"a".repeat(1 << 20)).as_bytes());
    assert_eq!(receiver.rows().len(), payloads.len(), "a body that is no payload was stored");
    assert!((200..300).contains(&sender.post(GOOD.as_bytes())));
    let more = [payloads, vec![payload(GOOD)]].concat();
    assert_same(receiver.rows(), more.clone());
    for (special, body) in &also_stored {
        let status = sender.post(body.as_bytes());
        assert!((200..300).contains(&status), "{special}: answered with {status}");
    }
    assert_eq!(receiver.rows().len(), more.len() + also_stored.len());
}

fn docglows_own_events_are_stored_with_unpublished_adapters_as_other<R: Receiver>() {
    let receiver = R::start(Site::new());
    let sender = receiver.sender();
    let (bodies, payloads): (Vec<_>, Vec<_>) = bodies::by_docglow().into_iter().unzip();
    for body in bodies {
        let status = sender.post(body.as_bytes());
        assert!((200..300).contains(&status), "answered with {status}: {body}");
    }
    assert_same(receiver.rows(), payloads);
}

fn a_new_adapter_is_stored_as_other_until_the_list_has_it<R: Receiver>() {
    let mut receiver = R::start(Site::new());
    let body = GOOD.replace("duckdb", "acme_new");
    receiver.sender().post(body.as_bytes());
    receiver.add_adapter("acme_new");
    receiver.sender().post(body.as_bytes());
    let mut adapters: Vec<_> =
        receiver.rows().iter().map(|row| row["adapter_type"].to_string()).collect();
    adapters.sort();
    assert_eq!(adapters, [r#""acme_new""#, r#""other""#]);
}

/// Compares in any order, because the times of arrival may have a resolution of seconds.
#[track_caller]
fn assert_same(mut rows: Vec<Value>, mut payloads: Vec<Value>) {
    assert_eq!(rows.len(), payloads.len());
    rows.sort_by_key(Value::to_string);
    payloads.sort_by_key(Value::to_string);
    rows.iter().zip(&payloads).for_each(|(row, payload)| assert_eq!(row, payload));
}

fn events_are_deleted_after_365_days_and_an_id_if_its_owner_asks<R: Receiver>() {
    let mut receiver = R::start(Site::new());
    let [old, young, forgotten, new] = ids();
    let sender = receiver.sender();
    for id in [&old, &young, &forgotten, &new] {
        sender.be(id);
        (0..2).for_each(|_| assert!(sender.send(EVENT)));
    }
    receiver.age(&old, 366);
    receiver.age(&young, 364);
    receiver.purge();
    assert_eq!(ids_in(&receiver), sorted([&young, &young, &forgotten, &forgotten, &new, &new]));
    receiver.forget(&forgotten);
    assert_eq!(ids_in(&receiver), sorted([&young, &young, &new, &new]));
    assert!(sender.send(EVENT), "it does not store any more");
    assert_eq!(ids_in(&receiver), sorted([&young, &young, &new, &new, &new]));
}

fn installs_by_adapter_are_last_months<R: Receiver>() {
    let mut receiver = R::start(Site::new());
    let [first, second, earlier, ci] = ids();
    let last_day = day_of_month();
    let mut send = |id: &str, age: u64, adapters: &[Option<&str>]| {
        let sender = receiver.sender();
        sender.be(id);
        for adapter in adapters {
            let event = json!({"command": "generate", "result": "success", "adapter": adapter});
            assert!(sender.send(event.to_string()));
        }
        receiver.age(id, age);
    };
    send(&first, last_day + 1, &[Some("duckdb")]);
    send(&first, last_day, &[Some("duckdb")]);
    send(&second, last_day + 1, &[Some("duckdb")]);
    send(&second, last_day, &[Some("in_house"), None]);
    send(&earlier, last_day + 31, &[Some("duckdb")]);
    send(&earlier, last_day + 32, &[Some("duckdb")]);
    send(&ci, last_day, &[Some("duckdb"), Some("trino")]);
    send(&first, 0, &[Some("trino")]);
    let expected = [("duckdb", 2), ("none", 1), ("other", 1)]
        .map(|(adapter, installs)| (adapter.to_owned(), installs));
    assert_eq!(receiver.installs(), expected);
}

/// The ids of four machines.
pub fn ids() -> [String; 4] {
    [1, 2, 3, 4].map(|number| format!("{number:08}-0000-4000-8000-000000000000"))
}

fn ids_in(receiver: &impl Receiver) -> Vec<String> {
    let rows = receiver.rows();
    let mut ids: Vec<_> =
        rows.iter().map(|row| row["instance_id"].as_str().expect("an id").to_owned()).collect();
    ids.sort();
    ids
}

fn sorted<const N: usize>(ids: [&String; N]) -> Vec<String> {
    let mut ids = ids.map(String::clone).to_vec();
    ids.sort();
    ids
}

/// Today's day of the month in UTC, 1 to 31.
pub fn day_of_month() -> u64 {
    let date = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    date[8..10].parse().expect("a day")
}

/// The Unix time, in seconds, this many days ago.
pub fn days_ago(days: u64) -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs() - days * 24 * 60 * 60
}

/// Parses a row of the view of installs.
pub fn install(row: &Value) -> (String, u64) {
    (
        row["adapter"].as_str().expect("an adapter").to_owned(),
        row["installs"].as_u64().expect("a number"),
    )
}
