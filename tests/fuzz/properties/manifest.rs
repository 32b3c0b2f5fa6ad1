//! A manifest gives the counts and the adapter that a second parser finds, too, or it gives no
//! result.

use std::cell::OnceCell;

use docglow_telemetry::payload::vocabulary::Adapter;
use docglow_telemetry::payload::{Count, Event, ProjectShape};
use docglow_telemetry::sender::manifest;
use serde_json::Value;
use tempfile::TempDir;

thread_local! {
    static TARGET: OnceCell<TempDir> = const { OnceCell::new() };
}

pub fn check(data: &[u8]) {
    let event = completed(data);
    let Some(shape) = event.project_shape else {
        assert_eq!(event.adapter_type, None);
        return;
    };
    let Ok(manifest) = serde_json::from_slice::<Value>(data) else { return };
    let of_type = |name: &str| {
        let nodes = manifest["nodes"].as_object().into_iter().flat_map(|nodes| nodes.values());
        Count::new(nodes.filter(|node| node["resource_type"] == name).count() as u64)
    };
    let members =
        |key: &str| Count::new(manifest[key].as_object().map_or(0, |members| members.len() as u64));
    let second = ProjectShape {
        models: of_type("model"),
        seeds: of_type("seed"),
        tests: of_type("test"),
        sources: members("sources"),
        macros: members("macros"),
    };
    // The tree has one value of a repeated key; the stream counts all of them.
    let pairs = |a: ProjectShape, b: ProjectShape| {
        [
            (a.models, b.models),
            (a.seeds, b.seeds),
            (a.tests, b.tests),
            (a.sources, b.sources),
            (a.macros, b.macros),
        ]
    };
    assert!(
        pairs(shape, second).iter().all(|(streamed, tree)| streamed >= tree),
        "{shape:?} {second:?}"
    );
    let adapter = manifest["metadata"]["adapter_type"].as_str().and_then(Adapter::named);
    assert_eq!(event.adapter_type, adapter);
}

fn completed(data: &[u8]) -> Event {
    TARGET.with(|target| {
        let target = target.get_or_init(|| TempDir::new().expect("a temporary folder")).path();
        // Creating a new file is much faster than truncating the old one.
        let _ = std::fs::remove_file(target.join("manifest.json"));
        std::fs::write(target.join("manifest.json"), data).expect("manifest.json");
        let mut event =
            Event::parse(r#"{"command":"serve","result":"success"}"#).expect("an event");
        manifest::complete(&mut event, target);
        event
    })
}
