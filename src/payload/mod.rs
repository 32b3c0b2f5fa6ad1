//! The payload: the only JSON object that leaves the machine.

pub mod event;
pub mod instance_id;
pub mod version;
pub mod vocabulary;

use serde::Serialize;

pub use event::{Count, CountName, Event, Features, Milliseconds, ProjectShape};
pub use instance_id::InstanceId;
use version::{Pep440, PythonVersion};
use vocabulary::{Adapter, Command, CommandResult, Platform};

/// The version of the schema on docglow's telemetry page.
const SCHEMA_VERSION: u8 = 1;

/// Schema version 1: always all of these keys, in this order.
///
/// Every string is a literal of this binary, a random id, or a version rebuilt from its parsed
/// digits. Every number has a limit.
#[derive(Debug, Serialize)]
pub struct Payload {
    schema_version: u8,
    instance_id: InstanceId,
    command: Command,
    result: CommandResult,
    duration_ms: Milliseconds,
    docglow_version: Option<Pep440>,
    python_version: Option<PythonVersion>,
    platform: Platform,
    adapter_type: Option<Adapter>,
    project_shape: ProjectShape,
    features_used: Features,
}

impl Payload {
    /// The payload for `event`. `instance_id` identifies this account on this machine.
    pub fn new(event: Event, instance_id: InstanceId) -> Payload {
        Payload {
            schema_version: SCHEMA_VERSION,
            instance_id,
            command: event.command,
            result: event.result,
            duration_ms: event.duration_ms,
            docglow_version: event.docglow_version,
            python_version: event.python_version,
            platform: Platform::current(),
            adapter_type: event.adapter_type,
            project_shape: event.project_shape.unwrap_or_default(),
            features_used: event.features_used,
        }
    }

    /// The request body: JSON without white space.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_has_exactly_the_published_keys_in_their_order() {
        let event = Event::parse(r#"{"command":"serve","result":"error"}"#).unwrap();
        let id = InstanceId::parse("90d9c317-33b3-4784-98a9-1d5ebf9aea23").unwrap();
        let platform = serde_json::to_string(&Platform::current()).unwrap();
        assert_eq!(
            Payload::new(event, id).to_json(),
            [
                r#"{"schema_version":1,"instance_id":"90d9c317-33b3-4784-98a9-1d5ebf9aea23","#,
                r#""command":"serve","result":"error","duration_ms":0,"docglow_version":null,"#,
                r#""python_version":null,"platform":"#,
                &platform,
                r#","adapter_type":null,"#,
                r#""project_shape":{"models":0,"sources":0,"seeds":0,"tests":0,"macros":0},"#,
                r#""features_used":[]}"#,
            ]
            .concat()
        );
    }
}
