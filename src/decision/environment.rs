//! The environment variables that the hook knows, read once.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::docglow::switch::switch;
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

/// An environment variable that this program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: &'static str,
    pub visibility: Visibility,
}

/// Whether `status` shows a variable's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    Shown,
    /// It may be a secret or a path, so that `status` says only whether it is set.
    Hidden,
    /// `status` shows what follows from it instead: the path of the state file.
    Implied,
}

/// Defines [`Environment`] and [`VARIABLES`] from one table.
macro_rules! variables {
    ($($field:ident = $name:expr, $visibility:ident;)*) => {
        /// The variables that decide, each as it is set. Tests build one by hand.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Environment {
            $(pub $field: Option<OsString>,)*
        }

        /// Every variable that this program reads, except those that only say who is at the
        /// terminal.
        pub const VARIABLES: &[Variable] = &[
            $(Variable { name: $name, visibility: Visibility::$visibility },)*
        ];

        impl Environment {
            /// Reads this process's environment.
            pub fn read() -> Environment {
                Environment { $($field: std::env::var_os($name),)* }
            }

            /// The values, in the order of [`VARIABLES`].
            pub fn values(&self) -> [&Option<OsString>; VARIABLES.len()] {
                [$(&self.$field,)*]
            }
        }
    };
}

variables! {
    no_telemetry = "DOCGLOW_NO_TELEMETRY", Shown;
    telemetry = "DOCGLOW_TELEMETRY", Shown;
    endpoint = "DOCGLOW_TELEMETRY_ENDPOINT", Hidden;
    debug = "DOCGLOW_TELEMETRY_DEBUG", Shown;
    wait = "DOCGLOW_TELEMETRY_WAIT", Shown;
    vercel_bypass = "DOCGLOW_VERCEL_BYPASS", Hidden;
    https_proxy = "https_proxy", Hidden;
    https_proxy_upper = "HTTPS_PROXY", Hidden;
    all_proxy = "all_proxy", Hidden;
    all_proxy_upper = "ALL_PROXY", Hidden;
    no_proxy = "no_proxy", Hidden;
    no_proxy_upper = "NO_PROXY", Hidden;
    ssl_cert_file = "SSL_CERT_FILE", Hidden;
    ssl_cert_dir = "SSL_CERT_DIR", Hidden;
    home = folders::HOME, Implied;
    config_home = folders::CONFIG_HOME, Implied;
}

/// An empty value counts as unset.
fn filled(value: &Option<OsString>) -> Option<&OsStr> {
    value.as_deref().filter(|value| !value.is_empty())
}

impl Environment {
    /// Whether the kill switch is set: to any value except empty, `0`, `false`, `no` and `off`. A
    /// value that is not UTF-8 sets it, too.
    pub fn kill_switch(&self) -> bool {
        match self.no_telemetry.as_deref().map(OsStr::to_str) {
            None => false,
            Some(None) => true,
            Some(Some(value)) => !value.trim().is_empty() && switch(value) != Some(false),
        }
    }

    /// `DOCGLOW_TELEMETRY` as on or off; `None` if it is unset or another word.
    pub fn telemetry(&self) -> Option<bool> {
        self.telemetry.as_deref()?.to_str().and_then(switch)
    }

    /// Whether to explain on stderr what happens.
    pub fn debug(&self) -> bool {
        says_on(&self.debug)
    }

    /// Whether each call sends before it returns, as with `--wait`. In a container, for example, the
    /// sender ends with its caller.
    pub fn wait(&self) -> bool {
        says_on(&self.wait)
    }

    /// The endpoint that the user chose, if it is an acceptable URL.
    pub fn endpoint(&self) -> Option<Endpoint> {
        filled(&self.endpoint)?.to_str().and_then(Endpoint::parse)
    }

    /// The token for Vercel's deployment protection, if a header can hold it.
    pub fn bypass_token(&self) -> Option<BypassToken> {
        self.vercel_bypass.as_deref()?.to_str().and_then(BypassToken::parse)
    }

    /// The proxy for `https` URLs. The order of the variables is curl's.
    pub fn proxy(&self) -> Option<&OsStr> {
        let candidates =
            [&self.https_proxy, &self.https_proxy_upper, &self.all_proxy, &self.all_proxy_upper];
        candidates.into_iter().find_map(filled)
    }

    /// The hosts that are reached without the proxy.
    pub fn no_proxy(&self) -> Option<&OsStr> {
        filled(&self.no_proxy).or_else(|| filled(&self.no_proxy_upper))
    }

    /// The file of trusted certificates.
    pub fn ssl_cert_file(&self) -> Option<&OsStr> {
        filled(&self.ssl_cert_file)
    }

    /// The folders of trusted certificates: a list like `PATH`.
    pub fn ssl_cert_dir(&self) -> Option<&OsStr> {
        filled(&self.ssl_cert_dir)
    }

    /// The folder of docglow's state file: click's `get_app_dir("docglow")`. `None` if neither `HOME`
    /// nor the user database names a home.
    pub fn state_folder(&self) -> Option<PathBuf> {
        let home = || filled(&self.home).map(PathBuf::from).or_else(folders::home_of_user);
        let config_home = filled(&self.config_home).map(PathBuf::from);
        Some(folders::config_folder(home, config_home)?.join("docglow"))
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
