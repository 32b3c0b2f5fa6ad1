//! §3: the whole request, pinned. A change of it is a new schema version or a broken promise.

use crate::common::platform::PLATFORM;
use crate::common::{EVENT, Receiver, Request, Sandbox, trials};

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_body_of_schema_version_1_has_exactly_these_bytes,
        the_request_has_exactly_these_headers,
        the_bypass_token_is_the_only_other_header,
        a_bypass_token_that_is_not_visible_ascii_is_left_out,
        preview_shows_the_request_that_would_be_sent,
        preview_names_the_fault_of_an_event_and_the_dropped_keys_of_a_good_one,
        preview_names_options_whose_files_do_not_exist,
        null_counts_as_absent_and_the_manifest_fills_it,
        the_instance_id_is_a_random_uuid4,
    ]
}

const FULL_EVENT: &str = r#"{"command":"generate","result":"success","duration_ms":1446,"docglow_version":"0.9.2",
    "python_version":"3.11.7","adapter_type":"duckdb","features_used":["column_lineage","static"],
    "project_shape":{"models":13,"sources":6,"seeds":1,"tests":27,"macros":786}}"#;

const INSTANCE_ID: &str = "90d9c317-33b3-4784-98a9-1d5ebf9aea23";

fn sandbox_with_an_id() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write_state(format!(
        r#"{{"version": 1, "instance_id": "{INSTANCE_ID}", "consent": "unset"}}"#
    ));
    sandbox
}

fn request_with(name: &str, value: impl AsRef<std::ffi::OsStr>) -> (Receiver, Request) {
    let (sandbox, receiver) = (sandbox_with_an_id(), Receiver::answering());
    let hook = sandbox.hook().on().to(&receiver).env(name, value);
    hook.arg("--wait").stdin(FULL_EVENT).run().assert_silent();
    let request = receiver.only_request();
    (receiver, request)
}

fn the_body_of_schema_version_1_has_exactly_these_bytes() {
    let expected = format!(
        "{}{INSTANCE_ID}{}{PLATFORM}{}",
        r#"{"schema_version":1,"instance_id":""#,
        r#"","command":"generate","result":"success","duration_ms":1446,"docglow_version":"0.9.2","python_version":"3.11.7","platform":""#,
        r#"","adapter_type":"duckdb","project_shape":{"models":13,"sources":6,"seeds":1,"tests":27,"macros":786},"features_used":["column_lineage","static"]}"#,
    );
    let (_receiver, request) = request_with("UNRELATED", "1");
    assert_eq!(request.text(), expected);
}

fn sorted(mut headers: Vec<(String, String)>) -> Vec<(String, String)> {
    headers.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
    headers.sort();
    headers
}

