//! All recipients of events, even of events that the log no longer holds. A user who wants the
//! events deleted has to ask these recipients.

use std::io::Result;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::platform::shared_file::SharedFile;

/// The limit for the list of recipients, which keeps those of the latest events. 100 lines fit into
/// any file that [`SharedFile`] reads.
const MAX_RECIPIENTS: usize = 100;

/// The limit for the length of an origin. A host name has at most 253 characters (RFC 1035).
const MAX_ORIGIN_CHARS: usize = 300;

/// How long to wait for the file. If that is too short, the next event writes it.
const PATIENCE: Duration = Duration::from_secs(1);

/// `telemetry.endpoints` in docglow's configuration folder. Each line has the times of the first
/// and the last event, and the origin.
#[derive(Clone, Debug)]
pub struct Recipients(SharedFile);

/// An origin that has received events, as `log --json` prints it.
#[derive(Debug, PartialEq, Serialize)]
pub struct Recipient {
    pub origin: String,
    /// The times of its first and its last event: RFC 3339, UTC.
    pub first: String,
    pub last: String,
}

impl Recipients {
    /// The recipients that are recorded in docglow's configuration folder.
    pub fn in_folder(folder: &Path) -> Recipients {
        Recipients(SharedFile::in_folder(folder, "telemetry.endpoints"))
    }

    /// The recorded recipients together with those of these events, each given by its time and URL.
    pub fn with<'a>(&self, events: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Recipient> {
        merged(&self.0.read().unwrap_or_default().text, events)
    }

    /// Records the recipients of these events, too.
    ///
    /// # Errors
    /// Those of [`SharedFile::update`].
    pub fn remember<'a>(&self, events: impl Iterator<Item = (&'a str, &'a str)>) -> Result<()> {
        self.0.update(PATIENCE, |content| {
            let line = |Recipient { origin, first, last }| format!("{first} {last} {origin}\n");
            Some(merged(&content.text, events).into_iter().map(line).collect())
        })
    }
}

fn merged<'a>(
    remembered: &str,
    events: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<Recipient> {
    let remembered = remembered.lines().filter_map(|line| {
        let (first, rest) = line.split_once(' ')?;
        rest.split_once(' ').map(|(last, origin)| (first, last, origin))
    });
    let mut recipients: Vec<Recipient> = Vec::new();
    for (first, last, url) in remembered.chain(events.map(|(at, url)| (at, at, url))) {
        let (origin, first, last) = (origin(url), first.to_owned(), last.to_owned());
        match recipients.iter_mut().find(|known| known.origin == origin) {
            Some(known) => {
                if first < known.first {
                    known.first = first;
                }
                if last > known.last {
                    known.last = last;
                }
            }
            None => recipients.push(Recipient { origin, first, last }),
        }
    }
    while recipients.len() > MAX_RECIPIENTS
        && let Some((oldest, _)) =
            recipients.iter().enumerate().min_by(|(_, one), (_, other)| one.last.cmp(&other.last))
    {
        recipients.remove(oldest);
    }
    recipients
}

/// The origin of a URL, such as `https://example.com:8443`. A long one is shortened.
fn origin(url: &str) -> String {
    let end = url.match_indices(['/', '?']).nth(2).map_or(url.len(), |(end, _)| end);
    url[..end].chars().take(MAX_ORIGIN_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipient(origin: &str, first: &str, last: &str) -> Recipient {
        let [origin, first, last] = [origin, first, last].map(str::to_owned);
        Recipient { origin, first, last }
    }

    #[test]
    fn each_origin_is_there_once_with_its_first_and_last_event() {
        let remembered = "3 4 https://a\ngarbage\n";
        let events = [
            ("5", "https://a/x?y"),
            ("1", "https://a?"),
            ("2", "https://b:8443/"),
            ("2", "https://a"),
        ];
        assert_eq!(
            merged(remembered, events.into_iter()),
            [recipient("https://a", "1", "5"), recipient("https://b:8443", "2", "2")]
        );
    }

    #[test]
    fn those_of_the_latest_events_stay() {
        let event = |number| (format!("{number:04}"), format!("https://{}.example/", number % 500));
        let events: Vec<_> = (0..1000).map(event).collect();
        let recipients = merged("", events.iter().map(|(at, url)| (at.as_str(), url.as_str())));
        assert_eq!(recipients.len(), MAX_RECIPIENTS);
        assert!(recipients.iter().all(|known| *known.last >= *"0900"));
    }

    #[test]
    fn every_long_origin_is_shortened() {
        for url in [
            "",
            "/",
            "\u{e9}//\u{e9}",
            &"\u{e9}".repeat(1000),
            &format!("https://{}", "a".repeat(1000)),
        ] {
            assert!(origin(url).chars().count() <= MAX_ORIGIN_CHARS);
        }
    }
}
