//! The features in docglow.yml are those that a second YAML reader finds, for texts that both read
//! alike.

use docglow_telemetry::docglow::config::ProjectConfig;
use docglow_telemetry::docglow::feature_settings::FeatureSettings;
use yaml_rust2::{Yaml, YamlLoader};

pub fn check(data: &[u8]) {
    let settings = ProjectConfig::parse(data).feature_settings;
    let Ok(text) = std::str::from_utf8(data) else {
        assert_eq!(settings, None);
        return;
    };
    // The second reader accepts more names of anchors than docglow's reader.
    if text.contains('&') {
        return;
    }
    let documents = YamlLoader::load_from_str(text.trim_start_matches('\u{feff}'));
    let (Some(settings), Ok([document])) = (settings, documents.as_deref()) else { return };
    let default = FeatureSettings::default();
    let ai = document["ai"]["enabled"].clone();
    for (entry, said, default) in [
        (&document["slim"], settings.slim, default.slim),
        (&document["column_lineage"], settings.column_lineage, default.column_lineage),
        (&ai, settings.ai, default.ai),
    ] {
        match entry {
            Yaml::Boolean(value) => assert_eq!(said, *value, "{text}"),
            Yaml::BadValue => assert_eq!(said, default, "{text}"),
            Yaml::Null => assert!(!said, "{text}"),
            Yaml::Array(items) => assert_eq!(said, !items.is_empty(), "{text}"),
            Yaml::Hash(entries) => assert_eq!(said, !entries.is_empty(), "{text}"),
            // Numbers and words are read as in YAML 1.1.
            _ => {}
        }
    }
}
