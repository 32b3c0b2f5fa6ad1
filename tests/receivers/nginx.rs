//! nginx, which appends each event to the file of the day.

use crate::common::trials;
use crate::promises::{self, Receiver, days_ago};
use crate::sender::Sender;
use crate::service::{Service, as_user, is_open, messages};
use crate::site::{Site, changed};
use crate::{bodies, duckdb, readme};
use libtest_mimic::Trial;
use rustix::process::Signal;
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub fn trials() -> Vec<Trial> {
    let own = trials![
        other_users_cannot_write_events needs ["root", "nginx", "curl"],
        the_date_in_its_name_decides_when_a_file_is_deleted,
        a_check_and_a_reload_of_the_configuration_lose_no_event needs ["nginx", "curl", "duckdb"],
    ];
    let needs = ["nginx", "duckdb"];
    let common =
        promises::trials::<Nginx>(&needs, bodies::refused_by_patterns, bodies::stored_by_patterns);
    common.into_iter().chain(own).collect()
}

fn other_users_cannot_write_events() {
    let receiver = Nginx::start(Site::new());
    let socket = receiver.site.text("lib/nginx.sock");
    let post_as = |user: &str| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]);
        curl.args(["--unix-socket", &socket, "--header", "Docglow-Event: {}", "http://localhost/"]);
        let output = as_user(&mut curl, user).output().expect("curl");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert_eq!(post_as("nobody"), "000");
    assert_eq!(post_as("www-data"), "204");
}

/// `nginx -t` opens the sockets, too, and closes them again.
fn a_check_and_a_reload_of_the_configuration_lose_no_event() {
    let receiver = Nginx::start(Site::new());
    let configuration = receiver.site.path("nginx.conf");
    let mut check = Command::new(program());
    let output = check.arg("-t").arg("-c").arg(&configuration).output().expect("nginx");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(receiver.sender().post(bodies::GOOD.as_bytes()), 204);
    receiver.service.signal(Signal::HUP);
    let statuses = receiver.sender().post_often(200, bodies::GOOD.as_bytes());
    assert_eq!(statuses, [204; 200]);
    assert_eq!(receiver.rows().len(), 201);
}

fn the_date_in_its_name_decides_when_a_file_is_deleted() {
    let site = Site::new();
    fs::create_dir(site.path("log")).expect("a folder");
    let name = |days| {
        let then = UNIX_EPOCH + Duration::from_secs(days_ago(days));
        format!("events-{}", &humantime::format_rfc3339_seconds(then).to_string()[..10])
    };
    // "Forget an id" renames the file of the day, and writes all files again, so their modification
    // times say nothing.
    let [old, older, young] = [name(366), name(800) + "-1795859725", name(364)];
    for name in [&old, &older, &young] {
        let file = File::create(site.path(&format!("log/{name}.jsonl"))).expect("a file");
        file.set_modified(if *name == young { UNIX_EPOCH } else { SystemTime::now() })
            .expect("a time");
    }
    let purge = &mut readme::shell(readme::block("nginx: purge"), &folders(&site)[1..2]);
    readme::run(purge);
    let left = fs::read_dir(site.path("log")).expect("the folder");
    let left: Vec<_> = left.map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(left, [format!("{young}.jsonl").as_str()]);
}

struct Nginx {
    service: Service,
    site: Site,
}

impl Nginx {
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
    const NAME: &'static str = "nginx";
    const SMALL_DISK: u32 = 2;

