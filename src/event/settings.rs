//! What a project's docglow.yml says of the features that docglow uses.

/// docglow's settings that a payload can tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `slim`
    pub slim: bool,
    /// `column_lineage`
    pub column_lineage: bool,
    /// `ai.enabled`
    pub ai: bool,
}

impl Default for Settings {
    /// Where docglow.yml says nothing.
    fn default() -> Settings {
        Settings { slim: false, column_lineage: true, ai: false }
    }
}
