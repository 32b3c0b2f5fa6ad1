//! nginx, which appends each event to a file that logrotate puts away each day.

use crate::common::trials;
use crate::promises::{self, Receiver, days_ago};
use crate::sender::Sender;
use crate::service::{Service, free_port, is_open};
use crate::site::Site;
use crate::{bodies, duckdb, readme};
use libtest_mimic::Trial;
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

pub fn trials() -> Vec<Trial> {
    let own = trials![no_address_and_no_header_is_written_down needs ["nginx", "curl"]];
    promises::trials(
        "nginx",
        &["nginx", "duckdb", "logrotate", "curl"],
        Nginx::start,
        bodies::refused_by_patterns,
    )
    .into_iter()
    .chain(own)
    .collect()
}

fn no_address_and_no_header_is_written_down() {
    let receiver = Nginx::start();
    let files = ["log/events.jsonl", "error.log"].map(|name| receiver.site.path(name));
    promises::no_address_and_no_header_is_written_down(&receiver, &files);
}

struct Nginx {
    service: Service,
    site: Site,
}

impl Nginx {
    fn start() -> Nginx {
        let site = Site::new();
        let set_up = [("/etc/nginx", site.text("")), ("/var/log/docglow", site.text("log"))];
        readme::run(
            readme::shell(readme::block("nginx: set up"), &set_up).current_dir(site.path("")),
        );
        let changes = [
            ("/etc/nginx/docglow_adapters.map", site.text("docglow_adapters.map")),
            ("/var/log/docglow", site.text("log")),
            ("8471", free_port().to_string()),
        ];
        site.install(
            "nginx/docglow.conf",
            "docglow.conf",
            &[&changes[..], &server_changes(&site)].concat(),
        );
        let rotation =
            [("/var/log/docglow", site.text("log")), ("/run/nginx.pid", site.text("nginx.pid"))];
        site.install("nginx/logrotate", "logrotate", &rotation);
        Nginx { service: start(&site, ""), site }
    }

    fn rotate(&self) {
        readme::run(
            Command::new("logrotate")
                .args(["--force", "--state"])
                .args([self.site.path("state"), self.site.path("logrotate")]),
        );
    }

    fn query(&self, statement: &str) -> Vec<Value> {
        let logs = [("/var/log/docglow", self.site.text("log"))];
        let files = [
            self.site.install("nginx/events.sql", "events.sql", &logs),
            self.site.install("installs.sql", "installs.sql", &[]),
        ];
        let views = files.map(|file| fs::read_to_string(file).expect("a view"));
        duckdb::rows(&format!("{}{statement}", views.concat()))
    }
}

impl Receiver for Nginx {
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
        let current = self.site.path("log/events.jsonl");
        let text = fs::read_to_string(&current).expect("the events");
        let (old, others): (Vec<&str>, Vec<&str>) =
            text.split_inclusive('\n').partition(|line| line.contains(instance_id));
        fs::write(&current, others.concat()).expect("the other events");
        let then = UNIX_EPOCH + Duration::from_secs(days_ago(days));
        let stamp = humantime::format_rfc3339_seconds(then).to_string();
        let redated = old.iter().map(|line| {
            let (_, event) = line.split_once(r#","event""#).expect("an event");
            format!(r#"{{"received_at":"{stamp}","event"{event}"#)
        });
        let name = format!("log/events.jsonl-{}-{}", stamp[..10].replace('-', ""), days_ago(days));
        let mut rotated = File::options()
            .create(true)
            .append(true)
            .open(self.site.path(&name))
            .expect("a file put away");
        rotated.write_all(redated.collect::<String>().as_bytes()).expect("events put away");
        rotated.set_modified(then).expect("its time");
    }

    fn purge(&mut self) {
        self.rotate();
    }

    fn forget(&mut self, instance_id: &str) {
        let logrotate =
            format!("--state {} {}", self.site.text("state"), self.site.text("logrotate"));
        let changes =
            [("/etc/logrotate.d/docglow", logrotate), ("/var/log/docglow", self.site.text("log"))];
        readme::run(&mut readme::shell(
            readme::block_for("nginx: forget an id", instance_id),
            &changes,
        ));
    }

    fn installs(&self) -> Vec<(String, u64)> {
        let rows = self.query("SELECT to_json(line) FROM installs_by_adapter_last_month AS line");
        rows.iter().map(promises::install).collect()
    }
}

pub fn program() -> String {
    let path = crate::common::trials::tool_path("nginx").expect("nginx");
    path.to_str().expect("a path in UTF-8").to_owned()
}

/// What is not the same on every machine in a configuration of ours for nginx.
pub fn server_changes(site: &Site) -> [(&'static str, String); 5] {
    [
        ("listen 443 ssl", format!("listen 127.0.0.1:{} ssl", site.port)),
        ("telemetry.example.com", "localhost".to_owned()),
        ("/etc/ssl/docglow/fullchain.pem", site.text("fullchain.pem")),
        ("/etc/ssl/docglow/privkey.pem", site.text("privkey.pem")),
        ("/var/log/nginx/", site.text("")),
    ]
}

/// nginx as Debian configures it around `docglow.conf` of the site; `modules` are lines of its configuration.
pub fn start(site: &Site, modules: &str) -> Service {
    let user = if rustix::process::geteuid().is_root() { "user www-data;" } else { "" };
    let folder = site.text("");
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {folder}{kind};\n"));
    let configuration = format!(
        "{modules}{user}\ndaemon off;\nworker_processes 1;\npid {folder}nginx.pid;\nerror_log {folder}error.log;\n\
         events {{}}\nhttp {{\n{}include {folder}docglow.conf;\n}}\n",
        temporary.concat()
    );
    let file = site.path("nginx.conf");
    fs::write(&file, configuration).expect("nginx's configuration");
    let (port, messages) = (site.port, site.path("messages"));
    let command = move || {
        let mut command = Command::new(program());
        let messages = File::create(&messages).expect("a file for messages");
        command.arg("-c").arg(&file).stdout(Stdio::null()).stderr(messages);
        command
    };
    Service::start(command, move || is_open(port))
}
