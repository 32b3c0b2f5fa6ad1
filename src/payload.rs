//! The payload: the one JSON object that may leave the machine.

use std::fmt;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::event::{Event, ProjectShape};
use crate::version::{Pep440, PythonVersion};
use crate::vocabulary::{Adapter, Command, CommandResult, Feature, Platform};

/// Version of the payload's schema, as docglow's telemetry page publishes it.
const SCHEMA_VERSION: u8 = 1;

/// Schema version 1: these keys, in this order, always all of them. Every string is a literal of this binary, the machine's
/// random id, or a version rebuilt from its digits.
#[derive(Debug, Serialize)]
pub struct Payload {
    schema_version: u8,
    instance_id: InstanceId,
    command: Command,
    result: CommandResult,
    duration_ms: u64,
    docglow_version: Option<Pep440>,
    python_version: Option<PythonVersion>,
    platform: Platform,
    adapter_type: Option<Adapter>,
    project_shape: ProjectShape,
    features_used: Vec<Feature>,
}

impl Payload {
    /// The payload of `event` on the machine that `instance_id` stands for.
    pub fn new(event: Event, instance_id: InstanceId) -> Payload {
        Payload {
            schema_version: SCHEMA_VERSION,
            instance_id,
            command: event.command,
            result: event.result,
            duration_ms: event.duration_ms,
            docglow_version: event.docglow_version,
            python_version: event.python_version,
            platform: Platform::CURRENT,
            adapter_type: event.adapter_type,
            project_shape: event.project_shape.unwrap_or_default(),
            features_used: event.features_used,
        }
    }

    /// The request body: compact JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The random id of a machine, a UUID of version 4 (RFC 9562). It is made of nothing but random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceId(Uuid);

impl InstanceId {
    /// Shown by `preview` where no id has been made yet; never sent.
    pub const PLACEHOLDER: InstanceId = InstanceId(Uuid::nil());

    /// A new id from the operating system's random numbers.
    pub fn random() -> InstanceId {
        let mut bytes = [0; 16];
        // uuid's own source needs /dev/urandom in a static binary, and a bare root has none.
        #[cfg(target_os = "linux")]
        if rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) == Ok(bytes.len()) {
            return InstanceId(uuid::Builder::from_random_bytes(bytes).into_uuid());
        }
        InstanceId(Uuid::new_v4())
    }

    /// The id that `text` spells; `None` for anything but a UUID of version 4.
    pub fn parse(text: &str) -> Option<InstanceId> {
        let uuid = Uuid::try_parse(text).ok()?;
        let is_v4 = uuid.get_version_num() == 4 && uuid.get_variant() == uuid::Variant::RFC4122;
        is_v4.then_some(InstanceId(uuid))
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for InstanceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_has_exactly_the_published_keys_in_their_order() {
        let event = Event::parse(r#"{"command":"serve","result":"error"}"#).unwrap();
        let id = InstanceId::parse("90d9c317-33b3-4784-98a9-1d5ebf9aea23").unwrap();
        let platform = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
        assert_eq!(
            Payload::new(event, id).to_json(),
            format!(
                r#"{{"schema_version":1,"instance_id":"90d9c317-33b3-4784-98a9-1d5ebf9aea23","command":"serve","result":"error","duration_ms":0,"docglow_version":null,"python_version":null,"platform":"{platform}","adapter_type":null,"project_shape":{{"models":0,"sources":0,"seeds":0,"tests":0,"macros":0}},"features_used":[]}}"#
            )
        );
    }

    #[test]
    fn only_a_random_uuid_is_an_instance_id() {
        let good = "90d9c317-33b3-4784-98a9-1d5ebf9aea23";
        assert_eq!(InstanceId::parse(&good.to_uppercase()).unwrap().to_string(), good);
        assert!(InstanceId::parse(&InstanceId::random().to_string()).is_some());
        for text in [
            "",
            "90d9c317-33b3-1784-98a9-1d5ebf9aea23",
            "90d9c317-33b3-4784-18a9-1d5ebf9aea23",
            "00000000-0000-0000-0000-000000000000",
            "90d9c317-33b3-4784-98a9-1d5ebf9aea2",
            "jane.doe@acme.example",
        ] {
            assert_eq!(InstanceId::parse(text), None, "{text}");
        }
    }
}
