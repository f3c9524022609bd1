//! Which crates vendored sources are: beside their checksums lies the manifest that names them.

use std::collections::HashMap;

use mcpsign_schemas::inventory::FileOutcome;

use super::source::Source;
use crate::catalog::cargo::{self, CARGO_VENDORED};
use crate::catalog::{Cataloger as _, Document};

/// Names those of `sources` whose files are among `documents`. What no manifest names was not understood.
pub(super) fn name(sources: &mut [Source<'_>], documents: &[Document]) {
    let manifests = documents.iter().filter(|document| cargo::is_vendored_manifest(&document.path));
    let manifests: HashMap<&str, &Document> =
        manifests.map(|document| (document.path.as_str(), document)).collect();
    let is_vendored =
        |source: &&mut Source<'_>| source.cataloger.id() == CARGO_VENDORED.id() && source.is_among(documents);
    for source in sources.iter_mut().filter(is_vendored) {
        let path = &source.document.path;
        let named = source
            .packages
            .iter_mut()
            .try_for_each(|package| cargo::name_vendored(package, path, &manifests));
        if let Err(error) = named {
            source.packages.clear();
            source.outcome = FileOutcome::Failed { error: error.to_string() };
        }
    }
}
