//! Whether an event may be sent: the published order of rules, in one function.

pub mod context;
pub mod environment;
pub mod state;

use crate::decision::environment::Environment;
use crate::decision::state::Consent;
use crate::docglow::config::Enabled;
use crate::event::NotSent;

/// Whether telemetry is active, and the deciding rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether an event may be sent.
    pub is_active: bool,
    /// The short name of the deciding rule, as in `status --json`.
    pub rule: &'static str,
    /// Why telemetry is on or off, as a text.
    pub reason: &'static str,
}

/// Applies the rules in their published order. The first match wins. The project's setting and the
/// recorded consent are read only if no earlier rule matches.
pub fn decide(
    environment: &Environment,
    project: impl FnOnce() -> Enabled,
    consent: impl FnOnce() -> Consent,
) -> Decision {
    let on = |rule, reason| Decision { is_active: true, rule, reason };
    let off = |rule, reason| Decision { is_active: false, rule, reason };
    if environment.kill_switch() {
        return off(environment::NO_TELEMETRY, "DOCGLOW_NO_TELEMETRY is set");
    }
    match environment.telemetry() {
        Some(true) => return on(environment::TELEMETRY, "DOCGLOW_TELEMETRY says on"),
        Some(false) => return off(environment::TELEMETRY, "DOCGLOW_TELEMETRY says off"),
        None => {}
    }
    match project() {
        Enabled::On => return on("docglow.yml", "docglow.yml says on"),
        Enabled::Off => return off("docglow.yml", "docglow.yml says off"),
        Enabled::Unclear => {
            let reason = "telemetry.enabled in docglow.yml is neither true nor false";
            return off("docglow.yml", reason);
        }
        Enabled::Unreadable => return off("docglow.yml", "docglow.yml cannot be read"),
        Enabled::Absent => {}
    }
    match consent() {
        Consent::Yes => on("consent", "the recorded consent is yes"),
        Consent::No => off("consent", "the recorded consent is no"),
        Consent::Unset => Decision::OFF_BY_DEFAULT,
    }
}

impl Decision {
    /// No rule matches, so the user may be asked.
    pub const OFF_BY_DEFAULT: Decision =
        Decision { is_active: false, rule: "default", reason: "telemetry has not been turned on" };

    /// Checks that an event may be sent.
    ///
    /// # Errors
    /// `Off`, with the reason.
    pub fn check(self) -> Result<(), NotSent> {
        self.is_active.then_some(()).ok_or(NotSent::Off(self.reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_match_wins() {
        const NO_TELEMETRY: &str = "DOCGLOW_NO_TELEMETRY";
        const TELEMETRY: &str = "DOCGLOW_TELEMETRY";
        const FILE: &str = "docglow.yml";
        const UNCLEAR: &str = "telemetry.enabled in docglow.yml is neither true nor false";
        use Consent::*;
        for (kill, telemetry, project, consent, is_active, rule, reason) in [
            ("1", "1", Enabled::On, Yes, false, NO_TELEMETRY, "DOCGLOW_NO_TELEMETRY is set"),
            ("0", "1", Enabled::Off, No, true, TELEMETRY, "DOCGLOW_TELEMETRY says on"),
            ("", "off", Enabled::On, Yes, false, TELEMETRY, "DOCGLOW_TELEMETRY says off"),
            ("", "maybe", Enabled::On, No, true, FILE, "docglow.yml says on"),
            ("", "", Enabled::Off, Yes, false, FILE, "docglow.yml says off"),
            ("", "", Enabled::Unclear, Yes, false, FILE, UNCLEAR),
            ("", "", Enabled::Unreadable, Yes, false, FILE, "docglow.yml cannot be read"),
            ("", "", Enabled::Absent, Yes, true, "consent", "the recorded consent is yes"),
            ("", "", Enabled::Absent, No, false, "consent", "the recorded consent is no"),
            ("", "", Enabled::Absent, Unset, false, "default", "telemetry has not been turned on"),
        ] {
            let environment = Environment {
                no_telemetry: Some(kill.into()),
                telemetry: Some(telemetry.into()),
                ..Default::default()
            };
            let decision = decide(&environment, || project, || consent);
            assert_eq!(decision, Decision { is_active, rule, reason });
            assert_eq!(decision.check().is_ok(), is_active, "{reason}");
            assert_eq!(decision == Decision::OFF_BY_DEFAULT, rule == "default", "{reason}");
        }
    }

    #[test]
    fn only_the_sources_that_the_decision_needs_are_read() {
        let killed = Environment { no_telemetry: Some("1".into()), ..Default::default() };
        let decision = decide(&killed, || unreachable!(), || unreachable!());
        assert_eq!(decision.rule, "DOCGLOW_NO_TELEMETRY");
        let decision = decide(&Environment::default(), || Enabled::Off, || unreachable!());
        assert_eq!(decision.rule, "docglow.yml");
    }
}
