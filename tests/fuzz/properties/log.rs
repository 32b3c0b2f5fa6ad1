//! A log with any content can be read, and an appended line is found. The file of recipients is
//! after the last NUL.

use std::cell::OnceCell;
use std::fs;

use docglow_telemetry::platform::escape::escape_for_terminal;
use docglow_telemetry::sender::log::{Log, records};
use serde_json::value::RawValue;
use tempfile::TempDir;

/// The promised length of the list of recipients.
const MAX_RECIPIENTS: usize = 100;
const MAX_ORIGIN_CHARS: usize = 300;

const RECORD: &str = "\n2026-11-28T05:33:09.557Z 7 sent https://a.example/x {\"a\":1}\
    \n2026-11-28T05:33:09.557Z 7 redirected https://b.example/\
    \n2026-11-28T05:33:09.557Z 7 ended 204";

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

pub fn check(data: &[u8]) {
    let cut = data.iter().rposition(|byte| *byte == 0).unwrap_or(data.len());
    let (log, recipients) = data.split_at(cut);
    let text = String::from_utf8_lossy(log).into_owned() + RECORD;
    let records = records(&text);
    for record in &records {
        assert!(serde_json::from_str::<&RawValue>(record.body()).is_ok(), "{:?}", record.body());
        for part in record.summary() {
            let shown = escape_for_terminal(part);
            assert!(!shown.contains(|c: char| c.is_control()), "{shown:?}");
        }
    }
    let last = records.last().expect("what was appended");
    let url = "https://a.example/x -> https://b.example/";
    // The log may already have lines with the same time and process.
    assert!(last.summary()[1].starts_with("https://"), "{:?}", last.summary());
    assert!(last.summary()[1] == url && last.summary()[2] == "204" && last.body() == r#"{"a":1}"#);

    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| TempDir::new().expect("a temporary folder")).path();
        let file = folder.join("telemetry.endpoints");
        let _ = fs::remove_file(&file);
        fs::write(file, recipients).expect("the recipients");
        let recipients = Log::in_folder(folder).recipients(&text);
        assert!(recipients.len() <= MAX_RECIPIENTS, "{}", recipients.len());
        for known in &recipients {
            assert!(known.origin.chars().count() <= MAX_ORIGIN_CHARS, "{}", known.origin);
            let same = recipients.iter().filter(|other| other.origin == known.origin);
            assert_eq!(same.count(), 1, "{}", known.origin);
        }
    });
}
