//! A file for each room of a policy.

mod document;
mod keys;
mod manifest;
mod rules;
mod sbom;
mod signers;

use super::pair::Pair;

/// All of them.
pub(super) fn all() -> Vec<Pair> {
    [document::pairs(), keys::pairs(), signers::pairs(), rules::pairs(), manifest::pairs(), sbom::pairs()]
        .into_iter()
        .flatten()
        .collect()
}
