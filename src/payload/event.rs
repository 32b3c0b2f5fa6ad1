//! What a payload says of a finished command.

use serde::{Deserialize, Serialize};

use super::version::{Pep440, PythonVersion};
use super::vocabulary::{Adapter, Command, CommandResult, Feature};

/// A finished docglow command. No field can hold a text of the caller's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub command: Command,
    pub result: CommandResult,
    /// Milliseconds, at most [`MAX_INTEGER`]; 0 where the event says none.
    pub duration_ms: u64,
    /// `None` where the event names no adapter.
    pub adapter_type: Option<Adapter>,
    /// `None` where the event has no counts.
    pub project_shape: Option<ProjectShape>,
    /// Each feature once, in the order given.
    pub features_used: Vec<Feature>,
    pub docglow_version: Option<Pep440>,
    pub python_version: Option<PythonVersion>,
}

/// How many of each thing the dbt project has, each at most [`MAX_INTEGER`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectShape {
    pub models: u64,
    pub sources: u64,
    pub seeds: u64,
    pub tests: u64,
    pub macros: u64,
}

/// The largest integer that every JSON reader takes exactly, 2^53 − 1 (RFC 8259 §6); larger numbers are cut to it.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;