/// The promised headers, in alphabetical order.
fn promised(receiver: &Receiver, request: &Request) -> Vec<(String, String)> {
    let pairs = [
        ("content-length", request.body.len().to_string()),
        ("content-type", "application/json".to_owned()),
        ("host", receiver.address().to_string()),
        ("user-agent", format!("docglow-telemetry/{VERSION}")),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

fn the_request_has_exactly_these_headers() {
    let (receiver, request) = request_with("UNRELATED", "1");
    assert_eq!(request.line, "POST /v1/telemetry/events HTTP/1.1");
    let expected = promised(&receiver, &request);
    assert_eq!(sorted(request.headers), expected);
}

fn the_bypass_token_is_the_only_other_header() {
    let (receiver, request) = request_with("DOCGLOW_VERCEL_BYPASS", "t0ken-~!");
    let mut expected = promised(&receiver, &request);
    expected.push(("x-vercel-protection-bypass".to_owned(), "t0ken-~!".to_owned()));
    assert_eq!(sorted(request.headers), expected);
}

fn a_bypass_token_that_is_not_visible_ascii_is_left_out() {
    for token in ["", "a b", "a\r\nX-Injected: 1", "tok\u{e9}n", "tab\tbed", "\u{7f}"] {
        let (receiver, request) = request_with("DOCGLOW_VERCEL_BYPASS", token);
        let expected = promised(&receiver, &request);
        assert_eq!(sorted(request.headers), expected, "{token:?}");
    }
}

fn preview_shows_the_request_that_would_be_sent() {
    let (receiver, request) = request_with("UNRELATED", "1");
    let sandbox = sandbox_with_an_id();
    let before = std::fs::read(sandbox.state_file()).unwrap();
    let preview = sandbox.command(["preview"]).on().to(&receiver).stdin(FULL_EVENT).run();
    let shown = preview.assert_success().stdout();
    assert!(shown.contains(&receiver.url()), "{shown}");
    for (name, value) in sorted(request.headers.clone()) {
        let header = format!("{name}: {value}");
        let is_it = |line: &str| line.trim().eq_ignore_ascii_case(&header);
        assert!(shown.lines().any(is_it), "no {header:?} in {shown}");
    }
    assert!(shown.contains(request.text()), "no body in {shown}");
    assert_eq!(receiver.connections(), 1, "preview sent something");
    assert_eq!(std::fs::read(sandbox.state_file()).unwrap(), before);
}

fn the_instance_id_is_a_random_uuid4() {
    let ids = [0; 3].map(|_| {
        let (sandbox, receiver) = (Sandbox::new(), Receiver::answering());
        sandbox.hook().on().to(&receiver).arg("--wait").stdin(EVENT).run().assert_silent();
        receiver.only_request().json()["instance_id"].as_str().unwrap().to_owned()
    });
    ids.iter().for_each(|id| super::assert_uuid4(id));
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
}

fn preview_names_the_fault_of_an_event_and_the_dropped_keys_of_a_good_one() {
    let sandbox = Sandbox::new();
    let preview = |event: &str| sandbox.command(["preview"]).stdin(event).run();
    let bad = preview(r#"{"command":"secret","result":"success"}"#);
    assert_eq!(
        (bad.assert_success().stdout(), bad.stderr()),
        ("", "docglow-telemetry: the event's command is not generate, health or serve\n")
    );
    let good = preview(
        r#"{"command":"generate","result":"success","adaptor_type":"secret","duration_ms":"secret"}"#,
    );
    assert_eq!(
        good.assert_success().stderr(),
        "docglow-telemetry: \"adaptor_type\": not a key of an event\n\
         docglow-telemetry: \"duration_ms\": not a number of milliseconds, 0 or more\n"
    );
    assert!(!good.stdout().contains("secret"));
    let two = preview(
        r#"{"command":"generate","result":"success","duration_ms":1e12,"duration":7,"counts":{"models":10000000}}
           {"command":"secret"}"#,
    );
    assert_eq!(
        two.assert_success().stderr(),
        "docglow-telemetry: only the first object is an event: the rest is dropped\n\
         docglow-telemetry: \"duration_ms\": above 31 days, so 31 days are sent\n\
         docglow-telemetry: \"duration\": the event has another value for it, which is used\n\
         docglow-telemetry: \"counts\": holds a count above 9,999,999, so 9,999,999 is sent\n"
    );
    assert_eq!(preview(FULL_EVENT).assert_success().stderr(), "");
}

fn preview_names_options_whose_files_do_not_exist() {
    let sandbox = Sandbox::new();
    let preview = |options: &[&str]| {
        let options = ["preview"].into_iter().chain(options.iter().copied());
        sandbox.command(options).stdin(FULL_EVENT).run()
    };
    let nothing = preview(&["--target-dir", "missing", "--docglow", "missing/docglow"]);
    assert_eq!(
        nothing.assert_success().stderr(),
        "docglow-telemetry: --target-dir: no manifest.json there, so it gives no counts and no adapter\n\
         docglow-telemetry: --docglow: no such command, so it gives no versions\n"
    );
    assert!(nothing.stdout().contains("\"duration_ms\""), "{nothing:?}");
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/jaffle-shop/target");
    let docglow = sandbox.root().join("docglow");
    std::fs::write(&docglow, "").unwrap();
    let both = preview(&["--target-dir", target, "--docglow", docglow.to_str().unwrap()]);
    assert_eq!(both.assert_success().stderr(), "");
}

fn null_counts_as_absent_and_the_manifest_fills_it() {
    let sandbox = Sandbox::new();
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/jaffle-shop/target");
    let body = |event: &str| {
        let preview = sandbox.command(["preview", "--target-dir", target]).stdin(event).run();
        let body = preview.assert_success().stdout().lines().last().expect("a body").to_owned();
        serde_json::from_str::<serde_json::Value>(&body).expect("JSON")
    };
    let absent = body(r#"{"command":"generate","result":"success"}"#);
    assert_eq!(
        (&absent["adapter_type"], &absent["project_shape"]["models"]),
        (&"duckdb".into(), &13.into())
    );
    let null = r#"{"command":"generate","result":"success","adapter_type":null,"project_shape":null,"features":null}"#;
    assert_eq!(body(null), absent);
}
