//! `status`: whether telemetry is on, and why.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::Path;

use serde::Serialize;

use crate::commands::log;
use crate::decision::context::{Context, NO_STATE_FILE};
use crate::decision::environment::{self, Environment, VARIABLES, Variable, Visibility};
use crate::decision::state::Consent;
use crate::payload::InstanceId;
use crate::platform::escape::escape_for_terminal;

/// The resolved state of telemetry, as `status --json` prints it.
#[derive(Serialize)]
pub struct Status {
    active: bool,
    rule: &'static str,
    reason: &'static str,
    instance_id: Option<InstanceId>,
    /// The docglow.yml that was read. It decided only if `rule` says so.
    project_file: Option<String>,
    endpoint: String,
    endpoint_source: &'static str,
    /// The sources whose endpoint cannot be used.
    endpoint_unusable: Vec<&'static str>,
    consent: Consent,
    state_file: Option<String>,
    /// The time, endpoint and outcome of the last event.
    last_send: Option<String>,
    /// The variables that are set. The value of a variable that can hold a secret is `(set)`.
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
            active: decision.is_active,
            rule: decision.rule,
            reason: decision.reason,
            instance_id: state.instance_id,
            project_file: context.project_file().as_deref().map(text),
            endpoint: destination.endpoint.to_string(),
            endpoint_source: destination.source,
            endpoint_unusable: context.unusable_endpoints(),
            consent: state.consent,
            state_file: context.state_file().map(|file| text(file.path())),
            last_send: log::last(context),
            environment: variables(&context.environment),
        }
    }

    /// One JSON object on one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// The state, as text for a person.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            // Writing to a String never fails.
            let _ = writeln!(text, "{name:18}{value}");
        };
        line("Telemetry:", if self.active { "on" } else { "off" });
        line("Because:", self.reason);
        let file = |path: &Option<String>| path.as_ref().map(|path| escape_for_terminal(path));
        line("docglow.yml:", &file(&self.project_file).unwrap_or("none here".to_owned()));
        line("Recorded consent:", &self.consent.to_string());
        line("Instance id:", &self.instance_id.map_or("none yet".to_owned(), |id| id.to_string()));
        line("Endpoint:", &self.endpoint);
        line("  named by:", self.endpoint_source);
        if !self.endpoint_unusable.is_empty() {
            let rule = "neither an https URL nor an http URL of localhost or 127.0.0.1";
            line("  not used:", &format!("{} ({rule})", self.endpoint_unusable.join(", ")));
        }
        line("State file:", &file(&self.state_file).unwrap_or(format!("none: {NO_STATE_FILE}")));
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

/// The variables that are set. The value of a hidden one is `(set)`, with a remark if it is
/// ignored.
fn variables(environment: &Environment) -> BTreeMap<&'static str, String> {
    let shown = |variable: &Variable, value: &OsString| match variable.visibility {
        Visibility::Shown => Some(value.to_string_lossy().into_owned()),
        Visibility::Hidden if value.is_empty() => None,
        Visibility::Hidden => Some(if is_ignored(variable.name, environment) {
            "(set, but not usable)".to_owned()
        } else {
            "(set)".to_owned()
        }),
        Visibility::Implied => None,
    };
    let values = VARIABLES.iter().zip(environment.values());
    values
        .filter_map(|(variable, value)| Some((variable.name, shown(variable, value.as_ref()?)?)))
        .collect()
}

/// Whether the variable's value cannot be used.
fn is_ignored(name: &str, environment: &Environment) -> bool {
    match name {
        environment::ENDPOINT => environment.endpoint().is_none(),
        environment::VERCEL_BYPASS => environment.bypass_token().is_none(),
        _ => false,
    }
}
