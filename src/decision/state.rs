//! `telemetry.json`: the instance id and the recorded consent, shared with docglow itself.

use std::fmt;
use std::io::ErrorKind::WouldBlock;
use std::io::Result;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use crate::json;
use crate::payload::InstanceId;
use crate::platform::process::random_bytes;
use crate::platform::shared_file::{Content, LOCK_PATIENCE, LOCK_RETRY, SharedFile};
use crate::platform::wait::wait_until;

/// The user's answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    Yes,
    No,
    #[default]
    Unset,
}

impl fmt::Display for Consent {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Consent::Yes => "yes",
            Consent::No => "no",
            Consent::Unset => "unset",
        })
    }
}

/// The content of the state file. The default stands for a missing file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct State {
    version: Version,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<InstanceId>,
    pub consent: Consent,
    /// RFC 3339. Present only with a recorded yes or no.
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_recorded_at: Option<String>,
}

/// The version of the format. A file of another version counts as absent, as in docglow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Version(u8);

impl Default for Version {
    fn default() -> Version {
        Version(1)
    }
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Key {
    Version,
    InstanceId,
    Consent,
    ConsentRecordedAt,
}

impl State {
    /// Parses the file's text. Each unusable field counts as absent.
    pub fn parse(text: &str) -> State {
        let entries = json::entries(text).unwrap_or_default();
        let value = |key| json::value(&entries, &[key]);
        let version = Version::default();
        if value(Key::Version).is_none_or(|found| found.get() != version.0.to_string()) {
            return State::default();
        }
        State {
            version,
            instance_id: value(Key::InstanceId)
                .and_then(json::string)
                .and_then(|id| InstanceId::parse(&id)),
            consent: value(Key::Consent).and_then(json::word).unwrap_or_default(),
            consent_recorded_at: value(Key::ConsentRecordedAt).and_then(json::string),
        }
    }

    /// The state that counts for this user. In a file of another user, only a no counts.
    fn of(content: &Content) -> State {
        match State::parse(&content.text) {
            state if content.is_own => state,
            State { consent: Consent::No, .. } => {
                State { consent: Consent::No, ..Default::default() }
            }
            _ => State::default(),
        }
    }

    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A new random id.
pub fn fresh_id() -> InstanceId {
    InstanceId::from_random(random_bytes())
}

/// The state file of a user.
#[derive(Clone, Debug)]
pub struct StateFile(SharedFile);

impl StateFile {
    /// The state file in docglow's configuration folder.
    pub fn in_folder(folder: &Path) -> StateFile {
        StateFile(SharedFile::in_folder(folder, "telemetry.json"))
    }

    /// The path of the file, whether it exists or not.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Reads the file. A broken file counts as absent, and so does a yes behind another user's
    /// link.
    pub fn read(&self) -> State {
        let state = self.0.read().map_or(State::default(), |content| State::of(&content));
        let is_doubtful = state.consent == Consent::Yes && !self.0.has_only_trusted_links();
        if is_doubtful { State::default() } else { state }
    }

    /// The instance id. If there is none, makes one and records it. If it cannot be recorded
    /// before `give_up`, the id is valid for this call only.
    pub fn instance_id(&self, give_up: Instant) -> InstanceId {
        let (fresh, mut id) = (fresh_id(), None);
        let patience = give_up.saturating_duration_since(Instant::now());
        wait_until(patience, LOCK_RETRY, || {
            id = self.read().instance_id;
            let write = |state: &mut State| state.instance_id = state.instance_id.or(Some(fresh));
            // If the lock is taken, another first event may be writing its id to a slow disk.
            id.is_some()
                || !self.update(Duration::ZERO, write).is_err_and(|e| e.kind() == WouldBlock)
        });
        // docglow itself takes no lock, so it may have recorded an id in the meantime. That one
        // counts.
        id.or_else(|| self.read().instance_id).unwrap_or(fresh)
    }

    /// Records the user's answer. A yes also makes an instance id if there is none.
    ///
    /// # Errors
    /// Those of writing the file, which then stays unchanged.
    pub fn record(&self, consent: Consent) -> Result<()> {
        self.update(LOCK_PATIENCE, |state| {
            state.consent = consent;
            state.consent_recorded_at =
                Some(humantime::format_rfc3339_seconds(SystemTime::now()).to_string());
            if consent == Consent::Yes {
                state.instance_id = state.instance_id.or_else(|| Some(fresh_id()));
            }
        })
    }

    fn update(&self, patience: Duration, change: impl FnOnce(&mut State)) -> Result<()> {
        self.0.update(patience, |content| {
            let before = State::of(&content);
            let mut after = before.clone();
            change(&mut after);
            (after != before).then(|| after.to_json())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "90d9c317-33b3-4784-98a9-1d5ebf9aea23";

    #[test]
    fn docglows_own_file_is_read() {
        let text = format!(
            r#"{{"version": 1, "instance_id": "{ID}", "consent": "yes", "consent_recorded_at": "2026-11-01T08:30:00.123456+00:00"}}"#
        );
        let state = State::parse(&text);
        assert_eq!(state.instance_id, InstanceId::parse(ID));
        assert_eq!(state.consent, Consent::Yes);
        assert_eq!(State::parse(&state.to_json()), state);
    }

    #[test]
    fn each_unusable_field_counts_as_absent() {
        let no = State { consent: Consent::No, ..Default::default() };
        for (text, state) in [
            ("", State::default()),
            ("[]", State::default()),
            ("{", State::default()),
            (r#"{"version":2,"consent":"no"}"#, State::default()),
            (r#"{"version":"1","consent":"no"}"#, State::default()),
            (r#"{"consent":"no"}"#, State::default()),
            (r#"{"version":1,"consent":"no","instance_id":7}"#, no.clone()),
            (r#"{"version":1,"consent":"no","instance_id":"jane"}"#, no),
            (r#"{"version":1,"consent":"YES"}"#, State::default()),
            (r#"{"version":1,"consent":true}"#, State::default()),
        ] {
            assert_eq!(State::parse(text), state, "{text}");
        }
    }

    #[test]
    fn of_another_users_file_only_a_no_counts() {
        let text = |consent: &str| {
            format!(r#"{{"version":1,"instance_id":"{ID}","consent":"{consent}"}}"#)
        };
        for (consent, of_another) in
            [("yes", Consent::Unset), ("no", Consent::No), ("unset", Consent::Unset)]
        {
            let own = State::of(&Content { text: text(consent), is_own: true });
            assert_eq!(own, State::parse(&text(consent)));
            assert_eq!(own.consent.to_string(), consent);
            let others = State::of(&Content { text: text(consent), is_own: false });
            assert_eq!(others, State { consent: of_another, ..Default::default() });
        }
    }
}
