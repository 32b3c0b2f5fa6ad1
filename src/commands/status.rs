//! `status` and `preview`: what telemetry would do, shown without doing it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::Path;

use serde::Serialize;

use crate::commands::log;
use crate::decision::context::Context;
use crate::decision::state::Consent;
use crate::endpoint::bypass_token::BypassToken;
use crate::payload::InstanceId;
use crate::platform::escape::escape_for_terminal;
use crate::sender;
use crate::sender::Handover;

/// The resolved state of telemetry. Its JSON form is what `status --json` prints.
#[derive(Serialize)]
pub struct Status {
    active: bool,
    rule: &'static str,
    reason: String,
    instance_id: Option<InstanceId>,
    /// The docglow.yml that was asked; it decided if `rule` says so.
    project_file: Option<String>,
    endpoint: String,
    endpoint_source: &'static str,
    consent: Consent,
    state_file: Option<String>,
    /// When, where to, and what came of it.
    last_send: Option<String>,
    /// The variables that matter and are set, and what they say. Of those that can hold a secret, only that they are set.
    environment: BTreeMap<&'static str, String>,
}

impl Status {
    /// The state for a call in this context.
    pub fn of(context: &Context) -> Status {
        let decision = context.decision();
        let state = context.state();
        let destination = context.destination();
        let text = |path: &Path| path.to_string_lossy().into_owned();
        Status {
            active: decision.is_active(),
            rule: decision.rule(),
            reason: decision.to_string(),
            instance_id: state.instance_id,
            project_file: context.project_file().as_deref().map(text),
            endpoint: destination.endpoint.to_string(),
            endpoint_source: destination.source.name(),
            consent: state.consent,
            state_file: context.state_file().map(|file| text(file.path())),
            last_send: log::last(context),
            environment: variables(context),
        }
    }

    /// One JSON object on one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// The state as a person reads it.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            // Writing to a String never fails.
            let _ = writeln!(text, "{name:18}{value}");
        };
        line("Telemetry:", if self.active { "on" } else { "off" });
        line("Because:", &self.reason);
        let file = |path: &Option<String>| path.as_ref().map(|path| escape_for_terminal(path));
        line("docglow.yml:", &file(&self.project_file).unwrap_or("none here".to_owned()));
        line("Recorded consent:", &self.consent.to_string());
        line("Instance id:", &self.instance_id.map_or("none yet".to_owned(), |id| id.to_string()));
        line("Endpoint:", &self.endpoint);
        line("  named by:", self.endpoint_source);
        line(
            "State file:",
            &file(&self.state_file).unwrap_or(
                "none: neither HOME nor the user database names a folder for it".to_owned(),
            ),
        );
        line("Last send:", self.last_send.as_deref().unwrap_or("none yet"));
        for (i, (name, value)) in self.environment.iter().enumerate() {
            line(
                if i == 0 { "Environment:" } else { "" },
                &format!("{name}={}", escape_for_terminal(value)),
            );
        }
        text
    }
}

fn variables(context: &Context) -> BTreeMap<&'static str, String> {
    let environment = &context.environment;
    let shown = |name, value: &Option<OsString>| {
        Some((name, value.as_ref()?.to_string_lossy().into_owned()))
    };
    let hidden = |name: &'static str, is_set: bool, is_usable: bool| {
        is_set.then(|| (name, if is_usable { "(set)" } else { "(set, but not usable)" }.to_owned()))
    };
    let proxy = |variable: &Option<(&'static str, _)>| {
        variable.as_ref().and_then(|(name, _)| hidden(name, true, true))
    };
    [
        shown("DOCGLOW_NO_TELEMETRY", &environment.no_telemetry),
        shown("DOCGLOW_TELEMETRY", &environment.telemetry),
        shown("DOCGLOW_TELEMETRY_DEBUG", &environment.debug),
        shown("DOCGLOW_TELEMETRY_WAIT", &environment.wait),
        hidden(
            "DOCGLOW_TELEMETRY_ENDPOINT",
            environment.endpoint.is_some(),
            environment.endpoint().is_some(),
        ),
        hidden(
            "DOCGLOW_VERCEL_BYPASS",
            environment.vercel_bypass.is_some(),
            environment.bypass_token().is_some(),
        ),
        proxy(&environment.proxy),
        proxy(&environment.no_proxy),
        hidden("SSL_CERT_FILE", environment.ssl_cert_file.is_some(), true),
        hidden("SSL_CERT_DIR", environment.ssl_cert_dir.is_some(), true),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What `preview` shows at a terminal, where nobody pipes an event in.
pub const SAMPLE_EVENT: &str = r#"{"command": "generate", "result": "success", "duration_ms": 1446, "adapter_type": "duckdb",
"docglow_version": "0.9.2", "python_version": "3.11.7", "features_used": ["column_lineage", "static"],
"project_shape": {"models": 13, "sources": 6, "seeds": 0, "tests": 27, "macros": 786}}"#;

/// The exact request for what would be handed to the sender, behind a line for each thing to know about it.
pub fn preview(context: &Context, handover: Handover) -> String {
    let mut text = String::new();
    let decision = context.decision();
    if !decision.is_active() {
        let _ = writeln!(text, "# Nothing would be sent: {decision}.");
    }
    let instance_id = context.state().instance_id;
    if instance_id.is_none() {
        let _ = writeln!(
            text,
            "# There is no instance id yet: a random one takes the place of the zeros."
        );
    }
    let request = sender::main::request(handover, instance_id.unwrap_or(InstanceId::PLACEHOLDER));
    let _ = writeln!(text, "POST {}", request.endpoint);
    let _ = writeln!(text, "Host: {}", request.endpoint.authority());
    for (name, value) in request.headers() {
        // It is the user's secret, and what `preview` prints is made to be shown around.
        let value = if name == BypassToken::HEADER { "(set)" } else { value };
        let _ = writeln!(text, "{name}: {value}");
    }
    let _ = writeln!(text, "Content-Length: {}\n\n{}", request.body.len(), request.body);
    text
}
