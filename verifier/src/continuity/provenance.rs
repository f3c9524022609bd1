//! `provenanceGone`: what was built in the open is not published from somewhere else later.

use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;

use super::{Release, differs};
use crate::continuity::history::Earlier;
use crate::require::provenances;

/// Where the earlier release has provenance that can be used, this one has some too.
pub(super) fn gone(release: &Release<'_, '_>, earlier: &Earlier<'_>) -> Vec<Finding> {
    let Some(before) = earlier.provenance.first() else { return Vec::new() };
    if !provenances(release.candidate, release.context).is_empty() {
        return Vec::new();
    }
    let expected = before.statement().predicate_type.clone();
    vec![differs(code::freshness::PROVENANCE_GONE, earlier, expected, "no provenance that can be used")]
}
