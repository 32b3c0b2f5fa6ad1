//! A sandbox with secrets in all places that the hook may read.

use crate::common::platform::{CONFIG_HOME, CONFIG_IN_HOME, HOME, PROGRAMS, first_lines, packages};
use crate::common::{Invocation, Receiver, Sandbox};
use crate::secrets::SECRETS;
use std::fs;
use std::path::PathBuf;

/// A home, a project, dbt artifacts and a docglow. All of their names and contents are secrets.
pub struct World {
    sandbox: Sandbox,
}

impl World {
    pub fn new() -> Self {
        let world = Self { sandbox: Sandbox::new() };
        let [secret, number, ..] = SECRETS;
        for folder in
            [world.home(), world.project(), world.target(), world.environment().join(PROGRAMS)]
        {
            fs::create_dir_all(folder).expect("a folder");
        }
        let manifest = format!(
            r#"{{"metadata":{{"adapter_type":"{secret}","project_name":"{secret}","user_id":"{secret}"}},
                "nodes":{{"model.{secret}":{{"resource_type":"model","name":"{secret}","raw_code":"{secret}"}},
                "{number}":{{"resource_type":"{secret}"}}}},"sources":{{"{secret}":"{secret}"}},"macros":{{}},"{secret}":1}}"#
        );
        fs::write(world.target().join("manifest.json"), manifest).expect("the manifest");
        let config = format!(
            "title: {secret}\ntelemetry:\n  enabled: true\n  endpoint: http://{secret}.example/{secret}\n  {secret}: {secret}\n"
        );
        fs::write(world.project().join("docglow.yml"), config).expect("docglow.yml");
        let state = format!(
            r#"{{"version":1,"instance_id":"{secret}","consent":"{secret}","consent_recorded_at":"{secret}","{secret}":"{number}"}}"#
        );
        fs::create_dir_all(world.config_home().join("docglow")).expect("the state folder");
        fs::write(world.config_home().join("docglow/telemetry.json"), state)
            .expect("the state file");
        world.install_docglow();
        world
    }

    fn install_docglow(&self) {
        let [secret, number, ..] = SECRETS;
        let folder = self.environment().join(packages(&format!("python3.11-{secret}")));
        for package in [
            format!("docglow-0.9.2+{secret}.dist-info"),
            format!("docglow-{secret}.dist-info"),
            secret.to_owned(),
        ] {
            fs::create_dir_all(folder.join(package)).expect("a package");
        }
        let config = format!(
            "home = /{secret}\nversion = 3.11.7 {secret}\nprompt = {secret}\nversion_info = {number}\n"
        );
        fs::write(self.environment().join("pyvenv.cfg"), config).expect("pyvenv.cfg");
        let programs = self.environment().join(PROGRAMS);
        let script = first_lines(&programs.join("python"), &format!(" {secret}"))
            + &format!("from docglow.cli import cli # {secret}\n");
        fs::write(self.docglow(), script).expect("docglow");
    }

    fn named(&self, name: &str) -> PathBuf {
        self.sandbox.root().join(format!("{name}-{}", SECRETS[0]))
    }

    fn home(&self) -> PathBuf {
        self.named("home")
    }

    fn config_home(&self) -> PathBuf {
        self.home().join(CONFIG_IN_HOME)
    }

    fn project(&self) -> PathBuf {
        self.named("project")
    }

    fn target(&self) -> PathBuf {
        self.named("target")
    }

    fn environment(&self) -> PathBuf {
        self.named("venv")
    }

    fn docglow(&self) -> PathBuf {
        self.environment().join(PROGRAMS).join("docglow")
    }

    /// The hook, with secrets for all of its settings except the endpoint.
    pub fn hook(&self, receiver: &Receiver) -> Invocation {
        let [secret, number, wide, ..] = SECRETS;
        self.sandbox
            .hook()
            .on()
            .to(receiver)
            .folder(self.project())
            .env(HOME, self.home())
            .env(CONFIG_HOME, self.config_home())
            .env("DBT_ENV_SECRET_PASSWORD", secret)
            .env(format!("DOCGLOW_{secret}"), secret)
            .env("USER", wide)
            .env("HOSTNAME", secret)
            .env("DOCGLOW_NO_TELEMETRY", "")
            .env("DOCGLOW_VERCEL_BYPASS", format!("not visible {secret}"))
            .env("https_proxy", format!("http://{secret}:{number}@{secret}.example:1"))
            .env("no_proxy", secret)
            .env("RUST_BACKTRACE", "full")
            .env("LC_ALL", secret)
            .args(["--target-dir".as_ref(), self.target().as_os_str()])
            .args(["--docglow".as_ref(), self.docglow().as_os_str()])
            .args(["--project-dir".as_ref(), self.project().as_os_str()])
    }
}
