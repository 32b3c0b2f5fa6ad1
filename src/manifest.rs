//! Counts and adapter from dbt's `manifest.json`, streamed: no part of it is kept but a few numbers.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Error, ErrorKind, Read, Result};
use std::marker::PhantomData;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::event::{Event, ProjectShape};
use crate::file::open_regular;
use crate::vocabulary::Adapter;

/// How long reading may take, so that enough of the sender's 3 s is left for sending.
const READING_TIME: Duration = Duration::from_millis(1500);

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 64 << 10;

/// Gives the event the counts and the adapter of `manifest.json` in `target_dir`, where it has none of its own. A manifest
/// that can't be read whole, for whatever reason, gives nothing.
pub fn complete(event: &mut Event, target_dir: &Path) {
    if event.project_shape.is_some() && event.adapter_type.is_some() {
        return;
    }
    let Ok(file) = open_regular(&target_dir.join("manifest.json")) else { return };
    let Ok(manifest) = Manifest::parse(Hurried { file, deadline: Instant::now() + READING_TIME }) else { return };
    event.project_shape = event.project_shape.or(Some(manifest.shape()));
    event.adapter_type = event.adapter_type.or(manifest.adapter());
}

/// A file that fails once its time is over.
struct Hurried {
    file: File,
    deadline: Instant,
}

impl Read for Hurried {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if Instant::now() > self.deadline { Err(Error::from(ErrorKind::TimedOut)) } else { self.file.read(buffer) }
    }
}

/// The parts of a manifest that are counted. Everything else is skipped as it is read.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Manifest {
    metadata: Metadata,
    nodes: Nodes,
    sources: Members,
    macros: Members,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Metadata {
    adapter_type: Option<String>,
}

#[derive(Default)]
struct Nodes {
    models: u64,
    seeds: u64,
    tests: u64,
}

#[derive(Default)]
struct Members(u64);

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Node {
    resource_type: ResourceType,
}

#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum ResourceType {
    Model,
    Seed,
    Test,
    #[default]
    #[serde(other)]
    Other,
}

impl Manifest {
    fn parse(reader: impl Read) -> serde_json::Result<Manifest> {
        serde_json::from_reader(BufReader::with_capacity(CHUNK_BYTES, reader))
    }

    fn shape(&self) -> ProjectShape {
        ProjectShape {
            models: self.nodes.models,
            sources: self.sources.0,
            seeds: self.nodes.seeds,
            tests: self.nodes.tests,
            macros: self.macros.0,
        }
    }

    fn adapter(&self) -> Option<Adapter> {
        self.metadata.adapter_type.as_deref().and_then(Adapter::named)
    }
}

impl<'de> Deserialize<'de> for Nodes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let mut nodes = Nodes::default();
        let count = |node: Node| match node.resource_type {
            ResourceType::Model => nodes.models += 1,
            ResourceType::Seed => nodes.seeds += 1,
            ResourceType::Test => nodes.tests += 1,
            ResourceType::Other => {}
        };
        deserializer.deserialize_map(EachMember(count, PhantomData))?;
        Ok(nodes)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let mut members = Members::default();
        deserializer.deserialize_map(EachMember(|_: IgnoredAny| members.0 += 1, PhantomData))?;
        Ok(members)
    }
}

/// Hands each value of an object to a function, one after the other.
struct EachMember<F, V>(F, PhantomData<V>);

impl<'de, V: Deserialize<'de>, F: FnMut(V)> Visitor<'de> for EachMember<F, V> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> std::result::Result<(), A::Error> {
        while let Some((IgnoredAny, value)) = map.next_entry()? {
            (self.0)(value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<(ProjectShape, Option<Adapter>)> {
        Manifest::parse(text.as_bytes()).ok().map(|manifest| (manifest.shape(), manifest.adapter()))
    }

    #[test]
    fn nodes_are_counted_by_type_and_sources_and_macros_by_number() {
        let manifest = r#"{
            "metadata": {"adapter_type": "DuckDB", "project_name": "acme"},
            "nodes": {
                "model.acme.a": {"name": "a", "resource_type": "model", "config": {"resource_type": "seed"}},
                "model.acme.b": {"resource_type": "model"},
                "seed.acme.c": {"resource_type": "seed"},
                "test.acme.d": {"resource_type": "test", "raw_code": "{\"resource_type\": \"model\"}"},
                "snapshot.acme.e": {"resource_type": "snapshot"},
                "x": {}
            },
            "sources": {"source.acme.f": {"resource_type": "source"}},
            "macros": {"macro.dbt.g": {}, "macro.dbt.h": {}},
            "docs": {"doc.acme.i": {}}
        }"#;
        let shape = ProjectShape { models: 2, sources: 1, seeds: 1, tests: 1, macros: 2 };
        assert_eq!(parse(manifest), Some((shape, Adapter::named("duckdb"))));
    }

    #[test]
    fn an_empty_manifest_has_nothing_in_it() {
        for text in ["{}", r#"{"metadata":{"adapter_type":null}}"#, r#"{"nodes":{},"sources":{}}"#] {
            assert_eq!(parse(text), Some((ProjectShape::default(), None)), "{text}");
        }
    }

    #[test]
    fn a_broken_manifest_gives_nothing_rather_than_half() {
        for text in
            ["", "null", r#"{"nodes":{"a":{"resource_type":"model"}}"#, r#"{"nodes":[]}"#, r#"{"sources":7}"#, "{} {}"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_skipped_without_a_stack() {
        let deep = format!(r#"{{"docs":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse(&deep).is_some());
    }
}
