//! Postgres behind nginx, which stores the events with Lua.

use crate::common::process::children;
use crate::common::trials;
use crate::common::trials::tool_path;
use crate::promises::{self, Receiver};
use crate::sender::Sender;
use crate::service::{Service, account, as_user, messages};
use crate::site::Site;
use crate::{bodies, nginx, readme};
use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::chown;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The servers that a test needs.
pub const SERVERS: &[&str] = &["root", "postgres", "psql", "nginx", "nginx's lua"];

/// The same, and curl.
pub const SERVERS_AND_CURL: &[&str] = &["root", "postgres", "psql", "nginx", "nginx's lua", "curl"];

pub fn trials() -> Vec<Trial> {
    let own = trials![
        nginx_can_store_an_event_and_nothing_else needs SERVERS_AND_CURL,
        a_postgres_that_is_down_is_answered_with_503 needs SERVERS_AND_CURL,
        a_stopped_postgres_is_answered_with_503_within_a_second needs SERVERS_AND_CURL,
        a_locked_table_is_answered_with_503_within_a_second needs SERVERS_AND_CURL,
    ];
    let common =
        promises::trials::<Postgres>(SERVERS, bodies::refused_by_tables, bodies::stored_by_tables);
    common.into_iter().chain(own).collect()
}

fn nginx_can_store_an_event_and_nothing_else() {
    let receiver = Postgres::start(Site::new());
    assert!((200..300).contains(&receiver.sender().post(bodies::GOOD.as_bytes())));
    for statement in [
        "SELECT count(*) FROM docglow.event",
        "SELECT count(*) FROM docglow.adapters",
        "SELECT count(*) FROM docglow.daily_use",
        "SELECT docglow.purge()",
        "UPDATE docglow.event SET models = 0",
        "DELETE FROM docglow.event",
        "TRUNCATE docglow.event",
        "DROP TABLE docglow.event",
        "INSERT INTO docglow.event (received_at) VALUES ('2000-01-01')",
        "INSERT INTO docglow.daily_run (day) VALUES ('2000-01-01')",
        "INSERT INTO docglow.adapter VALUES ('acme')",
        "CREATE TABLE docglow.mine (column1 text)",
    ] {
        let output = receiver.psql("www-data", &["--command", statement]).output().expect("psql");
        let complaint = String::from_utf8_lossy(&output.stderr);
        let is_refused =
            complaint.contains("permission denied") || complaint.contains("must be owner");
        assert!(is_refused, "{statement}: {output:?}");
    }
    assert_eq!(receiver.rows().len(), 1);
}

fn a_postgres_that_is_down_is_answered_with_503() {
    let mut receiver = Postgres::start(Site::new());
    let sender = receiver.sender();
    receiver.postgres.stop(Signal::QUIT);
    assert_eq!(sender.post(bodies::GOOD.as_bytes()), 503);
    receiver.postgres.start_again();
    assert_eq!(sender.post(bodies::GOOD.as_bytes()), 204);
    assert_eq!(receiver.rows().len(), 1);
    let log = fs::read_to_string(receiver.site.path("docglow.log")).expect("nginx's log");
    let statuses: Vec<_> = log.lines().map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(statuses, [Some("503"), Some("204")], "{log}");
    assert_eq!(fs::read_to_string(receiver.site.path("error.log")).expect("nginx's error log"), "");
}

fn a_stopped_postgres_is_answered_with_503_within_a_second() {
    let receiver = Postgres::start(Site::new());
    // After this event, nginx keeps its connection to Postgres open.
    assert_eq!(receiver.sender().post(bodies::GOOD.as_bytes()), 204);
    let stopped = receiver.stopped();
    assert_waits_a_second(&receiver);
    drop(stopped);
    assert_eq!(receiver.sender().post(bodies::GOOD.as_bytes()), 204);
}

fn a_locked_table_is_answered_with_503_within_a_second() {
    let receiver = Postgres::start(Site::new());
    assert_eq!(receiver.sender().post(bodies::GOOD.as_bytes()), 204);
    let mut psql = receiver.psql("postgres", &[]);
    let mut locker = psql.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("psql");
    let mut input = locker.stdin.take().expect("a piped stdin");
    input.write_all(b"BEGIN;\nLOCK TABLE docglow.event;\nSELECT 'locked';\n").expect("a lock");
    let mut line = [0; 7];
    locker.stdout.take().expect("a piped stdout").read_exact(&mut line).expect("a lock");
    assert_waits_a_second(&receiver);
    drop(input);
    locker.wait().expect("psql");
    assert_eq!(receiver.sender().post(bodies::GOOD.as_bytes()), 204);
}

