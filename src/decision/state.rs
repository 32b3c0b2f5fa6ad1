//! `telemetry.json`: the machine's random id and the recorded consent, shared with docglow itself.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{Error, ErrorKind, Result, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use crate::json;
use crate::payload::InstanceId;
use crate::platform::file::{behind_links, create_private, create_private_folder, is_absence, open_lock, read_regular};
use crate::platform::owner::OwnersRights;
use crate::platform::process::random_bytes;

/// docglow writes about 150 bytes; what is larger by far is not its file.
const MAX_BYTES: u64 = 64 << 10;

/// How long to try for the lock. Its holders need it for a few milliseconds.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// How long to rest between two tries for the lock.
const LOCK_RETRY: Duration = Duration::from_millis(2);

/// What the user has said about telemetry.
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

/// The content of the state file. The default is what an absent file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    pub instance_id: Option<InstanceId>,
    pub consent: Consent,
    /// RFC 3339; only with a recorded yes or no.
    consent_recorded_at: Option<String>,
}

/// The format's version. A file of another version counts as absent, as it does for docglow.
const VERSION: u8 = 1;

#[derive(Serialize)]
struct Content<'a> {
    version: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<InstanceId>,
    consent: Consent,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_recorded_at: Option<&'a str>,
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
    /// Parses the file's text; what can't be used counts as absent, field by field.
    pub fn parse(text: &str) -> State {
        let entries = json::entries(text).unwrap_or_default();
        let value = |key| json::value(&entries, &[key]);
        if value(Key::Version).is_none_or(|version| version.get() != VERSION.to_string()) {
            return State::default();
        }
        State {
            instance_id: value(Key::InstanceId).and_then(json::string).and_then(|id| InstanceId::parse(&id)),
            consent: value(Key::Consent).and_then(json::word).unwrap_or_default(),
            consent_recorded_at: value(Key::ConsentRecordedAt).and_then(json::string),
        }
    }

    fn to_json(&self) -> String {
        let content = Content {
            version: VERSION,
            instance_id: self.instance_id,
            consent: self.consent,
            consent_recorded_at: self.consent_recorded_at.as_deref(),
        };
        serde_json::to_string(&content).unwrap_or_default()
    }
}

/// A new id for a machine that has none.
pub fn fresh_id() -> InstanceId {
    InstanceId::from_random(random_bytes())
}

/// The state file of a user.
///
/// Readers take no lock, since the file is only ever replaced whole. Writers hold `telemetry.json.lock` from reading to
/// replacing, so none undoes what another has just recorded.
///
/// In another user's home, root replaces a file that is there, with that user's rights, and makes none.
#[derive(Clone, Debug)]
pub struct StateFile {
    path: PathBuf,
}

impl StateFile {
    /// The state file in docglow's configuration folder.
    pub fn in_folder(folder: &Path) -> StateFile {
        StateFile { path: folder.join("telemetry.json") }
    }

    /// Where the file is or would be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file. Whatever is wrong with it, it counts as absent.
    pub fn read(&self) -> State {
        self.try_read().unwrap_or_default()
    }

    /// Reads the file. One that is not docglow's counts as absent; one that can't be read may be, and must not be replaced.
    fn try_read(&self) -> Result<State> {
        match read_regular(&self.path, MAX_BYTES) {
            Ok(bytes) => Ok(str::from_utf8(&bytes).map(State::parse).unwrap_or_default()),
            // An error of our own making: something else in its place, or a file too large for it.
            Err(error) if error.raw_os_error().is_none() || is_absence(&error) => Ok(State::default()),
            Err(error) => Err(error),
        }
    }

    /// The machine's id, made and written down if there is none. Where it can't be written down, an id of this call's own.
    pub fn instance_id(&self) -> InstanceId {
        if let Some(id) = self.read().instance_id {
            return id;
        }
        let fresh = fresh_id();
        // Read again: docglow itself knows no lock, and what ended up in the file is the machine's id.
        match self.update(|state| state.instance_id = state.instance_id.or(Some(fresh))) {
            Ok(()) => self.read().instance_id.unwrap_or(fresh),
            Err(_) => fresh,
        }
    }

    /// Records the user's answer. A yes makes the machine's id if there is none.
    ///
    /// # Errors
    /// Those of writing the file; it is then as it was before.
    pub fn record(&self, consent: Consent) -> Result<()> {
        self.update(|state| {
            state.consent = consent;
            state.consent_recorded_at = Some(humantime::format_rfc3339_seconds(SystemTime::now()).to_string());
            if consent == Consent::Yes {
                state.instance_id = state.instance_id.or_else(|| Some(fresh_id()));
            }
        })
    }

    fn update(&self, change: impl FnOnce(&mut State)) -> Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let rights = OwnersRights::take(folder)?;
        if rights.is_none() {
            create_private_folder(folder)?;
        } else if fs::symlink_metadata(&self.path).is_err() {
            return Err(Error::new(ErrorKind::PermissionDenied, "the folder is another user's"));
        }
        let _lock = self.lock()?;
        let before = self.try_read()?;
        let mut after = before.clone();
        change(&mut after);
        if after == before { Ok(()) } else { self.replace(&after.to_json(), rights.is_some()) }
    }

    /// Holds the lock until it is dropped. The kernel gives it back when its holder ends, however it ends.
    fn lock(&self) -> Result<File> {
        let file = open_lock(&self.path.with_extension("json.lock"))?;
        let give_up = Instant::now() + LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if Instant::now() < give_up => sleep(LOCK_RETRY),
                Err(TryLockError::WouldBlock) => return Err(ErrorKind::TimedOut.into()),
                // A file system without locks: no worse than docglow, which takes none.
                Err(TryLockError::Error(_)) => return Ok(file),
            }
        }
    }

    /// Writes the file whole or not at all. A link stays one. The file becomes this user's alone, but for one that is another
    /// user's, which `keeps_mode`.
    fn replace(&self, content: &str, keeps_mode: bool) -> Result<()> {
        let target = behind_links(&self.path)?;
        let mut temporary = target.clone().into_os_string();
        temporary.push(".new");
        // Left over by a writer that was killed.
        let _ = fs::remove_file(&temporary);
        let before = fs::metadata(&target).ok().filter(|_| keeps_mode);
        let written = create_private(temporary.as_ref())
            .and_then(|mut file| {
                file.write_all(content.as_bytes())?;
                before.map_or(Ok(()), |before| file.set_permissions(before.permissions()))?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&temporary, &target));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
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
    fn what_cannot_be_used_counts_as_absent_field_by_field() {
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
}
