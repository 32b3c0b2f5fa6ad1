//! The output of `init` for the rarer shells, tested in the real ones; and the line for make in
//! hooks/README.md.

use crate::common::trials::{tool_path, trials};
use crate::scene::{By, Scene};
use docglow_telemetry::commands::init;
use std::fs;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        tcsh needs ["tcsh"],
        ksh needs ["ksh"],
        mksh needs ["mksh"],
        elvish needs ["elvish"],
        xonsh needs ["xonsh"],
        nushell needs ["nu"],
        make needs ["make"],
    ]
}

const CALL: &str = "docglow generate --title 'a b'\n";

/// Runs the script with a docglow that prints its arguments. Returns them and the number of events.
fn run(has_tool: bool, program: &str, arguments: &[&str], script: &str) -> (String, usize) {
    let scene = Scene::new();
    if !has_tool {
        fs::remove_file(scene.bin().join("docglow-telemetry")).expect("the tool");
    }
    fs::write(scene.sandbox.project().join("script"), script).expect("a script");
    let mut call = scene.call(By::RunOn, &[] as &[&str]);
    call.program = tool_path(program).expect("the program");
    call.arguments = arguments.iter().map(Into::into).collect();
    let call = call.arg("script").env("DOCGLOW_TELEMETRY_WAIT", "1");
    let outcome = call.env("STUB", "printf '<%s>' \"$@\"; echo").run();
    (format!("{}{}", outcome.stdout(), outcome.stderr()), scene.receiver.connections())
}

/// With the text of `init`, docglow is reported, and it also runs without the tool. The user's own
/// docglow function stays.
fn assert_works(shell: &str, program: &str, arguments: &[&str], own: Option<&str>) {
    let text = init::shell(shell).expect("a shell of init").text;
    let script = format!("{text}{CALL}");
    for (has_tool, events) in [(true, 1), (false, 0)] {
        let (printed, sent) = run(has_tool, program, arguments, &script);
        assert_eq!(printed.trim_end(), "<generate><--title><a b>", "{shell}, tool: {has_tool}");
        assert_eq!(sent, events, "{shell}");
    }
    if let Some(own) = own {
        let (printed, sent) = run(true, program, arguments, &format!("{own}\n{script}"));
        assert_eq!((printed.trim_end(), sent), ("own generate --title a b", 0), "{shell}");
    }
}

fn assert_kill_switch_counts_without_export(program: &str) {
    let text = init::shell(program).expect("a shell of init").text;
    let script = format!("{text}DOCGLOW_NO_TELEMETRY=1\n{CALL}");
    let (printed, sent) = run(true, program, &[], &script);
    assert_eq!((printed.trim_end(), sent), ("<generate><--title><a b>", 0), "{program}");
}

fn tcsh() {
    assert_works("tcsh", "tcsh", &["-f"], Some("alias docglow echo own"));
}

fn ksh() {
    assert_works("ksh", "ksh", &[], Some("alias docglow='echo own'"));
    assert_kill_switch_counts_without_export("ksh");
}

fn mksh() {
    assert_works("mksh", "mksh", &[], Some("docglow() { echo own \"$@\"; }"));
    assert_kill_switch_counts_without_export("mksh");
}

fn elvish() {
    assert_works("elvish", "elvish", &["-norc"], None);
}

fn xonsh() {
    assert_works("xonsh", "xonsh", &["--no-rc"], Some("aliases['docglow'] = 'echo own'"));
}

fn nushell() {
    assert_works("nushell", "nu", &["--no-config-file"], None);
}

fn make() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/hooks/README.md"));
    let readme = readme.expect("the README");
    let (_, line) = readme.split_once("| a Makefile | `").expect("its line for make");
    let (line, _) = line.split_once('`').expect("the end of the line");
    let rule = format!("{line}\n.SILENT:\ndocs:\n\t$(DOCGLOW) generate --title 'a b'\n");
    for (has_tool, events) in [(true, 1), (false, 0)] {
        let (printed, sent) = run(has_tool, "make", &["-f"], &rule);
        assert_eq!((printed.trim_end(), sent), ("<generate><--title><a b>", events));
    }
}
