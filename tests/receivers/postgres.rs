//! Postgres behind nginx, whose configuration stores events with Lua.

use crate::common::trials;
use crate::common::trials::tool_path;
use crate::promises::{self, Receiver};
use crate::sender::Sender;
use crate::service::Service;
use crate::site::Site;
use crate::{bodies, nginx, readme};
use libtest_mimic::Trial;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub fn trials() -> Vec<Trial> {
    let needs = ["root", "postgres", "psql", "nginx", "nginx's lua", "luasql", "curl"];
    let own = trials![
        nginx_can_insert_and_nothing_else needs ["root", "postgres", "psql", "nginx", "nginx's lua", "luasql"],
        while_postgres_is_away_an_event_is_not_answered_with_success needs
            ["root", "postgres", "psql", "nginx", "nginx's lua", "luasql", "curl"],
    ];
    promises::trials("postgres", &needs, Postgres::start, bodies::refused_by_tables)
        .into_iter()
        .chain(own)
        .collect()
}

fn nginx_can_insert_and_nothing_else() {
    let receiver = Postgres::start();
    assert!((200..300).contains(&receiver.sender().post(bodies::GOOD.as_bytes())));
    for statement in [
        "SELECT count(*) FROM docglow.event",
        "SELECT count(*) FROM docglow.installs_by_adapter_last_month",
        "UPDATE docglow.event SET models = 0",
        "DELETE FROM docglow.event",
        "TRUNCATE docglow.event",
        "DROP TABLE docglow.event",
        "INSERT INTO docglow.event (received_at) VALUES ('2000-01-01')",
        "INSERT INTO docglow.adapter VALUES ('acme')",
        "CREATE TABLE docglow.mine (column1 text)",
    ] {
        let output = receiver.psql("www-data", statement).output().expect("psql");
        let complaint = String::from_utf8_lossy(&output.stderr);
        let is_refused =
            complaint.contains("permission denied") || complaint.contains("must be owner");
        assert!(is_refused, "{statement}: {output:?}");
    }
    assert_eq!(receiver.rows().len(), 1);
}

fn while_postgres_is_away_an_event_is_not_answered_with_success() {
    let mut receiver = Postgres::start();
    let sender = receiver.sender();
    receiver.postgres.stop(Signal::QUIT);
    assert_eq!(sender.post(bodies::GOOD.as_bytes()), 503);
    receiver.postgres.start_again();
    assert_eq!(sender.post(bodies::GOOD.as_bytes()), 204);
    assert_eq!(receiver.rows().len(), 1);
    let log = fs::read_to_string(receiver.site.path("docglow.log")).expect("nginx's log");
    let statuses: Vec<_> = log.lines().map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(statuses, [Some("503"), Some("204")], "{log}");
    assert!(!log.contains("127.0.0.1"), "{log}");
    assert_eq!(fs::read_to_string(receiver.site.path("error.log")).expect("nginx's error log"), "");
}

struct Postgres {
    nginx: Service,
    postgres: Service,
    accidents: usize,
    site: Site,
}

impl Postgres {
    fn start() -> Postgres {
        let site = Site::new();
        let (data, socket) = (site.path("data"), site.path("socket"));
        let (user, group) = account("postgres");
        for folder in [&data, &socket] {
            fs::create_dir(folder).expect("a folder for Postgres");
            chown(folder, Some(user), Some(group)).expect("Postgres's folder");
        }
        let options = [
            "--auth-local=peer",
            "--auth-host=reject",
            "--username=postgres",
            "--encoding=UTF8",
            "--no-sync",
        ];
        let mut initdb = Command::new(tool_path("initdb").expect("initdb"));
        readme::run(
            initdb.args(options).arg("--pgdata").arg(&data).uid(user).gid(group).current_dir(&data),
        );
        let postgres = start(data, socket);
        site.install("postgres/schema.sql", "schema.sql", &[]);
        let mut set_up = readme::shell(readme::block("postgres: set up"), &[]);
        readme::run(
            set_up
                .env("PGHOST", site.path("socket"))
                .uid(user)
                .gid(group)
                .current_dir(site.path("")),
        );
        let socket = [("dbname=docglow", format!("dbname=docglow host={}", site.text("socket")))];
        site.install(
            "postgres/docglow.conf",
            "docglow.conf",
            &[&socket[..], &nginx::server_changes(&site)].concat(),
        );
        let modules = "load_module /usr/lib/nginx/modules/ndk_http_module.so;\n\
                       load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;\n";
        Postgres { nginx: nginx::start(&site, modules), postgres, accidents: 0, site }
    }