/// Checks that events are answered with 503 in time, even if there are more of them than nginx has
/// connections to Postgres. Meanwhile nginx's only worker answers other requests.
fn assert_waits_a_second(receiver: &Postgres) {
    const EVENTS: usize = 12;
    // nginx's limit is one second. The rest is for a busy machine.
    const LIMIT: Duration = Duration::from_secs(5);
    let start = Instant::now();
    let sender = receiver.sender();
    thread::scope(|scope| {
        let post = || sender.post(bodies::GOOD.as_bytes());
        let events: Vec<_> = (0..EVENTS).map(|_| scope.spawn(post)).collect();
        let elsewhere = sender.url.clone() + "/elsewhere";
        assert_eq!(sender.curl(&elsewhere, &[], b""), [404]);
        assert!(!events.iter().all(|event| event.is_finished()), "the worker was blocked");
        for event in events {
            assert_eq!(event.join().expect("a status"), 503);
        }
    });
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
}

/// Continues Postgres's processes when it is dropped.
struct Stopped<'a>(&'a Postgres);

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        self.0.signal(Signal::CONT);
    }
}

pub struct Postgres {
    nginx: Service,
    postgres: Service,
    accidents: usize,
    site: Site,
}

impl Postgres {
    /// Starts Postgres and nginx, which accepts this rate and burst of events from an address.
    pub fn with_limit(site: Site, rate: &str, burst: &str) -> Postgres {
        let (data, socket) = (site.path("data"), site.path("socket"));
        let (user, group) = account("postgres");
        for folder in [&data, &socket] {
            fs::create_dir(folder).expect("a folder for Postgres");
            chown(folder, Some(user), Some(group)).expect("Postgres's folder");
        }
        let mut initdb = Command::new(tool_path("initdb").expect("initdb"));
        initdb.args(["--auth-local=peer", "--auth-host=reject", "--username=postgres"]);
        initdb.args(["--encoding=UTF8", "--no-sync", "--pgdata"]).arg(&data);
        readme::run(as_user(&mut initdb, "postgres").current_dir(&data));
        let postgres = start(data, socket, site.path("postgres.log"));
        for name in ["schema.sql", "questions.sql"] {
            site.install(&format!("postgres/{name}"), name, &[]);
        }
        run_as_postgres(&site, readme::block("postgres: set up"));
        let changes = [
            ("/var/run/postgresql", site.text("socket")),
            ("rate=5r/s", rate.to_owned()),
            ("burst=100", burst.to_owned()),
        ];
        site.install(
            "postgres/docglow.conf",
            "docglow.conf",
            &[&changes[..], &nginx::server_changes(&site)].concat(),
        );
        let modules = "load_module /usr/lib/nginx/modules/ndk_http_module.so;\n\
                       load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;\n";
        Postgres { nginx: nginx::start(&site, modules, ""), postgres, accidents: 0, site }
    }

    fn stopped(&self) -> Stopped<'_> {
        self.signal(Signal::STOP);
        Stopped(self)
    }

    /// Sends `signal` to the server and to its child processes. Each of them has its own session.
    fn signal(&self, signal: Signal) {
        let server = self.postgres.id();
        let children = children(server);
        assert!(!children.is_empty(), "its processes");
        for process in children.into_iter().chain([server]) {
            kill_process(Pid::from_raw(process.cast_signed()).expect("a process"), signal).ok();
        }
    }

    /// `psql` as this user, both of the machine and of the database.
    pub fn psql(&self, name: &str, options: &[&str]) -> Command {
        let mut psql = Command::new("psql");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname=docglow"]);
        psql.args(options).env("PGHOST", self.site.path("socket"));
        as_user(&mut psql, name).current_dir(self.site.path(""));
        psql
    }

    pub fn query(&self, statement: &str) -> Vec<Value> {
        let rows = readme::run(&mut self.psql("postgres", &["--command", statement]));
        rows.lines().map(|line| serde_json::from_str(line).expect("a row of JSON")).collect()
    }

    pub fn run_block(&self, block: String) {
        run_as_postgres(&self.site, block);
    }
}

