//! A docglow command line, a word a line, means the same however it is spelt, and nothing once a word of it means nothing.

use docglow_telemetry::docglow::command_line::{CommandLine, NoEvent};
use docglow_telemetry::docglow::settings::Settings;
use docglow_telemetry::payload::vocabulary::{Command, Feature};
use docglow_telemetry::platform::file::path_of_bytes;
use std::ffi::OsString;
use std::path::PathBuf;

/// The features of each command, in docglow's order.
const OF_GENERATE: &[Feature] =
    &[Feature::ColumnLineage, Feature::Profiling, Feature::AiChat, Feature::Static, Feature::Slim];
const OF_HEALTH: &[Feature] = &[Feature::Table, Feature::Json, Feature::Markdown];
const OF_SERVE: &[Feature] = &[Feature::Watch];

pub fn check(data: &[u8]) {
    // No argument holds a NUL.
    let data: Vec<u8> = data.iter().copied().filter(|byte| *byte != 0).collect();
    let words: Vec<OsString> =
        data.split(|byte| *byte == b'\n').map(|word| path_of_bytes(word).into()).collect();
    let meaning = meaning(&words);
    if !words[0].as_encoded_bytes().starts_with(b"-") {
        assert_eq!(self::meaning(&with(&words, 0, "--")), meaning, "{words:?}");
    }
    let Ok(meaning) = meaning else { return };

    for word in ["word", "--bogus", "--help", "-h", "--static=1", "--target-dir"] {
        assert!(self::meaning(&with(&words, words.len(), word)).is_err(), "{words:?} {word}");
    }
    for spelt in joined(&words) {
        if let Ok(spelt_meaning) = self::meaning(&spelt) {
            assert_eq!(spelt_meaning, meaning, "{words:?} {spelt:?}");
        }
    }
}

/// What a command line says, with docglow's default settings and with all others.
#[derive(Debug, PartialEq)]
struct Meaning {
    command: Command,
    project_dir: PathBuf,
    target_dir: PathBuf,
    features: [Vec<Feature>; 2],
}

fn meaning(words: &[OsString]) -> Result<Meaning, NoEvent> {
    let line = CommandLine::parse(words)?;
    let features = [Settings::default(), Settings { slim: true, column_lineage: false, ai: true }]
        .map(|settings| line.features(&settings));
    for features in &features {
        let all = match line.command {
            Command::Generate => OF_GENERATE,
            Command::Health => OF_HEALTH,
            Command::Serve => OF_SERVE,
        };
        let ordered: Vec<Feature> =
            all.iter().copied().filter(|feature| features.contains(feature)).collect();
        assert_eq!(*features, ordered, "{words:?}");
        assert!(line.command != Command::Health || features.len() == 1, "{words:?}");
    }
    let (project_dir, target_dir) = (line.project_dir().to_owned(), line.target_dir());
    assert!(target_dir.starts_with(&project_dir) || target_dir.has_root(), "{words:?}");
    Ok(Meaning { command: line.command, project_dir, target_dir, features })
}

fn with(words: &[OsString], at: usize, word: &str) -> Vec<OsString> {
    let mut words = words.to_vec();
    words.insert(at, word.into());
    words
}

/// The command line with one option and the word behind it as one word, for each that is an option for sure: the word before
/// it takes no value from the next.
fn joined(words: &[OsString]) -> Vec<Vec<OsString>> {
    let is_option = |word: &OsString| word.as_encoded_bytes().starts_with(b"--");
    let has_value = |word: &OsString| word.as_encoded_bytes().contains(&b'=');
    let places = (1..words.len().saturating_sub(1)).filter(|at| {
        let before = &words[at - 1];
        is_option(&words[*at])
            && !has_value(&words[*at])
            && (!is_option(before) || has_value(before))
    });
    let join = |at: usize| {
        let mut spelt = words.to_vec();
        let value = spelt.remove(at + 1);
        spelt[at].push("=");
        spelt[at].push(value);
        spelt
    };
    places.map(join).collect()
}
