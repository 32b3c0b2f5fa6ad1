//! A docglow of the user's own, a function or an alias, is what the hook runs, and is never lost.

use crate::script::{Hook, Stage};
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;
use std::fs;

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell =>
        a_function_is_run_and_reported,
        an_alias_of_a_program_is_run_and_reported,
        setting_it_up_twice_changes_nothing,
        a_function_made_afterwards_is_taken_in_by_the_next_set_up,
        an_alias_that_silences_docglow_is_not_reported,
    ];
    // Neither shows a function.
    if !matches!(shell, Shell::Dash | Shell::Busybox) {
        trials.extend(promises![shell => a_function_that_silences_docglow_is_not_reported]);
    }
    if shell.is_posix() {
        trials.extend(promises![shell =>
            an_alias_of_docglow_stays_and_what_it_adds_is_reported,
            an_alias_and_a_function_are_both_run,
            an_alias_made_afterwards_works,
        ]);
    }
    if shell == Shell::Zsh {
        trials.extend(promises![shell => an_autoloaded_function_is_run_and_reported]);
    }
    if matches!(shell, Shell::Zsh | Shell::Bash | Shell::Busybox) {
        trials.extend(promises![shell => a_function_with_everything_in_it_is_run_as_it_was]);
    }
    trials
}

/// The set-up line, in a line of its own as in a start-up file.
fn set_up(shell: Shell) -> String {
    format!("{}\n", shell.set_up())
}

fn function(shell: Shell, body: &str) -> String {
    match shell {
        Shell::Fish => format!("function docglow; {body} $argv; end\n"),
        _ => format!("docglow() {{ {body} \"$@\"; }}\n"),
    }
}

