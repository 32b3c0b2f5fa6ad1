//! The settings that one call uses: environment, docglow.yml and state file. Each file is read when
//! it is first needed.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use crate::decision::environment::Environment;
use crate::decision::state::{State, StateFile};
use crate::decision::{Decision, decide};
use crate::docglow::config::ProjectConfig;
use crate::docglow::settings::Settings;
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

/// The sources of the endpoint besides docglow's own, as `status` names them.
const ENVIRONMENT: &str = "DOCGLOW_TELEMETRY_ENDPOINT";
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

    /// The sources that name an endpoint that cannot be used, so that the next one counts.
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
            // The token belongs to the user. Anybody may have written the docglow.yml.
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
}