    /// For one statement as this user of the machine and of the database.
    fn psql(&self, name: &str, statement: &str) -> Command {
        let (user, group) = account(name);
        let mut psql = Command::new("psql");
        psql.args([
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--dbname=docglow",
            "--command",
            statement,
        ]);
        psql.env("PGHOST", self.site.path("socket"))
            .uid(user)
            .gid(group)
            .current_dir(self.site.path(""));
        psql
    }

    fn query(&self, statement: &str) -> Vec<Value> {
        let rows = readme::run(&mut self.psql("postgres", statement));
        rows.lines().map(|line| serde_json::from_str(line).expect("a row of JSON")).collect()
    }

    fn run_block(&self, block: String) {
        let (user, group) = account("postgres");
        let mut shell = readme::shell(block, &[]);
        readme::run(
            shell
                .env("PGHOST", self.site.path("socket"))
                .uid(user)
                .gid(group)
                .current_dir(self.site.path("")),
        );
    }
}

/// On a socket alone, as Debian's is reached by its own users.
fn start(data: PathBuf, socket: PathBuf) -> Service {
    let (user, group) = account("postgres");
    let ready_at = socket.clone();
    let command = move || {
        let mut command = Command::new(tool_path("postgres").expect("postgres"));
        command.arg("-D").arg(&data).arg("-k").arg(&socket).args([
            "-c",
            "listen_addresses=",
            "-c",
            "timezone=UTC",
        ]);
        // No accident of a test's takes the machine's memory with it.
        command.args(["-c", "fsync=off"]).uid(user).gid(group).current_dir(&data);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let is_ready = move || {
        let mut command = Command::new(tool_path("pg_isready").expect("pg_isready"));
        command
            .arg("--quiet")
            .arg("--host")
            .arg(&ready_at)
            .status()
            .is_ok_and(|status| status.success())
    };
    Service::start(command, is_ready)
}

/// User and group of a name.
fn account(name: &str) -> (u32, u32) {
    let passwd = fs::read_to_string("/etc/passwd").expect("the machine's users");
    let entries = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let entry = entries
        .into_iter()
        .find(|entry| entry[0] == name)
        .unwrap_or_else(|| panic!("no user {name}"));
    (entry[2].parse().expect("a user"), entry[3].parse().expect("a group"))
}

/// Postgres waits for its own processes at its immediate end, where a signal to all at once leaves them to whoever collects orphans.
impl Drop for Postgres {
    fn drop(&mut self) {
        self.postgres.stop(Signal::QUIT);
    }
}

impl Receiver for Postgres {
    fn sender(&self) -> Sender {
        Sender::to(self.site.url(), Some(self.site.path("ca.pem")))
    }

    fn rows(&self) -> Vec<Value> {
        let mut rows = self.query("SELECT to_jsonb(event) - 'received_at' FROM docglow.event");
        for row in &mut rows {
            let columns = row.as_object_mut().expect("a row");
            let counts = ["models", "sources", "seeds", "tests", "macros"];
            let shape: serde_json::Map<_, _> =
                counts.into_iter().filter_map(|count| columns.remove_entry(count)).collect();
            columns.insert("project_shape".to_owned(), json!(shape));
        }
        rows
    }

    /// Postgres at once, without the chance to write its memory down; every second time nginx, too.
    fn kill_and_restart(&mut self) {
        self.postgres.stop(Signal::QUIT);
        self.postgres.start_again();
        self.accidents += 1;
        if self.accidents.is_multiple_of(2) {
            self.nginx.kill_and_restart();
        }
    }

    fn age(&mut self, instance_id: &str, days: u64) {
        let change = format!(
            "UPDATE docglow.event SET received_at = now() - interval '{days} days' WHERE instance_id = '{instance_id}'"
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
        let rows =
            self.query("SELECT to_jsonb(line) FROM docglow.installs_by_adapter_last_month AS line");
        rows.iter().map(promises::install).collect()
    }
}
