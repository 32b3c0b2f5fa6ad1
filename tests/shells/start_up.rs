//! `docglow-telemetry init SHELL >> start-up file`, as the README recommends.

use crate::common::Invocation;
use crate::script::Stage;
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell =>
        the_text_in_the_start_up_file_sets_the_hook_up,
        the_folder_of_the_tool_may_be_added_to_path_below_the_text,
    ];
    if shell == Shell::Fish {
        trials.extend(promises![shell => the_text_in_the_folder_of_functions_is_autoloaded]);
    }
    trials
}

/// The start-up file of an interactive shell, and the shell that reads it.
fn start_up_file(stage: &Stage) -> (PathBuf, Invocation) {
    let root = stage.sandbox.root();
    let shell = Invocation { arguments: Vec::new(), ..stage.invocation() };
    match stage.shell {
        Shell::Bash => {
            let file = root.join("bashrc");
            (file.clone(), shell.arg("--rcfile").arg(file))
        }
        Shell::Zsh => (root.join(".zshrc"), shell.arg("-d").env("ZDOTDIR", root)),
        Shell::Dash => (root.join("shrc"), shell.env("ENV", root.join("shrc"))),
        Shell::Busybox => (root.join("shrc"), shell.arg("sh").env("ENV", root.join("shrc"))),
        Shell::Fish => (stage.sandbox.config_home().join("fish/config.fish"), shell),
    }
}

/// Appends the output of `init` to the file.
fn append(stage: &Stage, file: &PathBuf) {
    let init = stage.sandbox.command(["init", stage.shell.init()]).run();
    let mut file = OpenOptions::new().append(true).create(true).open(file).expect("the file");
    file.write_all(&init.assert_success().stdout).expect("the text");
}

/// Runs a generate, which is reported. Returns the exit status that the start-up file left.
fn generate(stage: &Stage, shell: Invocation) -> String {
    let lines = format!("echo status={}\ndocglow generate\n", stage.shell.status());
    let out = shell.arg("-i").stdin(lines).on().run();
    assert!(out.stdout().contains("docglow: <generate>\n"), "{out:?}");
    assert_eq!(stage.events(), ["generate success"], "{out:?}");
    let (_, rest) = out.stdout().split_once("status=").expect("a status");
    rest.lines().next().unwrap_or_default().to_owned()
}

fn the_text_in_the_start_up_file_sets_the_hook_up(shell: Shell) {
    for before in ["", "true\n", "false", "# The last line has no end"] {
        let stage = Stage::new(shell);
        let (file, invocation) = start_up_file(&stage);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(&file, before).expect("a start-up file");
        append(&stage, &file);
        assert_eq!(generate(&stage, invocation), "0", "{before:?}");
    }
}

fn the_folder_of_the_tool_may_be_added_to_path_below_the_text(shell: Shell) {
    let stage = Stage::new(shell);
    let (file, invocation) = start_up_file(&stage);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    append(&stage, &file);
    let assignment = if shell.is_posix() { "PATH=$BIN:$PATH" } else { "set PATH $BIN $PATH" };
    let text = fs::read_to_string(&file).expect("the file") + assignment;
    fs::write(&file, text).expect("a start-up file");
    generate(&stage, invocation.env("PATH", "/usr/bin:/bin").env("BIN", stage.bin()));
}

fn the_text_in_the_folder_of_functions_is_autoloaded(shell: Shell) {
    let stage = Stage::new(shell);
    let folder = stage.sandbox.config_home().join("fish/functions");
    fs::create_dir_all(&folder).expect("a folder");
    append(&stage, &folder.join("docglow.fish"));
    let (_, invocation) = start_up_file(&stage);
    assert_eq!(generate(&stage, invocation), "0");
    // The user's own function comes before it.
    let own = "function docglow; echo own $argv; end\ndocglow generate";
    let shell = Invocation { arguments: Vec::new(), ..stage.script(own) };
    let out = shell.args(["-c", own]).on().run();
    assert_eq!(out.stdout(), "own generate\n");
}
