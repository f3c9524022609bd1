//! What is wrong with a configuration file, and where.

use std::ops::Range;

use mcpsign_schemas::untrusted::escape;

/// A file that says nothing that could be done.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    /// Not text.
    #[error("mcpsign.toml: not UTF-8")]
    NotUtf8,
    /// Something in it.
    #[error("mcpsign.toml:{line}:{column}: {what}")]
    At {
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
        /// Fit to be shown.
        what: String,
    },
}

impl ConfigError {
    /// The error about `span` of `text`.
    pub(super) fn at(text: &str, span: Range<usize>, what: &str) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self::At { line, column, what: escape(what) }
    }
}
