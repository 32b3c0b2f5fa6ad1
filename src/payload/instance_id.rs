//! The instance id, which distinguishes one run on each of a thousand machines from a thousand runs
//! on one machine.

use std::fmt;

use serde::{Serialize, Serializer};
use uuid::Uuid;

/// The random id of an account on a machine: a UUID of version 4 (RFC 9562). All bits except the
/// version and variant are random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceId(Uuid);

impl InstanceId {
    /// `preview` shows it if there is no id yet. It is never sent.
    pub const PLACEHOLDER: InstanceId = InstanceId(Uuid::nil());

    /// Makes an id from random bytes.
    pub fn from_random(bytes: [u8; 16]) -> InstanceId {
        InstanceId(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// Parses a UUID of version 4.
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
    fn only_a_random_uuid_is_an_instance_id() {
        let good = "90d9c317-33b3-4784-98a9-1d5ebf9aea23";
        assert_eq!(InstanceId::parse(&good.to_uppercase()).unwrap().to_string(), good);
        assert!(InstanceId::parse(&InstanceId::from_random([0xff; 16]).to_string()).is_some());
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
