//! The environment variables that configure this program, read once.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::docglow::switch::switch;
use crate::endpoint::Endpoint;
use crate::endpoint::bypass_token::BypassToken;
use crate::platform::folders;

/// Variables of CI systems: `CI`, and those of the systems that do not set it. The names are those
/// of the npm package ci-info.
const CI_SYSTEMS: &str = "
    CI CONTINUOUS_INTEGRATION AC_APPCIRCLE AGOLA_GIT_REF APPCENTER_BUILD_ID APPVEYOR
    BITBUCKET_BUILD_NUMBER BITBUCKET_COMMIT BITRISE_IO BUDDY BUDDY_WORKSPACE_ID BUILDER_OUTPUT
    BUILDKITE CF_BUILD_ID CF_PAGES CIRCLECI CIRRUS_CI CI_NAME CI_XCODE_PROJECT CM_BUILD_ID
    CODEBUILD_BUILD_ARN CODEBUILD_BUILD_ID DRONE DSARI EARTHLY_CI EAS_BUILD GERRIT_PROJECT
    GITEA_ACTIONS GITHUB_ACTIONS GITLAB_CI GO_PIPELINE_LABEL GO_PIPELINE_NAME HARNESS_BUILD_ID
    HUDSON_URL JENKINS_URL LAYERCI MAGNUM NETLIFY NEVERCODE PROW_JOB_ID RELEASE_BUILD_ID RENDER RWX
    SAILCI SCREWDRIVER SEMAPHORE STRIDER TEAMCITY_VERSION TF_BUILD TRAVIS VELA WOODPECKER_CI
    WORKERS_CI XCS bamboo_buildKey bamboo_planKey";

/// Variables of coding agents, which run commands at a terminal and type answers. The names are
/// those that the npm packages @vercel/detect-agent, std-env and am-i-vibing use to detect a
/// command that an agent runs, or that runs in an agent's editor.
const CODING_AGENTS: &str = "
    AGENT AI_AGENT AMP_CURRENT_THREAD_ID ANTIGRAVITY_AGENT AUGMENT_AGENT CLAUDECODE CLAUDE_CODE
    CLINE_ACTIVE CODEX_CI CODEX_SANDBOX CODEX_THREAD_ID COPILOT_AGENT COPILOT_CLI CRUSH CURSOR_AGENT
    CURSOR_TRACE_ID DEVIN_SESSION_ID GEMINI_CLI GOOSE_TERMINAL JUNIE_SHIM_PATH OPENCODE
    OPENCODE_CLIENT PI_CODING_AGENT QWEN_CODE REPL_ID";

/// Variables of notebooks: Colab, Databricks, Deepnote, Jupyter, Kaggle. A cell may have a terminal
/// that a person cannot type at.
const NOTEBOOKS: &str = "
    COLAB_RELEASE_TAG DATABRICKS_RUNTIME_VERSION DEEPNOTE_PROJECT_ID JPY_PARENT_PID JPY_SESSION_NAME
    KAGGLE_KERNEL_RUN_TYPE";

// The names that other modules need, too.
pub const NO_TELEMETRY: &str = "DOCGLOW_NO_TELEMETRY";
pub const TELEMETRY: &str = "DOCGLOW_TELEMETRY";
pub const ENDPOINT: &str = "DOCGLOW_TELEMETRY_ENDPOINT";
pub const VERCEL_BYPASS: &str = "DOCGLOW_VERCEL_BYPASS";
pub const SSL_CERT_FILE: &str = "SSL_CERT_FILE";
pub const SSL_CERT_DIR: &str = "SSL_CERT_DIR";

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
    /// It may hold a secret or a path, so `status` shows only that it is set.
    Hidden,
    /// `status` shows its effect instead: the path of the state file.
    Implied,
}

/// Defines [`Environment`] and [`VARIABLES`] from one table.
macro_rules! variables {
    ($($field:ident = $name:expr, $visibility:ident;)*) => {
        /// The values of [`VARIABLES`]. Tests build one by hand.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Environment {
            $(pub $field: Option<OsString>,)*
        }

        /// The variables that configure this program. `PATH` and the variables of
        /// [`is_unattended`] are not in the table.
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
    no_telemetry = NO_TELEMETRY, Shown;
    telemetry = TELEMETRY, Shown;
    endpoint = ENDPOINT, Hidden;
    debug = "DOCGLOW_TELEMETRY_DEBUG", Shown;
    wait = "DOCGLOW_TELEMETRY_WAIT", Shown;
    vercel_bypass = VERCEL_BYPASS, Hidden;
    https_proxy = "https_proxy", Hidden;
    https_proxy_upper = "HTTPS_PROXY", Hidden;
    all_proxy = "all_proxy", Hidden;
    all_proxy_upper = "ALL_PROXY", Hidden;
    no_proxy = "no_proxy", Hidden;
    no_proxy_upper = "NO_PROXY", Hidden;
    ssl_cert_file = SSL_CERT_FILE, Hidden;
    ssl_cert_dir = SSL_CERT_DIR, Hidden;
    home = folders::HOME, Implied;
    config_home = folders::CONFIG_HOME, Implied;
}

/// An empty value counts as unset.
fn filled(value: &Option<OsString>) -> Option<&OsStr> {
    value.as_deref().filter(|value| !value.is_empty())
}

