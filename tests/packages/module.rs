//! The Python module of the wheel: it finds the binary wherever an installer has put it, and
//! `report` never raises.

use crate::common::trials::{tool_path, trials};
use crate::common::{Behaviour, EVENT, Invocation, Receiver, Sandbox};
use crate::{SENDER_LIFE, given, only_file, succeed};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The oldest Python that the wheel supports, as (major, minor).
const OLDEST: (u32, u32) = (3, 8);

/// The sender's own limit is 3 s. A report that waited for a silent endpoint would take that long.
const NOT_WAITING: Duration = Duration::from_secs(2);

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        report_delivers_from_an_unactivated_environment_of_every_python needs ["python3"],
        report_delivers_however_pip_installed_it needs ["python3"],
        report_takes_the_project_and_the_target_folder needs ["python3"],
        report_does_not_wait_for_a_silent_endpoint needs ["python3"],
        report_never_raises_and_shows_no_value needs ["python3"],
        the_module_is_short_and_typed needs ["python3"],
    ]
}

fn wheel() -> PathBuf {
    only_file(&given("PACKAGES"), &[".whl", "manylinux2014_x86_64"])
}

/// One Python of each version on this machine, from PATH or pyenv.
fn pythons() -> BTreeMap<(u32, u32), PathBuf> {
    let named = ["python3".to_owned()].into_iter();
    let named = named.chain((OLDEST.1..20).map(|minor| format!("python3.{minor}")));
    let on_path = named.filter_map(|name| tool_path(&name));
    let pyenv = std::env::var_os("PYENV_ROOT").map(|root| Path::new(&root).join("versions"));
    let of_pyenv = pyenv.into_iter().flat_map(fs::read_dir).flatten().flatten();
    let of_pyenv = of_pyenv.map(|version| version.path().join("bin/python3"));
    let version = |python: PathBuf| {
        let code = "import sys; print(*sys.version_info[:2])";
        let output = Command::new(&python).args(["-c", code]).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let (major, minor) = text.trim().split_once(' ')?;
        Some(((major.parse().ok()?, minor.parse().ok()?), python))
    };
    on_path.chain(of_pyenv).filter_map(version).filter(|(version, _)| *version >= OLDEST).collect()
}

/// A virtual environment with the wheel. It is not activated.
fn environment(sandbox: &Sandbox, python: &Path) -> PathBuf {
    let folder = sandbox.root().join("environment");
    let uv = given("PYTHON_TOOLS").join("uv");
    succeed(Command::new(&uv).args(["venv", "--quiet", "--python"]).args([python, &folder]));
    let mut install = Command::new(&uv);
    install.args(["pip", "install", "--quiet", "--no-index", "--python"]);
    succeed(install.args([folder.join("bin/python"), wheel()]));
    folder.join("bin/python")
}

/// Runs this code in this Python. PATH does not contain the environment's folder.
fn run(sandbox: &Sandbox, python: &Path, code: &str) -> Invocation {
    let mut invocation = sandbox.hook().args(["-c", code]).env("PATH", "/usr/bin:/bin");
    invocation.program = python.to_owned();
    invocation
}

fn report(arguments: &str) -> String {
    format!("import docglow_telemetry; docglow_telemetry.report({arguments})")
}

/// The event as a Python expression.
fn event() -> String {
    format!("__import__('json').loads('''{}''')", EVENT.trim())
}

/// The Python that `python3` belongs to. In an activated virtual environment, that is its base:
/// `pip install --user` does not work in an environment.
fn python3() -> PathBuf {
    let code = "import os, sys; print(os.path.join(sys.base_prefix, 'bin', 'python3'))";
    let python = tool_path("python3").expect("python3");
    PathBuf::from(succeed(Command::new(python).args(["-c", code])).trim())
}

fn report_delivers_from_an_unactivated_environment_of_every_python() {
    let pythons = pythons();
    println!("Python {:?}", pythons.keys());
    assert!(!pythons.is_empty());
    for (version, python) in pythons {
        let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
        let python = environment(&sandbox, &python);
        let outcome = run(&sandbox, &python, &report(&event())).on().to(&receiver).run();
        outcome.assert_silent();
        let requests = receiver.wait_for(1, SENDER_LIFE);
        assert_eq!(requests[0].json()["duration_ms"], 1446, "Python {version:?}");
    }
}

