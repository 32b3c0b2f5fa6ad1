//! The part of a payload that describes a finished command.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::version::{Pep440, PythonVersion};
use super::vocabulary::{Adapter, Command, CommandResult, Feature};

/// A finished docglow command. No field can contain a text or an arbitrary number of the caller's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub command: Command,
    pub result: CommandResult,
    /// 0 if the event has no duration.
    pub duration_ms: Milliseconds,
    /// `None` if the event names no adapter.
    pub adapter_type: Option<Adapter>,
    /// `None` if the event has no counts.
    pub project_shape: Option<ProjectShape>,
    pub features_used: Features,
    pub docglow_version: Option<Pep440>,
    pub python_version: Option<PythonVersion>,
}

/// Defines [`ProjectShape`] and [`CountName`] from one list.
macro_rules! counts {
    ($($name:ident,)*) => {
        /// The size of the dbt project: the number of models, sources and so on.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct ProjectShape {
            $(pub $name: Count,)*
        }

        /// A key of [`ProjectShape`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
        #[allow(non_camel_case_types)]
        pub enum CountName {
            $($name,)*
        }

        impl ProjectShape {
            /// All keys, in the order of the payload.
            pub const NAMES: &[&str] = &[$(stringify!($name),)*];

            /// The shape with these counts.
            pub fn from_counts(count: impl Fn(CountName) -> Count) -> ProjectShape {
                ProjectShape { $($name: count(CountName::$name),)* }
            }
        }
    };
}

counts! {
    models,
    sources,
    seeds,
    tests,
    macros,
}

/// More than any dbt project has.
pub type Count = AtMost<9_999_999>;

/// A duration of at most 31 days. No `docglow generate` takes that long.
pub type Milliseconds = AtMost<{ 31 * 24 * 60 * 60 * 1000 }>;

/// A number of at most `MAX`. A larger number becomes `MAX`, so that a number has no more digits
/// than a real one needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "u64")]
pub struct AtMost<const MAX: u32>(u32);

impl<const MAX: u32> AtMost<MAX> {
    pub const MAX: u32 = MAX;

    /// The number, or the limit if the number is above it.
    pub fn new(number: u64) -> Self {
        AtMost(u32::try_from(number).unwrap_or(MAX).min(MAX))
    }
}

impl<const MAX: u32> From<u64> for AtMost<MAX> {
    fn from(number: u64) -> Self {
        AtMost::new(number)
    }
}

impl<const MAX: u32> AddAssign<u32> for AtMost<MAX> {
    fn add_assign(&mut self, more: u32) {
        self.0 = self.0.saturating_add(more).min(MAX);
    }
}

/// A set of features, in the order of [`Feature`].
pub type Features = BTreeSet<Feature>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_never_exceeds_its_limit() {
        for (number, json) in [(0, "0"), (7, "7"), (9_999_999, "9999999"), (u64::MAX, "9999999")] {
            assert_eq!(serde_json::to_string(&Count::new(number)).unwrap(), json);
            let read: Count = serde_json::from_str(&number.to_string()).unwrap();
            assert_eq!(read, Count::new(number));
        }
        let mut count = Count::new(9_999_998);
        count += 1;
        assert_eq!(count, Count::new(9_999_999));
        count += 1;
        assert_eq!(count, Count::new(9_999_999));
        assert_eq!(Milliseconds::MAX, 2_678_400_000);
    }
}
