//! What the shells offer for the command line of docglow-telemetry itself, and its manual: all that `--help` names.

use crate::common::trials::{tool_path, trials};
use crate::common::{Invocation, Sandbox};
use crate::pty::Terminal;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        bash_completes_what_the_help_names needs ["bash"],
        zsh_completes_what_the_help_names needs ["zsh", "setsid"],
        fish_completes_what_the_help_names needs ["fish"],
        the_manual_has_what_the_help_names,
        the_manual_is_well_formed needs ["groff"],
    ]
}

fn help() -> String {
    Sandbox::new().command(["--help"]).run().stdout().to_owned()
}

fn commands() -> BTreeSet<String> {
    let help = help();
    let words = help
        .lines()
        .filter_map(|line| line.strip_prefix("  docglow-telemetry ")?.split(' ').next());
    let commands: BTreeSet<String> =
        words.filter(|word| word.starts_with(char::is_alphabetic)).map(Into::into).collect();
    assert!(commands.contains("status"), "{help}");
    commands
}

fn options() -> BTreeSet<String> {
    let help = help();
    let words = help.split(|c: char| !c.is_ascii_lowercase() && c != '-');
    let options: BTreeSet<String> =
        words.filter(|word| word.len() > 2 && word.starts_with("--")).map(Into::into).collect();
    assert!(options.contains("--wait"), "{help}");
    options
}

/// All that is offered as a command, and as an option of any command, by `offers`, which completes a command line.
fn offers_what_the_help_names(offers: impl Fn(&str) -> Vec<String>) {
    let offered: BTreeSet<String> =
        offers("").into_iter().filter(|word| !word.starts_with('-')).collect();
    assert_eq!(offered, commands());
    let beginnings =
        commands().into_iter().map(|command| format!("{command} --")).chain(["--".into()]);
    let offered: BTreeSet<String> = beginnings.flat_map(|line| offers(&line)).collect();
    assert_eq!(offered, options());
}

fn completions() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".package/completions")
}

fn shell(sandbox: &Sandbox, name: &str, arguments: &[&str]) -> Invocation {
    let mut shell = sandbox.hook().args(arguments).env("PATH", "/usr/bin:/bin");
    shell.program = tool_path(name).expect("the shell");
    shell
}

fn bash_completes_what_the_help_names() {
    const SCRIPT: &str = r#"source "$1"; COMP_WORDS=(docglow-telemetry $2); [[ -n $2 ]] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _docglow_telemetry; printf '%s\n' "${COMPREPLY[@]}""#;
    let (sandbox, file) = (Sandbox::new(), completions().join("docglow-telemetry.bash"));
    offers_what_the_help_names(|line| {
        let bash = shell(&sandbox, "bash", &["--norc", "-c", SCRIPT, "bash"]).arg(&file).arg(line);
        bash.run().stdout().lines().filter(|word| !word.is_empty()).map(Into::into).collect()
    });
}

fn fish_completes_what_the_help_names() {
    let (sandbox, file) = (Sandbox::new(), completions().join("docglow-telemetry.fish"));
    offers_what_the_help_names(|line| {
        let script = format!("source '{}'; complete -C 'docglow-telemetry {line}'", file.display());
        let fish = shell(&sandbox, "fish", &["--no-config", "-c", &script]).run();
        fish.stdout().lines().filter_map(|line| line.split('\t').next()).map(Into::into).collect()
    });
}

fn zsh_completes_what_the_help_names() {
    let sandbox = Sandbox::new();
    let mut terminal = Terminal::open(&shell(&sandbox, "zsh", &["-f", "-i"]));
    terminal.type_in(&format!(
        "fpath=('{}' $fpath); autoload -Uz compinit; compinit -D -u\n",
        completions().display()
    ));
    // Every list in full, with each word at the beginning of a line.
    terminal.type_in("LISTMAX=9999; setopt no_auto_menu; stty rows 99 columns 150; echo rea''dy\n");
    terminal.wait_for("ready");
    let mut offered = |line: &str, words: &[String]| {
        terminal.type_in(&format!("docglow-telemetry {line}\t\t"));
        words.iter().for_each(|word| drop(terminal.wait_for(&format!("\n{word} "))));
        terminal.type_in("\x15");
    };
    offered("", &commands().into_iter().collect::<Vec<_>>());
    let (mut rest, all) = (options(), options());
    for (command, own) in [
        ("report", &["--status", "--duration-ms", "--started"][..]),
        ("status", &["--json"]),
        ("log", &["--json"]),
    ] {
        let is_there = |option: &String| own.contains(&option.as_str());
        offered(
            &format!("{command} --"),
            &all.iter().filter(|option| is_there(option)).cloned().collect::<Vec<_>>(),
        );
        rest.retain(|option| !is_there(option));
    }
    offered("--", &rest.into_iter().collect::<Vec<_>>());
}

fn manual() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".package/docglow-telemetry.1")
}

fn the_manual_has_what_the_help_names() {
    let manual = std::fs::read_to_string(manual()).expect("the manual").replace("\\-", "-");
    let help = help();
    let variables = help
        .split(|c: char| !c.is_ascii_uppercase() && c != '_')
        .filter(|word| word.starts_with("DOCGLOW"));
    for word in commands().into_iter().chain(options()).chain(variables.map(Into::into)) {
        assert!(manual.contains(&word), "{word} is not in the manual");
    }
}

fn the_manual_is_well_formed() {
    let groff = Command::new("groff")
        .args(["-man", "-Tutf8", "-ww", "-z"])
        .arg(manual())
        .output()
        .expect("groff");
    assert!(
        groff.status.success() && groff.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&groff.stderr)
    );
}
