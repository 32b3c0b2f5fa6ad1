//! Caddy, which has its own TLS and appends each event to its log.

use crate::common::trials;
use crate::promises::{self, Receiver, days_ago};
use crate::sender::Sender;
use crate::service::{Service, is_open};
use crate::site::Site;
use crate::{bodies, duckdb, readme};
use libtest_mimic::Trial;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::process::{Command, Stdio};

pub fn trials() -> Vec<Trial> {
    let own = trials![no_address_and_no_header_is_written_down needs ["caddy", "curl"]];
    promises::trials(
        "caddy",
        &["caddy", "duckdb", "curl"],
        Caddy::start,
        bodies::refused_by_patterns,
    )
    .into_iter()
    .chain(own)
    .collect()
}

fn no_address_and_no_header_is_written_down() {
    let receiver = Caddy::start();
    promises::no_address_and_no_header_is_written_down(
        &receiver,
        &[receiver.site.path("docglow.jsonl")],
    );
}

struct Caddy {
    service: Service,
    site: Site,
}

impl Caddy {
    fn start() -> Caddy {
        let site = Site::new();
        let set_up = [("/etc/caddy/", site.text(""))];
        readme::run(
            readme::shell(readme::block("caddy: set up"), &set_up).current_dir(site.path("")),
        );
        let (port, certificate, key) =
            (site.port, site.text("fullchain.pem"), site.text("privkey.pem"));
        let changes = [
            ("(refuse) {", "{\n\tadmin off\n\tauto_https off\n}\n\n(refuse) {".to_owned()),
            (
                "telemetry.example.com {",
                format!("localhost:{port} {{\n\tbind 127.0.0.1\n\ttls {certificate} {key}"),
            ),
            ("/etc/caddy/", site.text("")),
            ("/var/log/caddy/", site.text("")),
        ];
        let file = site.install("caddy/Caddyfile", "Caddyfile", &changes);
        let folder = site.path("");
        let command = move || {
            let mut command = Command::new("caddy");
            command.args(["run", "--config"]).arg(&file).env("HOME", &folder);
            let messages = File::create(folder.join("messages")).expect("a file for messages");
            command.stdout(Stdio::null()).stderr(messages);
            command
        };
        Caddy { service: Service::start(command, move || is_open(port)), site }
    }

    fn query(&self, statement: &str) -> Vec<Value> {
        let logs = [("/var/log/caddy/", self.site.text(""))];
        let files = [
            self.site.install("caddy/events.sql", "events.sql", &logs),
            self.site.install("installs.sql", "installs.sql", &[]),
        ];
        let views = files.map(|file| fs::read_to_string(file).expect("a view"));
        duckdb::rows(&format!("{}{statement}", views.concat()))
    }

    /// Runs a block of the README, whose `systemctl` is this service.
    fn run_at_rest(&mut self, block: String) {
        let lines: Vec<_> = block.lines().filter(|line| !line.starts_with("systemctl ")).collect();
        assert_eq!(block.lines().count() - lines.len(), 2, "stop and start");
        self.service.stop(Signal::TERM);
        let changes = [("/var/log/caddy/", self.site.text(""))];
        readme::run(&mut readme::shell(lines.join("\n"), &changes));
        self.service.start_again();
    }
}

impl Receiver for Caddy {
    fn sender(&self) -> Sender {
        Sender::to(self.site.url(), Some(self.site.path("ca.pem")))
    }

    fn rows(&self) -> Vec<Value> {
        self.query(
            "SELECT to_json(payload) FROM (SELECT * EXCLUDE received_at FROM event) AS payload",
        )
    }

    fn kill_and_restart(&mut self) {
        self.service.kill_and_restart();
    }

    fn age(&mut self, instance_id: &str, days: u64) {
        let log = self.site.path("docglow.jsonl");
        let text = fs::read_to_string(&log).expect("the log");
        let redated = text.lines().map(|line| {
            let mut entry: Value = serde_json::from_str(line).expect("a line of JSON");
            if line.contains(instance_id) {
                entry["ts"] = json!(days_ago(days));
            }
            format!("{entry}\n")
        });
        fs::write(&log, redated.collect::<String>()).expect("the log");
    }

    fn purge(&mut self) {
        self.run_at_rest(readme::block("caddy: purge"));
    }

    fn forget(&mut self, instance_id: &str) {
        self.run_at_rest(readme::block_for("caddy: forget an id", instance_id));
    }

    fn installs(&self) -> Vec<(String, u64)> {
        let rows = self.query("SELECT to_json(line) FROM installs_by_adapter_last_month AS line");
        rows.iter().map(promises::install).collect()
    }
}
