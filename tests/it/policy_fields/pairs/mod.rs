//! A file for each room of a policy.

mod advisories;
mod continuity;
mod decisions;
mod document;
mod identity;
mod keys;
mod licenses;
mod manifest;
mod namespaces;
mod provenance;
mod revocations;
mod rules;
mod sbom;
mod shadowing;
mod signatures;
mod signers;
mod tools;

use super::pair::Pair;

/// All of them.
pub(super) fn all() -> Vec<Pair> {
    [
        document::pairs(),
        keys::pairs(),
        signers::pairs(),
        identity::pairs(),
        namespaces::pairs(),
        rules::pairs(),
        manifest::pairs(),
        sbom::pairs(),
        provenance::pairs(),
        signatures::pairs(),
        advisories::pairs(),
        licenses::pairs(),
        tools::pairs(),
        shadowing::pairs(),
        continuity::pairs(),
        revocations::pairs(),
        decisions::pairs(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