fn report_delivers_however_pip_installed_it() {
    let pip = given("PYTHON_TOOLS").join("python");
    let layouts = [
        ("--target", ""),
        ("--prefix", "lib/python{}/site-packages"),
        ("--user", "lib/python{}/site-packages"),
    ];
    for (option, packages) in layouts {
        let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
        let folder = sandbox.root().join("installed");
        let mut install = Command::new(python3());
        install.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-index",
            "--disable-pip-version-check",
        ]);
        install.args(["--break-system-packages", option]).env("PYTHONUSERBASE", &folder);
        if option != "--user" {
            install.arg(&folder);
        }
        succeed(install.arg(wheel()));
        let version = succeed(
            Command::new(&pip).args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]),
        );
        let packages = folder.join(packages.replace("{}", version.trim()));
        let code = report(&event());
        let outcome =
            run(&sandbox, &python3(), &code).env("PYTHONPATH", packages).on().to(&receiver).run();
        outcome.assert_silent();
        assert_eq!(receiver.wait_for(1, SENDER_LIFE).len(), 1, "{option}");
    }
}

fn report_takes_the_project_and_the_target_folder() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
    let python = environment(&sandbox, &python3());
    sandbox.write_config("telemetry: {enabled: true}\n");
    let target = sandbox.root().join("elsewhere");
    fs::create_dir(&target).expect("a target folder");
    fs::write(
        target.join("manifest.json"),
        r#"{"metadata": {"adapter_type": "duckdb"}, "sources": {"a": {}}}"#,
    )
    .expect("a manifest");
    let folders = format!(
        "project_dir={:?}, target_dir=__import__('pathlib').Path({target:?})",
        sandbox.project()
    );
    let code = report(&format!(r#"{{"command": "health", "result": "success"}}, {folders}"#));
    let outcome = run(&sandbox, &python, &code).folder("/").to(&receiver).run();
    outcome.assert_silent();
    let payload = receiver.wait_for(1, SENDER_LIFE)[0].json();
    assert_eq!(
        (&payload["adapter_type"], &payload["project_shape"]["sources"]),
        (&"duckdb".into(), &1.into())
    );
}

fn report_does_not_wait_for_a_silent_endpoint() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::start(Behaviour::Silent));
    let python = environment(&sandbox, &python3());
    let outcome = run(&sandbox, &python, &report(&event())).on().to(&receiver).run();
    outcome.assert_silent();
    assert!(outcome.wall < NOT_WAITING, "{:?}", outcome.wall);
    receiver.wait_for(1, SENDER_LIFE);
}

fn report_never_raises_and_shows_no_value() {
    let sandbox = Sandbox::new();
    let python = environment(&sandbox, &python3());
    let cases = [
        ("None", ""),
        ("'secret'", ""),
        ("{'command': {'secret'}}", ""),
        ("{'command': 'secret', 'x': '\\ud800'}", ""),
        ("{'command': 'x' * 3_000_000}", ""),
        ("{}, project_dir=3", ""),
        ("{}, project_dir='secret\\0'", ""),
        ("{}, target_dir='--secret'", ""),
        ("{}", "import sys; sys.stderr = None"),
        ("{}", "import sys; sys.stderr.close()"),
        ("{}", "import os; os.close(0); os.close(1); os.close(2)"),
        ("{}", "import os; os.environ.clear()"),
    ];
    for (arguments, before) in cases {
        for debug in ["0", "1"] {
            let code = format!("{before}\n{}\nopen('reached', 'w')", report(arguments));
            let outcome =
                run(&sandbox, &python, &code).on().env("DOCGLOW_TELEMETRY_DEBUG", debug).run();
            assert!(!outcome.stderr().contains("secret"), "{arguments}: {outcome:?}");
            assert!(!outcome.stderr().contains("Traceback"), "{arguments}: {outcome:?}");
            fs::remove_file(sandbox.project().join("reached")).expect("the line behind report");
        }
    }
    let mut program = succeed(
        Command::new(&python).args(["-c", "import docglow_telemetry as d; print(d.find_binary())"]),
    );
    fs::remove_file(program.split_off(0).trim()).expect("the binary");
    let outcome = run(&sandbox, &python, &report("{}")).debug().run();
    assert_eq!(outcome.stderr(), "telemetry: not sent (FileNotFoundError)\n");
    run(&sandbox, &python, &report("{}")).run().assert_silent();
}

fn the_module_is_short_and_typed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    succeed(Command::new("python3").args(["-m", "zipfile", "-e"]).args([&wheel(), folder.path()]));
    let module = folder.path().join("docglow_telemetry");
    assert!(module.join("py.typed").is_file());
    let text = fs::read_to_string(module.join("__init__.py")).expect("the module");
    assert!(text.lines().count() <= 80);
}
