//! The settings that one call uses: environment, docglow.yml and state file. docglow.yml is
//! read once, when it is first needed. The state file is read at each use, because an answer may
//! change it.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use crate::decision::environment::{self, Environment};
use crate::decision::state::{State, StateFile};
use crate::decision::{Decision, decide};
use crate::docglow::config::ProjectConfig;
use crate::docglow::feature_settings::FeatureSettings;
use crate::endpoint::Endpoint;
use crate::endpoint::bypass_token::BypassToken;

/// The settings of one call.
pub struct Context {
    pub environment: Environment,
    project_dir: PathBuf,
    project: OnceCell<ProjectConfig>,
}

/// The endpoint of an event, its source, and the token sent along.
pub struct Destination {
    pub endpoint: Endpoint,
    /// The source's name, as in `status`.
    pub source: &'static str,
    pub bypass_token: Option<BypassToken>,
}

/// Why there is no state file.
pub const NO_STATE_FILE: &str = "no absolute path of a home folder is known";

/// The sources of the endpoint besides docglow's own, as `status` names them.
const ENVIRONMENT: &str = environment::ENDPOINT;
const PROJECT: &str = "docglow.yml";

impl Context {
    /// The context of a call for the project in `project_dir`.
    pub fn new(environment: Environment, project_dir: &Path) -> Context {
        Context { environment, project_dir: project_dir.to_path_buf(), project: OnceCell::new() }
    }

    /// Whether telemetry is active, and why.
    pub fn decision(&self) -> Decision {
        decide(&self.environment, || self.project().enabled, || self.state().consent)
    }

    /// The sources whose endpoint cannot be used, so that the next source counts.
    pub fn unusable_endpoints(&self) -> Vec<&'static str> {
        let is_set = self.environment.endpoint.as_ref().is_some_and(|url| !url.is_empty());
        let mut unusable = Vec::new();
        if is_set && self.environment.endpoint().is_none() {
            unusable.push(ENVIRONMENT);
        }
        if self.project().endpoint_is_unusable {
            unusable.push(PROJECT);
        }
        unusable
    }

    /// The endpoint that the environment names, otherwise docglow.yml's, otherwise docglow's own.
    pub fn destination(&self) -> Destination {
        let bypass_token = self.environment.bypass_token();
        if let Some(endpoint) = self.environment.endpoint() {
            Destination { endpoint, source: ENVIRONMENT, bypass_token }
        } else if let Some(endpoint) = self.project().endpoint.clone() {
            // The token belongs to the user, but anybody may have written the docglow.yml.
            Destination { endpoint, source: PROJECT, bypass_token: None }
        } else {
            Destination { endpoint: Endpoint::docglow(), source: "default", bypass_token }
        }
    }

    /// The absolute path of the project's docglow.yml, if there is one.
    pub fn project_file(&self) -> Option<PathBuf> {
        let file = ProjectConfig::file(&self.project_dir)?;
        Some(std::path::absolute(&file).unwrap_or(file))
    }

    /// The state file, if the user has a home folder.
    pub fn state_file(&self) -> Option<StateFile> {
        self.environment.state_folder().map(|folder| StateFile::in_folder(&folder))
    }

    /// The content of the state file.
    pub fn state(&self) -> State {
        self.state_file().map_or(State::default(), |file| file.read())
    }

    /// The settings in docglow.yml that are features, unless docglow fails to load the file.
    pub fn feature_settings(&self) -> Option<FeatureSettings> {
        self.project().feature_settings
    }

    fn project(&self) -> &ProjectConfig {
        self.project.get_or_init(|| ProjectConfig::read(&self.project_dir))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(unix)]
    use crate::decision::state::Consent;

    #[test]
    fn the_token_is_never_sent_to_an_endpoint_from_docglow_yml() {
        let project = tempfile::tempdir().unwrap();
        let mut environment =
            Environment { vercel_bypass: Some("secret".into()), ..Default::default() };
        let destination = |environment: &Environment| {
            Context::new(environment.clone(), project.path()).destination()
        };

        assert_eq!(destination(&environment).endpoint, Endpoint::docglow());
        assert!(destination(&environment).bypass_token.is_some());

        for url in ["https://acme.example/x", "https://api.docglow.com/x"] {
            std::fs::write(
                project.path().join("docglow.yml"),
                format!("telemetry: {{endpoint: '{url}'}}"),
            )
            .unwrap();
            assert_eq!(destination(&environment).endpoint, Endpoint::parse(url).unwrap());
            assert!(destination(&environment).bypass_token.is_none());
        }

        environment.endpoint = Some("https://user.example/x".into());
        assert_eq!(
            destination(&environment).endpoint,
            Endpoint::parse("https://user.example/x").unwrap()
        );
        assert!(destination(&environment).bypass_token.is_some());
    }

    #[test]
    fn an_endpoint_that_cannot_be_used_is_named_by_its_source() {
        let project = tempfile::tempdir().unwrap();
        let context = |url: &str| {
            let endpoint = Some(url.into());
            Context::new(Environment { endpoint, ..Default::default() }, project.path())
        };
        for (url, unusable) in [
            ("", vec![]),
            ("https://acme.example/", vec![]),
            ("ftp://acme.example/", vec!["DOCGLOW_TELEMETRY_ENDPOINT"]),
        ] {
            assert_eq!(context(url).unusable_endpoints(), unusable, "{url}");
        }
        let file = project.path().join("docglow.yml");
        std::fs::write(&file, "telemetry: {endpoint: 'http://acme.example/'}").unwrap();
        assert_eq!(context("").unusable_endpoints(), ["docglow.yml"]);
        assert_eq!(context("").project_file().as_ref(), Some(&file));
        let source = |url: &str| context(url).destination().source;
        assert_eq!(source("https://acme.example/"), "DOCGLOW_TELEMETRY_ENDPOINT");
        assert_eq!(source("ftp://acme.example/"), "default");
        std::fs::write(&file, "telemetry: {endpoint: 'https://acme.example/'}").unwrap();
        assert_eq!(source(""), "docglow.yml");
    }

    #[cfg(unix)]
    #[test]
    fn an_answer_that_was_recorded_decides() {
        let (home, project) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let context = || {
            let config_home = Some(home.path().into());
            Context::new(Environment { config_home, ..Default::default() }, project.path())
        };
        assert_eq!(context().decision(), Decision::OFF_BY_DEFAULT);
        for (consent, is_active) in [(Consent::No, false), (Consent::Yes, true)] {
            context().state_file().unwrap().record(consent).unwrap();
            assert_eq!(context().state().consent, consent);
            let decision = context().decision();
            assert_eq!((decision.rule, decision.is_active), ("consent", is_active));
            assert_eq!(context().state().instance_id.is_some(), is_active);
        }
        assert_eq!(Consent::Unset.to_string(), "unset");
    }
}
