//! The completions and the manual page of docglow-telemetry contain everything that `--help` lists.

use crate::common::trials::{tool_path, trials};
use crate::common::{Invocation, Sandbox};
use crate::pty::Terminal;
use docglow_telemetry::commands::init::SHELLS;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        bash_completes_all_words_of_the_help needs ["bash"],
        zsh_completes_all_words_of_the_help needs ["zsh", "setsid"],
        fish_completes_all_words_of_the_help needs ["fish"],
        behind_run_bash_completes_docglows_own_words needs ["bash", "setsid"],
        behind_run_bash_completion_completes_docglows_own_words
            needs ["bash", "setsid", "/usr/share/bash-completion/bash_completion"],
        behind_run_zsh_completes_docglows_own_words needs ["zsh", "setsid"],
        behind_run_fish_completes_docglows_own_words needs ["fish"],
        bash_quotes_the_names_of_folders needs ["bash", "setsid"],
        the_manual_has_all_words_of_the_help,
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

fn shells() -> BTreeSet<String> {
    SHELLS.iter().map(|shell| shell.name.to_owned()).collect()
}

/// Compares the commands, options and shells that `offers` returns for a command line with the
/// help.
fn offers_all_words_of_the_help(offers: impl Fn(&str) -> Vec<String>) {
    let offered: BTreeSet<String> =
        offers("").into_iter().filter(|word| !word.starts_with('-')).collect();
    assert_eq!(offered, commands());
    let beginnings =
        commands().into_iter().map(|command| format!("{command} --")).chain(["--".into()]);
    let offered: BTreeSet<String> = beginnings.flat_map(|line| offers(&line)).collect();
    assert_eq!(offered, options());
    assert_eq!(BTreeSet::from_iter(offers("init ")), shells());
}

fn completions() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".package/completions")
}

fn shell(sandbox: &Sandbox, name: &str, arguments: &[&str]) -> Invocation {
    let mut shell = sandbox.hook().args(arguments).env("PATH", "/usr/bin:/bin");
    shell.program = tool_path(name).expect("the shell");
    shell
}

fn bash_completes_all_words_of_the_help() {
    const SCRIPT: &str = r#"source "$1"; COMP_WORDS=(docglow-telemetry $2)
case $2 in '' | *' ') COMP_WORDS+=('') ;; esac
COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _docglow_telemetry; printf '%s\n' "${COMPREPLY[@]}""#;
    let (sandbox, file) = (Sandbox::new(), completions().join("docglow-telemetry.bash"));
    offers_all_words_of_the_help(|line| {
        let bash = shell(&sandbox, "bash", &["--norc", "-c", SCRIPT, "bash"]).arg(&file).arg(line);
        bash.run().stdout().lines().filter(|word| !word.is_empty()).map(Into::into).collect()
    });
}

fn fish_completes_all_words_of_the_help() {
    let (sandbox, file) = (Sandbox::new(), completions().join("docglow-telemetry.fish"));
    offers_all_words_of_the_help(|line| {
        let script = format!("source '{}'; complete -C 'docglow-telemetry {line}'", file.display());
        let fish = shell(&sandbox, "fish", &["--no-config", "-c", &script]).run();
        fish.stdout().lines().filter_map(|line| line.split('\t').next()).map(Into::into).collect()
    });
}

/// An interactive zsh that has loaded the completions. Their path is not typed, because zsh's line
/// editor may not accept all of its characters.
fn zsh(sandbox: &Sandbox) -> Terminal {
    let zsh = shell(sandbox, "zsh", &["-f", "-i"]).env("COMPLETIONS", completions());
    let mut terminal = Terminal::open(&zsh);
    terminal.type_in("fpath=($COMPLETIONS $fpath); autoload -Uz compinit; compinit -D -u\n");
    terminal
}

fn zsh_completes_all_words_of_the_help() {
    let sandbox = Sandbox::new();
    let mut terminal = zsh(&sandbox);
    // Shows each list completely, with each word at the beginning of a line.
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
        ("report", &["--status", "--duration-ms"][..]),
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
    // These are shown in columns.
    terminal.type_in("docglow-telemetry init \t\t");
    terminal.wait_for("docglow-telemetry init");
    terminal.type_in("\x15echo 'do''ne'\n");
    let shown = terminal.wait_for("done");
    let shown: BTreeSet<&str> = shown.split_whitespace().collect();
    for shell in shells() {
        assert!(shown.contains(&*shell), "{shell}: {shown:?}");
    }
}

