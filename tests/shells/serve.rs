//! `serve` is reported when it starts, and only if it will.

use crate::script::Stage;
use crate::shell::{Shell, promises};
use libtest_mimic::Trial;
use std::fs;

pub fn trials(shell: Shell) -> Vec<Trial> {
    promises![shell =>
        serve_is_reported_before_it_starts,
        a_serve_that_would_not_start_is_not_reported,
        the_site_folder_is_looked_for_where_docglow_does,
    ]
}

fn serve_is_reported_before_it_starts(shell: Shell) {
    for (flags, features) in [
        ("", ""),
        ("--watch", r#""watch""#),
        ("--port 0 --host=0.0.0.0 --no-open --open --verbose --watch --project-dir=.", r#""watch""#),
        ("--host --watch", ""),
    ] {
        let stage = Stage::new(shell);
        stage.run(&format!("STUB_STATUS=1 docglow serve --dir / {flags}"));
        let calls = stage.calls();
        let order: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
        assert_eq!(order, ["docglow-telemetry", "docglow"], "{flags}");
        let event = format!(r#"{{"command":"serve","result":"success","duration_ms":0,"features_used":[{features}]}}"#);
        assert_eq!(calls[0].stdin.trim_end(), event, "{flags}");
    }
}

fn a_serve_that_would_not_start_is_not_reported(shell: Shell) {
    for flags in [
        "--bogus",
        "--watch=yes",
        "--port",
        "--port x",
        "--port=''",
        "--help",
        "--project-dir missing",
        "--static",
        "word",
        "-- word",
    ] {
        let stage = Stage::new(shell);
        let out = stage.run(&format!("STUB_STATUS=2 docglow serve --dir / {flags}\necho status=@status"));
        assert!(out.stdout().ends_with("status=2\n"), "{flags}: {out:?}");
        assert_eq!(stage.events(), Vec::<String>::new(), "{flags}");
    }
}

fn the_site_folder_is_looked_for_where_docglow_does(shell: Shell) {
    let stage = Stage::new(shell);
    let project = stage.sandbox.project();
    let reported = |line: &str| {
        stage.forget_calls();
        stage.run(line);
        stage.calls_of("docglow-telemetry").pop().map(|call| call.arguments)
    };
    assert_eq!(reported("docglow serve"), None);
    fs::create_dir_all(project.join("target/docglow")).expect("a site folder");
    fs::create_dir_all(project.join("other/target")).expect("a project folder");
    fs::write(project.join("file"), "").expect("a file");
    let target = |arguments: Option<Vec<String>>| arguments.expect("a call").join(" ");
    assert!(target(reported("docglow serve")).starts_with("--target-dir target --docglow /"));
    // Not in the project folder, but where docglow is called from.
    let other = target(reported("docglow serve --project-dir other"));
    assert!(other.starts_with("--project-dir other --target-dir other/target --docglow /"), "{other}");
    assert_eq!(reported("docglow serve --dir missing"), None);
    assert_eq!(reported("docglow serve --dir file"), None);
    assert_eq!(reported("cd other; docglow serve --project-dir .."), None);
}
