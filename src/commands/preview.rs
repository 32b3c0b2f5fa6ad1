//! `preview`: the exact request for an event, without sending or creating anything.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::PathBuf;

use crate::commands::source::{Options, Report, Source};
use crate::commands::{print, print_error};
use crate::decision::context::Context;
use crate::decision::environment::Environment;
use crate::endpoint::bypass_token::BypassToken;
use crate::event::dropped::dropped;
use crate::event::{NotSent, stdin};
use crate::payload::InstanceId;
use crate::platform::file::is_readable;
use crate::platform::input::{self, Input};
use crate::sender::{self, Handover};

/// The event that is shown if standard input is a terminal.
const SAMPLE_EVENT: &str = r#"{"command": "generate", "result": "success", "duration_ms": 1446,
"adapter_type": "duckdb", "docglow_version": "0.9.2", "python_version": "3.11.7",
"features_used": ["column_lineage", "static"],
"project_shape": {"models": 13, "sources": 6, "seeds": 1, "tests": 27, "macros": 786}}"#;

/// Previews the event on standard input, and names each key that is dropped or changed.
pub fn event(options: Options) {
    let read = if input::is_terminal() {
        print("# A sample event. For your own: docglow-telemetry preview < event.json\n");
        Ok((SAMPLE_EVENT.to_owned(), false))
    } else {
        stdin::read_first_object(&mut Input::standard())
    };
    if let Ok((text, is_followed)) = &read {
        if *is_followed {
            print_error("only the first object is an event: the rest is dropped");
        }
        dropped(text).iter().for_each(|line| print_error(line));
    }
    show(Ok(Source::Stdin { text: read.map(|(text, _)| text), options }));
}

/// Previews the event of a docglow command line.
pub fn report(report: Report) {
    show(Source::command_line(report));
}

fn show(source: Result<Source, NotSent>) {
    match source.and_then(|source| text(&source)) {
        Ok(text) => print(&text),
        Err(reason) => print_error(&reason.to_string()),
    }
}

/// The request, after one comment line for each remark.
fn text(source: &Source) -> Result<String, NotSent> {
    source.check_project_dir()?;
    let context = Context::new(Environment::read(), source.project_dir());
    let handover = source.handover(&context, source.event(&context)?)?;
    name_unusable_options(source, &handover);
    let mut text = String::new();
    // Writing to a String never fails.
    if let Err(reason) = context.decision().check() {
        let _ = writeln!(text, "# Nothing would be sent: {reason}.");
    }
    let instance_id = context.state().instance_id;
    if instance_id.is_none() {
        text += "# There is no instance id yet: a random one takes the place of the zeros.\n";
    }
    let id = instance_id.unwrap_or(InstanceId::PLACEHOLDER);
    let request = sender::main::request(handover, || id);
    let _ = writeln!(text, "POST {}", request.endpoint);
    let _ = writeln!(text, "Host: {}", request.endpoint.authority());
    for (name, value) in request.headers() {
        // The token is a secret, and users paste this output into bug reports.
        let value = if name == BypassToken::HEADER { "(set)" } else { value };
        let _ = writeln!(text, "{name}: {value}");
    }
    let _ = writeln!(text, "Content-Length: {}\n\n{}", request.body.len(), request.body);
    Ok(text)
}

/// Names the options whose files do not exist. The sender ignores them.
fn name_unusable_options(source: &Source, handover: &Handover) {
    let path = |path: &Option<OsString>| path.as_deref().map(PathBuf::from).unwrap_or_default();
    let options = source.options();
    let manifest = path(&handover.target_dir).join("manifest.json");
    if options.target_dir.is_some() && !is_readable(&manifest) {
        print_error("--target-dir: no manifest.json there, so it gives no counts and no adapter");
    }
    if options.docglow.is_some() && !is_readable(&path(&handover.docglow)) {
        print_error("--docglow: no such command, so it gives no versions");
    }
}
