//! What one call of the hook goes by: environment, docglow.yml and state file, each read when it is first asked for.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use crate::decision::environment::Environment;
use crate::decision::state::{State, StateFile};
use crate::decision::{Decision, decide};
use crate::docglow::config::ProjectConfig;
use crate::docglow::settings::Settings;
use crate::endpoint::Endpoint;
use crate::endpoint::bypass_token::BypassToken;
use crate::event::NotSent;

/// The sources of a decision.
pub struct Context {
    pub environment: Environment,
    project_dir: PathBuf,
    project: OnceCell<ProjectConfig>,
}

/// Where an event goes, who says so, and the token that may go with it.
pub struct Destination {
    pub endpoint: Endpoint,
    pub source: EndpointSource,
    pub bypass_token: Option<BypassToken>,
}

/// What names the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointSource {
    Environment,
    Project,
    Default,
}

impl EndpointSource {
    /// Its short name, as `status` gives it.
    pub fn name(self) -> &'static str {
        match self {
            EndpointSource::Environment => "DOCGLOW_TELEMETRY_ENDPOINT",
            EndpointSource::Project => "docglow.yml",
            EndpointSource::Default => "default",
        }
    }
}

impl Context {
    /// The context of a call for the project in `project_dir`.
    pub fn new(environment: Environment, project_dir: &Path) -> Context {
        Context { environment, project_dir: project_dir.to_path_buf(), project: OnceCell::new() }
    }

    /// Whether telemetry is active, and why.
    pub fn decision(&self) -> Decision {
        decide(&self.environment, || self.project().enabled, || self.state().consent)
    }

    /// Checks that an event may be sent.
    ///
    /// # Errors
    /// `Off`, with the rule that decided.
    pub fn check_active(&self) -> Result<(), NotSent> {
        let decision = self.decision();
        decision.is_active().then_some(()).ok_or(NotSent::Off(decision.reason()))
    }

    /// The sources that name an endpoint that cannot be used, so that the next one counts.
    pub fn unusable_endpoints(&self) -> Vec<EndpointSource> {
        let is_unusable = |source: &EndpointSource| match source {
            EndpointSource::Environment => {
                let is_set = self.environment.endpoint.as_ref().is_some_and(|url| !url.is_empty());
                is_set && self.environment.endpoint().is_none()
            }
            EndpointSource::Project => self.project().endpoint_is_unusable,
            EndpointSource::Default => false,
        };
        [EndpointSource::Environment, EndpointSource::Project]
            .into_iter()
            .filter(is_unusable)
            .collect()
    }

    /// Where an event goes: the environment's endpoint, else the project's, else docglow's.
    pub fn destination(&self) -> Destination {
        let (endpoint, source) = if let Some(endpoint) = self.environment.endpoint() {
            (endpoint, EndpointSource::Environment)
        } else if let Some(endpoint) = self.project().endpoint.clone() {
            (endpoint, EndpointSource::Project)
        } else {
            (Endpoint::docglow(), EndpointSource::Default)
        };
        // The token is the user's, the file may be anybody's.
        let bypass_token =
            if source == EndpointSource::Project { None } else { self.environment.bypass_token() };
        Destination { endpoint, source, bypass_token }
    }

    /// The absolute path of the project's docglow.yml; `None` where it has none.
    pub fn project_file(&self) -> Option<PathBuf> {
        let file = ProjectConfig::file(&self.project_dir)?;
        Some(std::path::absolute(&file).unwrap_or(file))
    }

    /// The state file; `None` where there is no home to have it in.
    pub fn state_file(&self) -> Option<StateFile> {
        self.environment.state_folder().map(|folder| StateFile::in_folder(&folder))
    }

    /// What the state file says.
    pub fn state(&self) -> State {
        self.state_file().map_or(State::default(), |file| file.read())
    }

    /// What the project's docglow.yml says of features; `None` where docglow ends at it.
    pub fn settings(&self) -> Option<Settings> {
        self.project().settings
    }

    fn project(&self) -> &ProjectConfig {
        self.project.get_or_init(|| ProjectConfig::read(&self.project_dir))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_goes_where_a_project_file_points() {
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
}
