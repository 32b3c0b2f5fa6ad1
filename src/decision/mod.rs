//! Whether an event may be sent: the published order of rules, in one function.

pub mod context;
pub mod environment;
pub mod state;

use std::fmt;

use crate::decision::environment::Environment;
use crate::decision::state::Consent;
use crate::docglow::config::Setting;
use crate::event::NotSent;

/// Whether telemetry is active, and the deciding rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    OffByKillSwitch,
    OnByEnvironment,
    OffByEnvironment,
    OnByProject,
    OffByProject,
    /// docglow.yml sets `telemetry.enabled` to something that is neither true nor false.
    OffByUnclearProject,
    /// docglow.yml cannot be read or parsed.
    OffByUnreadableProject,
    OnByConsent,
    OffByConsent,
    OffByDefault,
}

/// Applies the rules in their published order. The first match wins. The project's setting and the
/// recorded consent are read only if no earlier rule matches.
pub fn decide(
    environment: &Environment,
    project: impl FnOnce() -> Setting,
    consent: impl FnOnce() -> Consent,
) -> Decision {
    if environment.kill_switch() {
        return Decision::OffByKillSwitch;
    }
    match environment.telemetry() {
        Some(true) => return Decision::OnByEnvironment,
        Some(false) => return Decision::OffByEnvironment,
        None => {}
    }
    match project() {
        Setting::On => return Decision::OnByProject,
        Setting::Off => return Decision::OffByProject,
        Setting::Unclear => return Decision::OffByUnclearProject,
        Setting::Unreadable => return Decision::OffByUnreadableProject,
        Setting::Absent => {}
    }
    match consent() {
        Consent::Yes => Decision::OnByConsent,
        Consent::No => Decision::OffByConsent,
        Consent::Unset => Decision::OffByDefault,
    }
}

impl Decision {
    /// Whether an event may be sent.
    pub fn is_active(self) -> bool {
        matches!(self, Decision::OnByEnvironment | Decision::OnByProject | Decision::OnByConsent)
    }

    /// Checks that an event may be sent.
    ///
    /// # Errors
    /// `Off`, with the deciding rule.
    pub fn check(self) -> Result<(), NotSent> {
        self.is_active().then_some(()).ok_or(NotSent::Off(self.reason()))
    }

    /// The short name of the deciding rule, as in `status --json`.
    pub fn rule(self) -> &'static str {
        match self {
            Decision::OffByKillSwitch => "DOCGLOW_NO_TELEMETRY",
            Decision::OnByEnvironment | Decision::OffByEnvironment => "DOCGLOW_TELEMETRY",
            Decision::OnByProject
            | Decision::OffByProject
            | Decision::OffByUnclearProject
            | Decision::OffByUnreadableProject => "docglow.yml",
            Decision::OnByConsent | Decision::OffByConsent => "consent",
            Decision::OffByDefault => "default",
        }
    }

    /// Why telemetry is on or off, as a text.
    pub fn reason(self) -> &'static str {
        match self {
            Decision::OffByKillSwitch => "DOCGLOW_NO_TELEMETRY is set",
            Decision::OnByEnvironment => "DOCGLOW_TELEMETRY says on",
            Decision::OffByEnvironment => "DOCGLOW_TELEMETRY says off",
            Decision::OnByProject => "docglow.yml says on",
            Decision::OffByProject => "docglow.yml says off",
            Decision::OffByUnclearProject => {
                "telemetry.enabled in docglow.yml is neither true nor false"
            }
            Decision::OffByUnreadableProject => "docglow.yml cannot be read",
            Decision::OnByConsent => "the recorded consent is yes",
            Decision::OffByConsent => "the recorded consent is no",
            Decision::OffByDefault => "telemetry has not been turned on",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.reason())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_match_wins() {
        use {Consent::*, Decision::*};
        for (kill, telemetry, project, consent, decision) in [
            ("1", "1", Setting::On, Yes, OffByKillSwitch),
            ("0", "1", Setting::Off, No, OnByEnvironment),
            ("", "off", Setting::On, Yes, OffByEnvironment),
            ("", "maybe", Setting::On, No, OnByProject),
            ("", "", Setting::Off, Yes, OffByProject),
            ("", "", Setting::Unclear, Yes, OffByUnclearProject),
            ("", "", Setting::Unreadable, Yes, OffByUnreadableProject),
            ("", "", Setting::Absent, Yes, OnByConsent),
            ("", "", Setting::Absent, No, OffByConsent),
            ("", "", Setting::Absent, Unset, OffByDefault),
        ] {
            let environment = Environment {
                no_telemetry: Some(kill.into()),
                telemetry: Some(telemetry.into()),
                ..Default::default()
            };
            assert_eq!(decide(&environment, || project, || consent), decision);
        }
    }

    #[test]
    fn only_the_sources_that_the_decision_needs_are_read() {
        let killed = Environment { no_telemetry: Some("1".into()), ..Default::default() };
        let decision = decide(&killed, || unreachable!(), || unreachable!());
        assert_eq!(decision, Decision::OffByKillSwitch);
        let decision = decide(&Environment::default(), || Setting::Off, || unreachable!());
        assert_eq!(decision, Decision::OffByProject);
    }
}
