//! Of which distribution the packages of an operating system are.

use mcpsign_schemas::inventory::KnownGap;

use super::source::Source;
use crate::catalog::{Document, os};

/// Names what databases of packages among `sources` list after the distribution whose os-release lies beside them, among
/// `documents`. Where none does it is a gap: the same name in another distribution is another package.
pub(super) fn name<'s, 'a: 's>(
    sources: impl Iterator<Item = &'s mut Source<'a>>,
    documents: &[Document],
    gaps: &mut Vec<KnownGap>,
) {
    let system = os::distribution(documents);
    for source in sources.filter(|source| os::is_database(source.cataloger) && !source.packages.is_empty()) {
        match &system {
            Some(system) => system.name(&mut source.packages),
            None => gaps.push(KnownGap::unread(
                Some(source.path.to_string()),
                "of which distribution its packages are is not known: no os-release says so",
            )),
        }
    }
}