impl Environment {
    /// Whether the kill switch is set to a value other than empty, `0`, `false`, `no` or `off`. A
    /// value that is not UTF-8 counts as set, too.
    pub fn kill_switch(&self) -> bool {
        match self.no_telemetry.as_deref().map(OsStr::to_str) {
            None => false,
            Some(None) => true,
            Some(Some(value)) => !value.trim().is_empty() && switch(value) != Some(false),
        }
    }

    /// `DOCGLOW_TELEMETRY` as on or off, if it has one of the known words.
    pub fn telemetry(&self) -> Option<bool> {
        self.telemetry.as_deref()?.to_str().and_then(switch)
    }

    /// Whether to print one line about each event on stderr.
    pub fn debug(&self) -> bool {
        says_on(&self.debug)
    }

    /// Whether each call sends before it returns, as with `--wait`. For example, a container ends
    /// all of its processes when its main process ends, so a sender in the background would be
    /// lost.
    pub fn wait(&self) -> bool {
        says_on(&self.wait)
    }

    /// The endpoint that the user chose, if it is an acceptable URL.
    pub fn endpoint(&self) -> Option<Endpoint> {
        filled(&self.endpoint)?.to_str().and_then(Endpoint::parse)
    }

    /// The token for Vercel's deployment protection, if a header can contain it.
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

    /// The folders of trusted certificates, separated as in `PATH`.
    pub fn ssl_cert_dir(&self) -> Option<&OsStr> {
        filled(&self.ssl_cert_dir)
    }

    /// The folder of docglow's state file: click's `get_app_dir("docglow")`. Known if `HOME` or
    /// the user database names a home.
    pub fn state_folder(&self) -> Option<PathBuf> {
        let home = || filled(&self.home).map(PathBuf::from).or_else(folders::home_of_user);
        let config_home = filled(&self.config_home).map(PathBuf::from);
        Some(folders::config_folder(home, config_home)?.join("docglow"))
    }
}

fn says_on(value: &Option<OsString>) -> bool {
    value.as_deref().and_then(OsStr::to_str).and_then(switch) == Some(true)
}

/// Whether nobody can answer a question: one of the variables above is set and its value does not
/// mean off, or `TERM` is `dumb`, as in an editor that shows a program's output.
pub fn is_unattended(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_on =
        |value: OsString| !value.is_empty() && value.to_str().and_then(switch) != Some(false);
    unattended_variables().filter_map(&variable).any(is_on)
        || variable("TERM").is_some_and(|term| term == "dumb")
}

/// The names of the variables above.
pub fn unattended_variables() -> impl Iterator<Item = &'static str> {
    [CI_SYSTEMS, CODING_AGENTS, NOTEBOOKS].into_iter().flat_map(str::split_whitespace)
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

    #[test]
    fn debug_and_wait_are_on_only_if_their_variable_says_on() {
        for (value, on) in [("1", true), (" Yes", true), ("0", false), ("2", false), ("", false)] {
            let debug = Environment { debug: Some(value.into()), ..Default::default() };
            let wait = Environment { wait: Some(value.into()), ..Default::default() };
            assert_eq!([debug.debug(), debug.wait()], [on, false], "{value:?}");
            assert_eq!([wait.debug(), wait.wait()], [false, on], "{value:?}");
        }
    }

    #[test]
    fn an_empty_variable_is_skipped_and_lower_case_comes_first() {
        let value = |text: &str| Some(OsString::from(text));
        let empty = value("");
        for (https, https_upper, all, all_upper, proxy) in [
            ("a", "b", "c", "d", Some("a")),
            ("", "b", "c", "d", Some("b")),
            ("", "", "c", "d", Some("c")),
            ("", "", "", "d", Some("d")),
            ("", "", "", "", None),
        ] {
            let environment = Environment {
                https_proxy: value(https),
                https_proxy_upper: value(https_upper),
                all_proxy: value(all),
                all_proxy_upper: value(all_upper),
                ..Default::default()
            };
            assert_eq!(environment.proxy(), proxy.map(OsStr::new));
        }
        let environment = Environment {
            no_proxy: empty.clone(),
            no_proxy_upper: value("b"),
            ssl_cert_file: value("file"),
            ssl_cert_dir: value("folders"),
            ..Default::default()
        };
        assert_eq!(environment.no_proxy(), Some(OsStr::new("b")));
        assert_eq!(environment.ssl_cert_file(), Some(OsStr::new("file")));
        assert_eq!(environment.ssl_cert_dir(), Some(OsStr::new("folders")));
        let environment =
            Environment { ssl_cert_file: empty.clone(), ssl_cert_dir: empty, ..Default::default() };
        assert_eq!([environment.ssl_cert_file(), environment.ssl_cert_dir()], [None, None]);
    }

    #[test]
    fn nobody_is_asked_in_ci_by_an_agent_or_in_a_notebook() {
        let set = |name: &'static str, value: &'static str| {
            is_unattended(|asked| (asked == name).then(|| value.into()))
        };
        for name in unattended_variables() {
            assert!(
                set(name, "1") && set(name, "x") && !set(name, "0") && !set(name, ""),
                "{name}"
            );
        }
        assert!(set("TERM", "dumb") && !set("TERM", "xterm") && !set("EDITOR", "vi"));
    }
}
