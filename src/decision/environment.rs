//! The environment variables that the hook knows, read once.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::endpoint::Endpoint;
use crate::endpoint::bypass_token::BypassToken;
use crate::platform::folders;

/// What automated builds set, in which nobody can answer a question: `CI`, and what those set that don't set it.
const CI_VARIABLES: &[&str] = &[
    "CI",
    "APPVEYOR",
    "BITBUCKET_BUILD_NUMBER",
    "BUDDY",
    "BUILDKITE",
    "CIRCLECI",
    "CIRRUS_CI",
    "CODEBUILD_BUILD_ID",
    "DRONE",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "GO_PIPELINE_NAME",
    "HARNESS_BUILD_ID",
    "HUDSON_URL",
    "JENKINS_URL",
    "NETLIFY",
    "SEMAPHORE",
    "TEAMCITY_VERSION",
    "TF_BUILD",
    "TRAVIS",
    "WOODPECKER_CI",
    "bamboo_buildKey",
];

/// Every environment variable that matters to the hook. Tests build one by hand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment {
    /// `DOCGLOW_NO_TELEMETRY`
    pub no_telemetry: Option<OsString>,
    /// `DOCGLOW_TELEMETRY`
    pub telemetry: Option<OsString>,
    /// `DOCGLOW_TELEMETRY_ENDPOINT`
    pub endpoint: Option<OsString>,
    /// `DOCGLOW_TELEMETRY_DEBUG`
    pub debug: Option<OsString>,
    /// `DOCGLOW_TELEMETRY_WAIT`
    pub wait: Option<OsString>,
    /// `DOCGLOW_VERCEL_BYPASS`
    pub vercel_bypass: Option<OsString>,
    /// The first of `https_proxy`, `HTTPS_PROXY`, `all_proxy`, `ALL_PROXY` that is not empty, as curl reads them.
    pub proxy: Option<(&'static str, OsString)>,
    /// The first of `no_proxy`, `NO_PROXY` that is not empty.
    pub no_proxy: Option<(&'static str, OsString)>,
    /// `SSL_CERT_FILE`
    pub ssl_cert_file: Option<OsString>,
    /// `SSL_CERT_DIR`
    pub ssl_cert_dir: Option<OsString>,
    /// [`folders::HOME`]
    pub home: Option<OsString>,
    /// [`folders::CONFIG_HOME`]
    pub config_home: Option<OsString>,
}

impl Environment {
    /// The process's own environment.
    pub fn read() -> Environment {
        Environment::of(|name| std::env::var_os(name))
    }

    /// The environment in which `variable` gives a variable's value.
    pub fn of(variable: impl Fn(&str) -> Option<OsString>) -> Environment {
        let filled = |name: &str| variable(name).filter(|value| !value.is_empty());
        let first =
            |names: &[&'static str]| names.iter().find_map(|name| Some((*name, filled(name)?)));
        Environment {
            no_telemetry: variable("DOCGLOW_NO_TELEMETRY"),
            telemetry: variable("DOCGLOW_TELEMETRY"),
            endpoint: filled("DOCGLOW_TELEMETRY_ENDPOINT"),
            debug: variable("DOCGLOW_TELEMETRY_DEBUG"),
            wait: variable("DOCGLOW_TELEMETRY_WAIT"),
            vercel_bypass: filled("DOCGLOW_VERCEL_BYPASS"),
            proxy: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            no_proxy: first(&["no_proxy", "NO_PROXY"]),
            ssl_cert_file: filled("SSL_CERT_FILE"),
            ssl_cert_dir: filled("SSL_CERT_DIR"),
            home: filled(folders::HOME),
            config_home: filled(folders::CONFIG_HOME),
        }
    }

    /// Whether the kill switch is set: to anything but empty, `0`, `false`, `no` or `off`, text or not.
    pub fn kill_switch(&self) -> bool {
        match self.no_telemetry.as_deref().map(OsStr::to_str) {
            None => false,
            Some(None) => true,
            Some(Some(value)) => !value.trim().is_empty() && switch(value) != Some(false),
        }
    }

    /// What `DOCGLOW_TELEMETRY` says; `None` where it is unset or none of the known words.
    pub fn telemetry(&self) -> Option<bool> {
        self.telemetry.as_deref()?.to_str().and_then(switch)
    }

    /// Whether the user wants to see what happens, on stderr.
    pub fn debug(&self) -> bool {
        says_on(&self.debug)
    }

    /// Whether each call is to send before it returns, as with `--wait`: where everything ends with the caller, a container for
    /// one, nothing else delivers.
    pub fn wait(&self) -> bool {
        says_on(&self.wait)
    }

    /// The endpoint that the user chose, if it is one that may be used.
    pub fn endpoint(&self) -> Option<Endpoint> {
        self.endpoint.as_deref()?.to_str().and_then(Endpoint::parse)
    }

    /// The token that lets a request through Vercel's deployment protection, if it can stand in a header.
    pub fn bypass_token(&self) -> Option<BypassToken> {
        self.vercel_bypass.as_deref()?.to_str().and_then(BypassToken::parse)
    }

    /// The folder of docglow's state file, where click's `get_app_dir("docglow")` puts it. `None` where neither `HOME` nor the
    /// user database says where that is.
    pub fn state_folder(&self) -> Option<PathBuf> {
        let home = || self.home.as_ref().map(PathBuf::from).or_else(folders::home_of_user);
        Some(
            folders::config_folder(home, self.config_home.as_ref().map(PathBuf::from))?
                .join("docglow"),
        )
    }
}

fn says_on(value: &Option<OsString>) -> bool {
    value.as_deref().and_then(OsStr::to_str).and_then(switch) == Some(true)
}

/// Whether nobody is there to answer a question: one of the variables above is set, and to no word that says off, or `TERM` is
/// `dumb`, and a program such as an editor reads what is shown. `variable` is asked only here, for most calls have no question.
pub fn is_unattended(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let says_so =
        |value: OsString| !value.is_empty() && value.to_str().and_then(switch) != Some(false);
    CI_VARIABLES.iter().filter_map(|name| variable(name)).any(says_so)
        || variable("TERM").is_some_and(|term| term == "dumb")
}

/// A word that says on (`1 true yes on`) or off (`0 false no off`), trimmed and without case; `None` for any other.
pub fn switch(word: &str) -> Option<bool> {
    let word = word.trim();
    let is_one_of = |words: [&str; 4]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
    if is_one_of(["1", "true", "yes", "on"]) {
        Some(true)
    } else if is_one_of(["0", "false", "no", "off"]) {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::testing::not_text;

    #[test]
    fn a_kill_switch_that_was_meant_works() {
        for (value, killed) in [
            ("1", true),
            ("true", true),
            ("y", true),
            ("2", true),
            ("enabled", true),
            (" Yes ", true),
            ("", false),
            ("  ", false),
            ("0", false),
            (" FALSE", false),
            ("No", false),
            ("off", false),
        ] {
            let environment =
                Environment { no_telemetry: Some(value.into()), ..Default::default() };
            assert_eq!(environment.kill_switch(), killed, "{value:?}");
        }
        let not_text = Some(not_text());
        assert!(Environment { no_telemetry: not_text.clone(), ..Default::default() }.kill_switch());
        assert_eq!(Environment { telemetry: not_text, ..Default::default() }.telemetry(), None);
        assert!(!Environment::default().kill_switch());
    }
}
