//! Broken rules, kept until it is known for which form the archive is to be judged.

use std::io;

use crate::archive::{ArchiveError, PackageForm};

/// For which forms a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    All,
    Only(PackageForm),
    AllBut(PackageForm),
}

/// The first violation of each kind of rule, in the order of the archive.
#[derive(Debug, Default)]
pub(super) struct Violations(Vec<(Rule, ArchiveError)>);

impl Rule {
    fn holds_for(self, form: PackageForm) -> bool {
        match self {
            Self::All => true,
            Self::Only(only) => only == form,
            Self::AllBut(but) => but != form,
        }
    }
}

impl Violations {
    pub(super) fn push(&mut self, rule: Rule, error: ArchiveError) {
        if !self.0.iter().any(|(known, _)| *known == rule) {
            self.0.push((rule, error));
        }
    }

    /// The first that counts for `form`.
    pub(super) fn first_for(self, form: PackageForm) -> Option<ArchiveError> {
        self.0.into_iter().find(|(rule, _)| rule.holds_for(form)).map(|(_, error)| error)
    }
}

/// What ends the judging of an entry.
pub(super) enum Broken {
    /// A rule: the next entry can still be found.
    Rule(ArchiveError),
    /// The archive itself: nothing more can be found.
    Stream(ArchiveError),
}

impl From<ArchiveError> for Broken {
    fn from(rule: ArchiveError) -> Self {
        Self::Rule(rule)
    }
}

/// An error of the bytes.
pub(super) fn damaged(error: io::Error) -> Broken {
    Broken::Stream(ArchiveError::Damaged(error))
}