/// docglow's own completion in bash, as click generates it: a function that calls docglow.
const DOCGLOWS_OWN: &str = r#"docglow() { case $2 in g*) echo generate ;; *) echo --project-dir ;; esac; }
_docglow() { COMPREPLY=($($1 "${COMP_WORDS[@]:COMP_CWORD-1}")); }
complete -o nosort -F _docglow docglow
"#;

/// An interactive bash with these lines as its start-up file, in a folder that contains this
/// subfolder.
fn bash(sandbox: &Sandbox, lines: &str, folder: &str) -> Terminal {
    fs::create_dir(sandbox.project().join(folder)).expect("a folder");
    let file = completions().join("docglow-telemetry.bash");
    let printed = "docglow-telemetry() { printf '<%s>' \"$@\"; echo; }";
    let lines = format!("{lines}\n. '{}'\n{printed}\n", file.display());
    let start_up_file = sandbox.root().join("bashrc");
    fs::write(&start_up_file, lines).expect("a start-up file");
    let start_up_file = start_up_file.to_str().expect("a UTF-8 path");
    let mut terminal =
        Terminal::open(&shell(sandbox, "bash", &["--noprofile", "--rcfile", start_up_file, "-i"]));
    terminal.type_in("echo 're''ady'\n");
    terminal.wait_for("ready");
    terminal
}

fn bash_completes_docglows_own_words(lines: &str) {
    let sandbox = Sandbox::new();
    let mut terminal = bash(&sandbox, &format!("{lines}\n{DOCGLOWS_OWN}"), "folder");
    for (typed, arguments) in [
        ("run docglow g\t", "<run><docglow><generate>"),
        ("run --wait docglow g\t", "<run><--wait><docglow><generate>"),
        ("run docglow generate --p\t", "<run><docglow><generate><--project-dir>"),
    ] {
        terminal.type_in(&format!("docglow-telemetry {typed}\n"));
        terminal.wait_for(&format!("\n{arguments}"));
    }
}

fn behind_run_bash_completes_docglows_own_words() {
    bash_completes_docglows_own_words("");
}

fn behind_run_bash_completion_completes_docglows_own_words() {
    bash_completes_docglows_own_words(". /usr/share/bash-completion/bash_completion");
}

fn behind_run_fish_completes_docglows_own_words() {
    let (sandbox, file) = (Sandbox::new(), completions().join("docglow-telemetry.fish"));
    let own = "complete -c docglow -f -a 'generate health'; complete -c docglow -l project-dir";
    for (line, offered) in [
        ("run docglow ", "generate\nhealth\n"),
        ("run --wait docglow g", "generate\n"),
        ("run docglow generate --", "--project-dir\n"),
    ] {
        let script =
            format!("source '{}'; {own}; complete -C 'docglow-telemetry {line}'", file.display());
        let fish = shell(&sandbox, "fish", &["--no-config", "-c", &script]).run();
        assert_eq!(fish.stdout(), offered, "{line}");
    }
}

fn behind_run_zsh_completes_docglows_own_words() {
    let sandbox = Sandbox::new();
    let mut terminal = zsh(&sandbox);
    terminal.type_in("_docglow() { _arguments '--project-dir' '1:command:(generate health)' }\n");
    terminal.type_in("compdef _docglow docglow; docglow-telemetry() { print -rl -- \"<$^@>\" }\n");
    terminal.type_in("echo 're''ady'\n");
    terminal.wait_for("ready");
    for (typed, last) in [
        ("run docglow g\t", "generate"),
        ("run --wait docglow h\t", "health"),
        ("run docglow generate --p\t", "--project-dir"),
    ] {
        terminal.type_in(&format!("docglow-telemetry {typed}\n"));
        terminal.wait_for(&format!("\n<{last}>"));
    }
}

fn bash_quotes_the_names_of_folders() {
    for option in ["--project-dir", "--target-dir", "--docglow"] {
        let sandbox = Sandbox::new();
        let mut terminal = bash(&sandbox, "", "$(touch pwned)");
        let beginning = if option == "--docglow" { "\\$" } else { "" };
        terminal.type_in(&format!("docglow-telemetry {option} {beginning}\t\n"));
        terminal.wait_for(&format!("\n<{option}><$(touch pwned)/>"));
        assert!(!sandbox.project().join("pwned").exists());
    }
}

fn manual() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".package/docglow-telemetry.1")
}

fn the_manual_has_all_words_of_the_help() {
    let manual = std::fs::read_to_string(manual()).expect("the manual").replace("\\-", "-");
    let help = help();
    let variables = help
        .split(|c: char| !c.is_ascii_uppercase() && c != '_')
        .filter(|word| word.starts_with("DOCGLOW"));
    let words = commands().into_iter().chain(options()).chain(shells());
    for word in words.chain(variables.map(Into::into)) {
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