    fn start(site: Site) -> Nginx {
        set_up(&site);
        let folders = folders(&site);
        let changes = [&folders[..], &server_changes(&site)].concat();
        site.install("nginx/docglow.conf", "docglow.conf", &changes);
        let unit = site.install("nginx/restart.conf", "restart.conf", &folders[2..]);
        let unit = fs::read_to_string(unit).expect("a unit");
        let before = unit.lines().find_map(|line| line.strip_prefix("ExecStartPre="));
        let service = start(&site, "", before.expect("a command"));
        Nginx { service, site }
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
        refusals(&self.site)
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
        let time = |days| UNIX_EPOCH + Duration::from_secs(days_ago(days));
        let stamp = humantime::format_rfc3339_seconds(time(days)).to_string();
        let yesterday = humantime::format_rfc3339_seconds(time(1)).to_string();
        let is_recent = |line: &str| line[r#"{"received_at":""#.len()..] > *yesterday;
        let mut moved = String::new();
        for file in fs::read_dir(self.site.path("log")).expect("the events") {
            let file = file.expect("a file").path();
            let text = fs::read_to_string(&file).expect("events");
            let (mine, others): (Vec<&str>, Vec<&str>) = text
                .split_inclusive('\n')
                .partition(|line| line.contains(instance_id) && is_recent(line));
            for line in mine {
                let (_, event) = line.split_once(r#","event""#).expect("an event");
                moved += &format!(r#"{{"received_at":"{stamp}","event"{event}"#);
            }
            fs::write(&file, others.concat()).expect("the other events");
        }
        let name = format!("log/events-{}.jsonl", &stamp[..10]);
        let mut file = File::options().create(true).append(true).open(self.site.path(&name));
        let file = file.as_mut().expect("the file of that day");
        file.write_all(moved.as_bytes()).expect("the events of that day");
    }

    fn purge(&mut self) {
        let folders = folders(&self.site);
        readme::run(&mut readme::shell(readme::block("nginx: purge"), &folders[1..2]));
    }

    fn forget(&mut self, instance_id: &str) {
        let block = readme::block_for("nginx: forget an id", instance_id);
        readme::run(&mut readme::shell(block, &folders(&self.site)[1..2]));
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

fn set_up(site: &Site) {
    let mut block = readme::block("nginx: set up");
    if !rustix::process::geteuid().is_root() {
        block = changed(block, &[("-o www-data ", String::new()), ("-g adm ", String::new())]);
    }
    readme::run(readme::shell(block, &folders(site)).current_dir(site.path("")));
}

fn folders(site: &Site) -> [(&'static str, String); 3] {
    [
        ("/etc/nginx/", site.text("")),
        ("/var/log/docglow", site.text("log")),
        ("/var/lib/docglow", site.text("lib")),
    ]
}

/// The number of refused events in nginx's log.
pub fn refusals(site: &Site) -> usize {
    let log = [("/var/log/nginx/", site.text(""))];
    let text = readme::run(&mut readme::shell(readme::block("nginx: refused events"), &log));
    text.split(' ').next().map_or(0, |number| number.parse().unwrap_or(0))
}

/// The parts of a configuration for nginx that depend on the machine, with this machine's values.
pub fn server_changes(site: &Site) -> [(&'static str, String); 5] {
    [
        ("listen 443 ssl", format!("listen 127.0.0.1:{} ssl", site.port)),
        ("telemetry.example.com", "localhost".to_owned()),
        ("/etc/ssl/docglow/fullchain.pem", site.text("fullchain.pem")),
        ("/etc/ssl/docglow/privkey.pem", site.text("privkey.pem")),
        ("/var/log/nginx/", site.text("")),
    ]
}

/// Starts nginx with the site's `docglow.conf`, configured as on Debian. `modules` are the first
/// lines of the configuration. The command `before` runs before each start.
pub fn start(site: &Site, modules: &str, before: &str) -> Service {
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
    let (port, messages_file) = (site.port, site.path("messages"));
    let before = before.to_owned();
    let command = move || {
        readme::run(&mut readme::shell(before.clone(), &[]));
        let mut command = Command::new(program());
        command.arg("-c").arg(&file).env("TZ", "UTC");
        command.stdout(Stdio::null()).stderr(messages(&messages_file));
        command
    };
    Service::start(command, move || is_open(port))
}
