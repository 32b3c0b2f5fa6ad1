//! `serve` is reported when it starts, and ends when it is told to.

use crate::script::{Hook, Stage};
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;

pub fn trials(shell: Shell) -> Vec<Trial> {
    let mut trials = promises![shell => serve_is_reported_before_it_starts];
    if matches!(shell, Shell::Bash | Shell::Zsh) {
        trials.extend(promises![shell =>
            what_ends_a_serve_in_the_background_ends_docglow,
            a_serve_in_a_subshell_is_as_before,
        ]);
    }
    trials
}

fn serve_is_reported_before_it_starts(shell: Shell) {
    let stage = Stage::new(shell);
    stage.run("STUB_STATUS=1 docglow serve --dir / --watch");
    let calls = stage.calls();
    let order: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(order, ["docglow-telemetry", "docglow"]);
    let expected =
        ["report", "--status", "0", "--docglow", "docglow", "--", "serve", "--dir", "/", "--watch"];
    assert_eq!(calls[0].arguments, expected);
}

/// As `docglow serve & kill $!` does without the hook: `wait` has docglow's own status, and nothing is left running.
fn what_ends_a_serve_in_the_background_ends_docglow(shell: Shell) {
    for (signal, does, status) in
        [("TERM", "graceful", "7"), ("TERM", "hang", "143"), ("HUP", "graceful", "7")]
    {
        for strict in ["", shell.strict()] {
            let stage = Stage::new(shell);
            let lines = format!(
                "{strict}\ndocglow serve --dir / & server=$!\nwhile ! [ -s pid ]; do sleep 0.02; done\n\
                 kill -{signal} $server\nwait $server || echo status=$?\n\
                 if kill -0 \"$(cat pid)\" 2>/dev/null; then echo left running; fi"
            );
            let out = stage.script_with(Hook::With, &lines).env("STUB_DOES", does).run();
            let said = if does == "graceful" { "stopped\n" } else { "" };
            let expected = format!("docglow: <serve> <--dir> </>\n{said}status={status}\n");
            assert_eq!(out.stdout(), expected, "{signal} {strict}: {out:?}");
            assert_eq!(stage.reports().len(), 1);
            assert_eq!(stage.calls_of("docglow")[0].kill_switch(), Some("1"));
        }
    }
}

fn a_serve_in_a_subshell_is_as_before(shell: Shell) {
    let stage = Stage::new(shell);
    for lines in [
        "(docglow serve; echo after=$?)\n(docglow serve)\necho after=$?",
        "echo piped | docglow serve | cat",
        "x=\"$(docglow serve)\"; echo \"$? [$x]\"",
        "(trap 'echo exit trap' EXIT; docglow serve)",
        "(docglow serve && echo not reached) || echo failed",
        "(set -e; docglow serve; echo not reached)\necho after=$?",
    ] {
        let [with, without] = [Hook::With, Hook::Without].map(|hook| {
            stage
                .script_with(hook, lines)
                .env("STUB_DOES", "read")
                .env("STUB_STATUS", "3")
                .stdin("stdin\n")
                .run()
        });
        assert_eq!((with.stdout(), with.stderr()), (without.stdout(), without.stderr()), "{lines}");
        assert_eq!(with.status, without.status, "{lines}");
    }
}
