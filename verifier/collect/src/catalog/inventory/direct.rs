//! Where installed packages come from, by the file that stands beside their metadata where that is no index.

use std::collections::HashMap;

use mcpsign_schemas::inventory::Origin;

use super::source::Source;
use crate::catalog::pypi::{self, direct_url};
use crate::catalog::{Cataloger as _, Document};

/// Lets those of `sources` that say what is installed say where from: their files are among `documents`.
pub(super) fn locate(sources: &mut [Source<'_>], documents: &[Document]) {
    let there = documents.iter().filter(|document| direct_url::is_direct_url(document.path.as_str()));
    let there: HashMap<&str, &Document> = there.map(|document| (document.path.as_str(), document)).collect();
    let readers = [pypi::DIST_INFO.id(), pypi::METADATA.id()];
    let is_installed =
        |source: &&mut Source<'_>| readers.contains(&source.cataloger.id()) && source.is_among(documents);
    for source in sources.iter_mut().filter(is_installed) {
        let path = direct_url::beside(source.document.path.as_str());
        let Some(document) = path.and_then(|path| there.get(path.as_str()).copied()) else { continue };
        // What a manifest says of itself and what it asks for is not installed.
        let installed =
            source.packages.iter_mut().filter(|one| matches!(one.origin, Origin::Registry { .. }));
        for package in installed {
            if let Err(error) = direct_url::locate(package, document.bytes()) {
                source.passed_over.push(format!("where it was installed from cannot be read: {error}"));
            }
        }
    }
}
