//! Caddy, which has its own TLS and appends each event to its log.

use crate::promises::{self, Receiver, days_ago};
use crate::sender::Sender;
use crate::service::{Service, is_open, messages};
use crate::site::Site;
use crate::{bodies, duckdb, readme};
use libtest_mimic::Trial;
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};

pub fn trials() -> Vec<Trial> {
    let needs = ["caddy", "duckdb"];
    promises::trials::<Caddy>(&needs, bodies::refused_by_patterns, bodies::stored_by_patterns)
}

fn set_up(site: &Site) {
    let changes = [("/etc/caddy/", site.text(""))];
    let mut shell = readme::shell(readme::block("caddy: set up"), &changes);
    readme::run(shell.current_dir(site.path("")));
}

struct Caddy {
    service: Service,
    site: Site,
}

impl Caddy {
    fn query(&self, statement: &str) -> Vec<Value> {
        let logs = [("/var/log/caddy/", self.site.text(""))];
        let files = [
            self.site.install("caddy/events.sql", "events.sql", &logs),
            self.site.install("installs.sql", "installs.sql", &[]),
        ];
        let views = files.map(|file| fs::read_to_string(file).expect("a view"));
        duckdb::rows(&format!("{}{statement}", views.concat()))
    }

    /// Runs a block of the README. Its `systemctl` controls this service.
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
    const NAME: &'static str = "Caddy";
    const SMALL_DISK: u32 = 2;

    fn start(site: Site) -> Caddy {
        set_up(&site);
        let (port, certificate, key) =
            (site.port, site.text("fullchain.pem"), site.text("privkey.pem"));
        let changes = [
            (
                "\tlog {\n\t\texclude",
                "\tadmin off\n\tauto_https off\n\tlog {\n\t\texclude".to_owned(),
            ),
            (
                "telemetry.example.com {",
                format!("localhost:{port} {{\n\tbind 127.0.0.1\n\ttls {certificate} {key}"),
            ),
            (
                "https:// {",
                format!("https://:{port} {{\n\tbind 127.0.0.1\n\ttls {certificate} {key}"),
            ),
            ("/etc/caddy/", site.text("")),
            ("/var/log/caddy/", site.text("")),
        ];
        let file = site.install("caddy/Caddyfile", "Caddyfile", &changes);
        let folder = site.path("");
        let command = move || {
            let mut command = Command::new("caddy");
            command.args(["run", "--config"]).arg(&file).env("HOME", &folder);
            command.stdout(Stdio::null()).stderr(messages(&folder.join("messages")));
            command
        };
        Caddy { service: Service::start(command, move || is_open(port)), site }
    }

    fn site(&self) -> &Site {
        &self.site
    }

    fn sender(&self) -> Sender {
        Sender::to(self.site.url(), Some(self.site.path("ca.pem")))
    }

    fn rows(&self) -> Vec<Value> {
        self.query(
            "SELECT to_json(payload) FROM (SELECT * EXCLUDE received_at FROM event) AS payload",
        )
    }

    fn refusals(&self) -> usize {
        let counts =
            self.query("SELECT coalesce(sum(requests), 0) FROM refused WHERE status = 422");
        counts[0].as_u64().expect("a number") as usize
    }

    fn server(&mut self) -> &mut Service {
        &mut self.service
    }

    fn add_adapter(&mut self, name: &str) {
        self.site.add_adapter(name);
        set_up(&self.site);
        self.restart();
    }

    fn age(&mut self, instance_id: &str, days: u64) {
        let log = self.site.path("docglow.jsonl");
        let text = fs::read_to_string(&log).expect("the log");
        let redated = text.split_inclusive('\n').map(|line| {
            let (before, rest) = line.split_once(r#""ts":"#).expect("a time");
            let (time, after) = rest.split_once(',').expect("more");
            let is_recent = time.parse::<f64>().expect("a time") > days_ago(1) as f64;
            if !line.contains(instance_id) || !is_recent {
                return line.to_owned();
            }
            format!(r#"{before}"ts":{},{after}"#, days_ago(days))
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