fn run_as_postgres(site: &Site, block: String) {
    let mut shell = readme::shell(block, &[]);
    shell.env("PGHOST", site.path("socket")).current_dir(site.path(""));
    readme::run(as_user(&mut shell, "postgres"));
}

/// Starts Postgres on a Unix socket only, which Debian's users connect to as well.
fn start(data: PathBuf, socket: PathBuf, log: PathBuf) -> Service {
    let ready_at = socket.clone();
    let command = move || {
        let mut command = Command::new(tool_path("postgres").expect("postgres"));
        command.arg("-D").arg(&data).arg("-k").arg(&socket);
        // The tests need not wait for the disk.
        for setting in ["listen_addresses=", "timezone=UTC", "fsync=off"] {
            command.args(["-c", setting]);
        }
        as_user(&mut command, "postgres").current_dir(&data);
        command.stdout(Stdio::null()).stderr(messages(&log));
        command
    };
    let is_ready = move || {
        let mut command = Command::new(tool_path("pg_isready").expect("pg_isready"));
        command.arg("--quiet").arg("--host").arg(&ready_at);
        command.status().is_ok_and(|status| status.success())
    };
    Service::start(command, is_ready)
}

/// After SIGQUIT, Postgres waits for its child processes. SIGKILL to the group would leave them as
/// zombies of another process.
impl Drop for Postgres {
    fn drop(&mut self) {
        self.postgres.stop(Signal::QUIT);
    }
}

impl Receiver for Postgres {
    const NAME: &'static str = "Postgres";
    const SMALL_DISK: u32 = 160;

    fn start(site: Site) -> Postgres {
        // Above the rate of the tests.
        Postgres::with_limit(site, "rate=1000r/s", "burst=1000")
    }

    fn site(&self) -> &Site {
        &self.site
    }

    fn refusals(&self) -> usize {
        nginx::refusals(&self.site)
    }

    fn sender(&self) -> Sender {
        Sender::to(self.site.url(), Some(self.site.path("ca.pem")))
    }

    fn rows(&self) -> Vec<Value> {
        let mut rows =
            self.query("SELECT to_jsonb(event) - 'received_at' - 'sender' FROM docglow.event");
        for row in &mut rows {
            let columns = row.as_object_mut().expect("a row");
            let counts = ["models", "sources", "seeds", "tests", "macros"];
            let shape: serde_json::Map<_, _> =
                counts.into_iter().filter_map(|count| columns.remove_entry(count)).collect();
            columns.insert("project_shape".to_owned(), json!(shape));
        }
        rows
    }

    fn server(&mut self) -> &mut Service {
        &mut self.postgres
    }

    /// Ends Postgres without a checkpoint; every second time nginx, too.
    fn kill_and_restart(&mut self) {
        self.postgres.restart(Signal::QUIT);
        self.accidents += 1;
        if self.accidents.is_multiple_of(2) {
            self.nginx.restart(Signal::KILL);
        }
    }

    fn restart(&mut self) {
        self.postgres.restart(Signal::INT);
        self.nginx.restart(Signal::TERM);
    }

    fn add_adapter(&mut self, name: &str) {
        let statement = "INSERT INTO docglow.adapter VALUES ('…')";
        self.query(&readme::statement(statement).replace('…', name));
    }

    fn age(&mut self, instance_id: &str, days: u64) {
        let change = format!(
            "UPDATE docglow.event SET received_at = now() - interval '{days} days' \
             WHERE instance_id = '{instance_id}' AND received_at > now() - interval '1 day'"
        );
        self.query(&change);
    }

    fn purge(&mut self) {
        self.run_block(readme::block("postgres: purge"));
    }

    fn forget(&mut self, instance_id: &str) {
        self.run_block(readme::block_for("postgres: forget an id", instance_id));
    }

    fn installs(&self) -> Vec<(String, u64)> {
        let last_month = "month = date_trunc('month', now() - interval '1 month')";
        let adapters = "SELECT to_jsonb(line) FROM docglow.adapters AS line";
        let rows = self.query(&format!("{adapters} WHERE {last_month}"));
        rows.iter().map(promises::install).collect()
    }
}
