//! How much the files of an artifact may name. What only an SBOM in it states is given up first: it is a hint, and nobody who makes
//! an artifact answers for how much others state.

use std::collections::BTreeSet;

use mcpsign_schemas::inventory::FileOutcome;

use super::source::Source;
use crate::catalog::{InventoryError, Role};

/// Packages in the files of one artifact and its project together. 25,000: the lock files of the largest monorepos pin 15,000. A
/// document of that many has 10 MB, and making it takes 250 MB of memory.
const MAX_PACKAGES: usize = 25_000;

/// How often these files name packages: each of many programs in one image may be made of the same ones.
const MAX_OCCURRENCES: usize = 500_000;

/// How often of these SBOMs do: as many as one file may name.
const MAX_STATED: usize = 100_000;

/// Counts while files are read how often they name packages.
#[derive(Debug, Default)]
pub(super) struct Tally {
    stated: usize,
    others: usize,
}

impl Tally {
    /// Adds files as they are read, so that no more are once it is too much.
    pub(super) fn extend<'a>(
        &mut self,
        sources: &mut Vec<Source<'a>>,
        more: impl IntoIterator<Item = Source<'a>>,
    ) -> Result<(), InventoryError> {
        for mut source in more {
            self.add(&mut source)?;
            sources.push(source);
        }
        Ok(())
    }

    /// One file more. Of an SBOM that is too much nothing counts.
    fn add(&mut self, source: &mut Source<'_>) -> Result<(), InventoryError> {
        let count = source.packages.len();
        if is_stated(source) {
            if self.stated + count > MAX_STATED {
                give_up(source);
            } else {
                self.stated += count;
            }
            return Ok(());
        }
        self.others += count;
        if self.others > MAX_OCCURRENCES {
            return Err(InventoryError::TooMany { limit: MAX_OCCURRENCES });
        }
        Ok(())
    }
}

/// Leaves out what SBOMs state where it is more than counts with all else.
pub(super) fn without_too_many(sources: &mut [Source<'_>]) {
    let distinct: BTreeSet<_> = sources
        .iter()
        .flat_map(|source| &source.packages)
        .map(|package| (&package.purl, &package.origin, &package.hashes))
        .collect();
    if distinct.len() > MAX_PACKAGES {
        sources.iter_mut().filter(|source| is_stated(source)).for_each(give_up);
    }
}

/// Whether the packages of an inventory are few enough.
pub(super) const fn check(packages: usize) -> Result<(), InventoryError> {
    if packages > MAX_PACKAGES { Err(InventoryError::TooMany { limit: MAX_PACKAGES }) } else { Ok(()) }
}

fn is_stated(source: &Source<'_>) -> bool {
    source.cataloger.role() == Role::Stated
}

fn give_up(source: &mut Source<'_>) {
    source.packages = Vec::new();
    source.outcome = FileOutcome::Failed { error: "it states more components than are read".to_owned() };
}
