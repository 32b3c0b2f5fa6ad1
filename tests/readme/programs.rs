//! The programs of README.md and hooks/README.md that report an event.

use crate::common::sandbox::binary;
use crate::common::trials::tool_path;
use crate::common::{EVENT, Invocation, Receiver, Sandbox, trials};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        every_program_of_the_readmes_is_run,
        python_programs_report needs ["python3"],
        go_programs_report needs ["go"],
        node_programs_report needs ["node"],
        rust_programs_report needs ["rustc"],
        shell_programs_report,
    ]
}

/// The READMEs, from the repository.
const READMES: [&str; 2] = [include_str!("../../README.md"), include_str!("../../hooks/README.md")];

/// The languages of the programs that are run here.
const RUN_HERE: [&str; 5] = ["python", "go", "js", "rust", "sh"];

/// Other blocks: data, and the hooks of shells, which `tests/shells` tests.
const NOT_HERE: [&str; 5] = ["json", "yaml", "bash", "zsh", "fish"];

/// The language and the text of each block of code.
fn blocks() -> impl Iterator<Item = (&'static str, &'static str)> {
    READMES.into_iter().flat_map(|readme| {
        let fenced = readme.split("\n```").skip(1).step_by(2);
        fenced.map(|block| block.split_once('\n').expect("a block"))
    })
}

/// The programs in this language that pipe an event into the hook, or call the Python package.
fn programs(language: &str) -> Vec<&'static str> {
    let reports = |text: &&str| {
        ["docglow_telemetry.report(", "(\"docglow-telemetry\"", "docglow-telemetry <<"]
            .iter()
            .any(|call| text.contains(call))
    };
    let programs: Vec<_> =
        blocks().filter(|(of, _)| *of == language).map(|(_, text)| text).filter(reports).collect();
    assert!(!programs.is_empty(), "no program in {language}");
    programs
}

fn every_program_of_the_readmes_is_run() {
    for (language, text) in blocks() {
        let is_known = RUN_HERE.contains(&language) || NOT_HERE.contains(&language);
        assert!(is_known, "no trial runs this {language}:\n{text}");
    }
}

/// A machine with docglow-telemetry on PATH, the Python package, and a project `shop`.
struct Machine {
    sandbox: Sandbox,
    receiver: Receiver,
}

impl Machine {
    fn new() -> Machine {
        let machine = Machine { sandbox: Sandbox::new(), receiver: Receiver::answering() };
        let package = machine.path("lib/docglow_telemetry");
        for folder in [&package, &machine.path("bin"), &machine.sandbox.project().join("shop")] {
            fs::create_dir_all(folder).expect("a folder");
        }
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(".pypi/python/docglow_telemetry/__init__.py");
        fs::copy(source, package.join("__init__.py")).expect("the Python package");
        std::os::unix::fs::symlink(binary(), machine.path("bin/docglow-telemetry")).expect("it");
        machine
    }

    fn path(&self, path: &str) -> PathBuf {
        self.sandbox.root().join(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.path(name), text).expect("a file");
        self.path(name)
    }

    /// Runs the program. It must print nothing, and report a command that succeeded.
    #[track_caller]
    fn assert_reports(self, program: PathBuf, arguments: &[&Path]) {
        let system = std::env::var("PATH").expect("a PATH");
        let path = format!("{}:{system}", self.path("bin").display());
        let call = Invocation { program, ..self.sandbox.hook() }.args(arguments).on();
        let call = call.env("PATH", path).env("PYTHONPATH", self.path("lib"));
        call.to(&self.receiver).env("DOCGLOW_TELEMETRY_WAIT", "1").run().assert_silent();
        let event = self.receiver.only_request().json();
        assert!(["generate", "health"].contains(&event["command"].as_str().expect("a command")));
        assert_eq!(event["result"], "success");
        assert!(event["duration_ms"].as_u64().expect("a duration") > 0);
    }
}

/// Compiles a program with the environment of this test.
#[track_caller]
fn compile(command: &mut Command) {
    assert!(command.status().expect("a compiler").success(), "{command:?}");
}

fn python_programs_report() {
    for program in programs("python") {
        let machine = Machine::new();
        let file = machine.write("program.py", program);
        machine.assert_reports(tool_path("python3").expect("python3"), &[&file]);
    }
}

fn node_programs_report() {
    for program in programs("js") {
        let machine = Machine::new();
        let file = machine.write("program.js", program);
        machine.assert_reports(tool_path("node").expect("node"), &[&file]);
    }
}

fn go_programs_report() {
    for program in programs("go") {
        let machine = Machine::new();
        let imports = "import (\n\"bytes\"\n\"encoding/json\"\n\"os/exec\"\n)";
        let event =
            "map[string]any{\"command\": \"health\", \"result\": \"success\", \"duration\": 7}";
        let text =
            format!("package main\n{imports}\n{program}\nfunc main() {{ report({event}) }}\n");
        let (source, built) = (machine.write("program.go", &text), machine.path("program"));
        let mut go = Command::new("go");
        go.arg("build").arg("-o").args([&built, &source]).env("GOCACHE", machine.path("cache"));
        compile(go.env("GO111MODULE", "off"));
        machine.assert_reports(built, &[]);
    }
}

fn rust_programs_report() {
    for program in programs("rust") {
        let machine = Machine::new();
        let text = format!("{program}\nfn main() {{ report(r#\"{EVENT}\"#) }}\n");
        let (source, built) = (machine.write("program.rs", &text), machine.path("program"));
        compile(Command::new("rustc").args(["--edition", "2024", "-o"]).args([&built, &source]));
        machine.assert_reports(built, &[]);
    }
}

fn shell_programs_report() {
    for program in programs("sh") {
        let machine = Machine::new();
        let file = machine.write("program.sh", program);
        machine.assert_reports("/bin/sh".into(), &[Path::new("-eu"), &file]);
    }
}
