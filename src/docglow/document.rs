//! The entries of docglow.yml that this program reads. A repeated entry makes the file unreadable.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::docglow::yaml::{Node, Size};

/// docglow.yml, if it is a mapping.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Document<'a> {
    #[serde(borrow)]
    pub telemetry: Node<'a, Telemetry<'a>>,
    #[serde(borrow)]
    pub slim: Node<'a, Size>,
    #[serde(borrow, deserialize_with = "present")]
    pub column_lineage: Option<Node<'a, Size>>,
    #[serde(borrow)]
    pub ai: Node<'a, Ai<'a>>,
    #[serde(borrow, deserialize_with = "present")]
    pub health: Option<Node<'a, Size>>,
    #[serde(borrow)]
    pub profiling: Node<'a, Size>,
    #[serde(borrow)]
    pub insights: Node<'a, Size>,
    #[serde(borrow)]
    pub lineage_layers: Node<'a, Size>,
    /// Entries that `<<` merges in from an anchor. They are not read.
    #[serde(rename = "<<")]
    pub merge: Option<IgnoredAny>,
}

/// The mapping `telemetry`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Telemetry<'a> {
    #[serde(borrow)]
    pub enabled: Node<'a, IgnoredAny>,
    #[serde(borrow)]
    pub endpoint: Node<'a, IgnoredAny>,
    #[serde(rename = "<<")]
    pub merge: Option<IgnoredAny>,
}

/// The mapping `ai`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Ai<'a> {
    #[serde(borrow)]
    pub enabled: Node<'a, Size>,
}

/// Distinguishes an entry that is null from an absent one.
fn present<'de, D>(deserializer: D) -> Result<Option<Node<'de, Size>>, D::Error>
where
    D: Deserializer<'de>,
{
    Node::deserialize(deserializer).map(Some)
}