/// Another docglow, that is not called so.
fn install_other(stage: &Stage) -> String {
    let other = stage.sandbox.root().join("other");
    fs::write(&other, "#!/bin/sh\necho \"other: $* [${DOCGLOW_NO_TELEMETRY-}]\"\nexit 3\n")
        .expect("a script");
    fs::set_permissions(&other, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("an executable script");
    other.display().to_string()
}

fn reported(stage: &Stage) -> Vec<String> {
    stage
        .reports()
        .iter()
        .map(|report| format!("{} {}", report.status, report.arguments.join(" ")))
        .collect()
}

const CALLS: &str =
    "docglow generate --static\necho @status\ndocglow serve\ndocglow init x\necho @status\n";

fn a_function_is_run_and_reported(shell: Shell) {
    let stage = Stage::new(shell);
    let other = install_other(&stage);
    let out = stage.script(&format!("{}{}{CALLS}", function(shell, &other), set_up(shell))).run();
    let expected = "other: generate --static [1]\n3\nother: serve [1]\nother: init x []\n3\n";
    assert_eq!((out.stdout(), out.stderr()), (expected, ""));
    assert_eq!(reported(&stage), ["3 generate --static", "0 serve"]);
    // It may have nothing to do with a docglow on PATH.
    assert!(stage.reports().iter().all(|report| report.docglow.is_empty()));
}

fn an_alias_of_a_program_is_run_and_reported(shell: Shell) {
    for launcher in ["", "env KEPT='a  b' "] {
        let stage = Stage::new(shell);
        let other = install_other(&stage);
        let lines = format!(
            "{}\nalias docglow=\"{launcher}{other} first\"\n{}{CALLS}",
            shell.with_aliases(),
            set_up(shell)
        );
        let out = stage.script(&lines).run();
        let expected = "other: first generate --static [1]\n3\nother: first serve [1]\nother: first init x []\n3\n";
        assert_eq!((out.stdout(), out.stderr()), (expected, ""));
        assert_eq!(reported(&stage), ["3 generate --static", "0 serve"]);
    }
}

fn a_function_that_silences_docglow_is_not_reported(shell: Shell) {
    let stage = Stage::new(shell);
    let other = install_other(&stage);
    let own = function(shell, &format!("DOCGLOW_NO_TELEMETRY=yes {other}"));
    let twice = set_up(shell).repeat(2);
    let out = stage.script(&format!("{own}{twice}docglow generate\necho @status\n")).run();
    assert_eq!((out.stdout(), out.stderr()), ("other: generate [yes]\n3\n", ""));
    assert_eq!(reported(&stage), [""; 0]);
}

fn an_alias_that_silences_docglow_is_not_reported(shell: Shell) {
    let stage = Stage::new(shell);
    let other = install_other(&stage);
    let own =
        format!("{}\nalias docglow='env DOCGLOW_NO_TELEMETRY=yes {other}'\n", shell.with_aliases());
    let out =
        stage.script(&format!("{own}{}docglow generate\necho @status\n", set_up(shell))).run();
    assert_eq!((out.stdout(), out.stderr()), ("other: generate [yes]\n3\n", ""));
    assert_eq!(reported(&stage), [""; 0]);
}

fn setting_it_up_twice_changes_nothing(shell: Shell) {
    for own in [
        String::new(),
        function(shell, "command docglow health"),
        "alias docglow='env docglow health'\n".to_owned(),
    ] {
        let [once, twice] = [1, 3].map(|times| {
            let stage = Stage::new(shell);
            let lines = format!(
                "{}\n{own}{}docglow generate --slim",
                shell.with_aliases(),
                set_up(shell).repeat(times)
            );
            let out = stage.script(&lines).run();
            let calls: Vec<_> =
                stage.calls().into_iter().map(|call| (call.name, call.arguments.len())).collect();
            (out.stdout().to_owned(), out.stderr().to_owned(), calls)
        });
        assert_eq!(once, twice, "{own}");
        assert_eq!(once.2.len(), 2, "{own}");
    }
}

/// As a start-up file that is read again makes it.
fn a_function_made_afterwards_is_taken_in_by_the_next_set_up(shell: Shell) {
    let stage = Stage::new(shell);
    let other = install_other(&stage);
    let first = function(shell, "command docglow");
    let lines = format!("{first}{}{first}{}docglow health", set_up(shell), set_up(shell));
    let out = stage.script(&lines).run();
    assert_eq!((out.stdout(), out.stderr()), ("docglow: <health>\n", "docglow's stderr\n"));
    assert_eq!(reported(&stage), ["0 health"]);

    let lines =
        format!("{}{}{}docglow health", set_up(shell), function(shell, &other), set_up(shell));
    // dash and busybox can't tell a function from another: it stays, unreported.
    let silenced = if matches!(shell, Shell::Dash | Shell::Busybox) { "" } else { "1" };
    assert_eq!(stage.script(&lines).run().stdout(), format!("other: health [{silenced}]\n"));
}

fn an_alias_of_docglow_stays_and_what_it_adds_is_reported(shell: Shell) {
    let alias = r#"alias docglow='docglow health --select "it'"'"'s mine"'"#;
    let stage = Stage::new(shell);
    let set_up = set_up(shell);
    let out = stage
        .script(&format!(
            "{}\n{alias}\n{set_up}{set_up}docglow --format json",
            shell.with_aliases()
        ))
        .run();
    assert_eq!(out.stderr(), "docglow's stderr\n");
    assert_eq!(out.stdout(), "docglow: <health> <--select> <it's mine> <--format> <json>\n");
    assert_eq!(reported(&stage), ["0 health --select it's mine --format json"]);
    let [before, after] = [String::new(), set_up]
        .map(|set_up| {
            stage.script(&format!("{}\n{alias}\n{set_up}alias docglow", shell.with_aliases())).run()
        })
        .map(|out| out.stdout().to_owned());
    assert!(before.contains("mine"));
    assert_eq!(before, after);
}

fn an_alias_and_a_function_are_both_run(shell: Shell) {
    let stage = Stage::new(shell);
    let other = install_other(&stage);
    let lines = format!(
        "{}\n{}alias docglow='docglow generate'\n{}docglow --slim",
        shell.with_aliases(),
        function(shell, &other),
        set_up(shell)
    );
    let out = stage.script(&lines).run();
    assert!(out.stdout().starts_with("other: generate --slim ["), "{out:?}");
    assert_eq!(out.stderr(), "");
}

fn an_alias_made_afterwards_works(shell: Shell) {
    let stage = Stage::new(shell);
    let out = stage.run(&format!(
        "{}\nalias docglow='docglow generate'\ndocglow --static",
        shell.with_aliases()
    ));
    assert_eq!(out.stdout(), "docglow: <generate> <--static>\n");
    assert_eq!(reported(&stage), ["0 generate --static"]);
}

fn an_autoloaded_function_is_run_and_reported(shell: Shell) {
    let stage = Stage::new(shell);
    let other = install_other(&stage);
    let functions = stage.sandbox.root().join("functions");
    fs::create_dir(&functions).expect("a folder");
    fs::write(functions.join("docglow"), format!("{other} loaded \"$@\"\n")).expect("a function");
    let lines = format!(
        "fpath=({})\nautoload -Uz docglow\n{}docglow health",
        functions.display(),
        set_up(shell)
    );
    let out = stage.script(&lines).run();
    assert_eq!((out.stdout(), out.stderr()), ("other: loaded health [1]\n", ""));
    assert_eq!(reported(&stage), ["3 health"]);
}

fn a_function_with_everything_in_it_is_run_as_it_was(shell: Shell) {
    let stage = Stage::new(shell);
    let lines = "docglow() {\n  local a='it'\"'\"'s' b=\"$*\"\n  if [ $# -gt 1 ]; then shift; fi\n  case $1 in *) ;; esac\n  \
                 cat <<END\n$a \\$b $b\nEND\n  (exit 4) || command docglow health \"$@\" || return\n  return 5\n}\n";
    let call = "docglow generate 'two  words'\necho $?";
    let [with, without] = [Hook::With, Hook::Without]
        .map(|hook| if hook == Hook::With { set_up(shell) } else { String::new() })
        .map(|set_up| stage.script(&format!("{lines}{set_up}{call}")).run());
    assert_eq!((with.stdout(), with.stderr()), (without.stdout(), without.stderr()));
    assert!(with.stdout().ends_with("docglow: <health> <two  words>\n5\n"), "{with:?}");
    assert_eq!(reported(&stage), ["5 generate two  words"]);
}
