//! A docglow command line, one word per line, has the same meaning in all its spellings.

use docglow_telemetry::docglow::command_line::CommandLine;
use docglow_telemetry::docglow::feature_settings::FeatureSettings;
use docglow_telemetry::event::NotSent;
use docglow_telemetry::payload::Features;
use docglow_telemetry::payload::vocabulary::Command;
use docglow_telemetry::platform::file::path_of_bytes;
use std::ffi::OsString;
use std::path::PathBuf;

pub fn check(data: &[u8]) {
    // An argument never contains a NUL.
    let data: Vec<u8> = data.iter().copied().filter(|byte| *byte != 0).collect();
    let words: Vec<OsString> =
        data.split(|byte| *byte == b'\n').map(|word| path_of_bytes(word).into()).collect();
    let meaning = meaning(&words);
    if !words[0].as_encoded_bytes().starts_with(b"-") {
        assert_eq!(self::meaning(&with(&words, 0, "--")), meaning, "{words:?}");
    }
    let Ok(meaning) = meaning else { return };

    let last = words.last().map(|word| word.as_encoded_bytes());
    let may_take_a_value = last.is_some_and(|word| word.starts_with(b"--"));
    for word in ["word", "--bogus", "--bogus=x", "-h", "--static=1"] {
        let longer = self::meaning(&with(&words, words.len(), word));
        if meaning.command == Command::Serve {
            // Only a strict parser can tell that `serve` has accepted its command line.
            assert!(longer.is_err() || may_take_a_value, "{words:?} {word}");
        } else if word.starts_with("--bogus") && !may_take_a_value {
            assert_eq!(longer.as_ref(), Ok(&meaning), "{words:?} {word}");
        }
    }
    for spelt in joined(&words) {
        if let Ok(spelt_meaning) = self::meaning(&spelt) {
            assert_eq!(spelt_meaning, meaning, "{words:?} {spelt:?}");
        }
    }
}

/// The meaning of a command line, with docglow's default settings and with all others.
#[derive(Debug, PartialEq)]
struct Meaning {
    command: Command,
    project_dir: PathBuf,
    target_dir: PathBuf,
    features: [Features; 2],
}

fn meaning(words: &[OsString]) -> Result<Meaning, NotSent> {
    let line = CommandLine::parse(words)?;
    let features = [
        FeatureSettings::default(),
        FeatureSettings { slim: true, column_lineage: false, ai: true },
    ]
    .map(|settings| line.features(&settings));
    for features in &features {
        assert!(line.command != Command::Health || features.len() <= 1, "{words:?}");
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

/// The command lines in which one option and its value are joined to one word. Only options whose
/// value is certain are used: the value does not look like an option, and the option is not itself
/// a value.
fn joined(words: &[OsString]) -> Vec<Vec<OsString>> {
    let starts_with = |word: &OsString, start: &[u8]| word.as_encoded_bytes().starts_with(start);
    let is_option = |word: &OsString| starts_with(word, b"--");
    let has_value = |word: &OsString| word.as_encoded_bytes().contains(&b'=');
    let places = (1..words.len().saturating_sub(1)).filter(|at| {
        let [before, option, value] = &words[at - 1..=at + 1] else { return false };
        is_option(option)
            && option != "--"
            && !has_value(option)
            && !starts_with(value, b"-")
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
