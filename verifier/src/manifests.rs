//! Tool manifests that are held against each other, each read once.

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::manifest::ToolManifest;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::statement::predicate_type::TOOL_MANIFEST;

use crate::attribute::Trusted;
use crate::compare::{manifest, names};
use crate::ladder::Line;
use crate::policy::Policy;

/// A trusted tool manifest that parsed, and the names that it gives the artifact.
pub(crate) struct SignedManifest<'a> {
    pub(crate) statement: &'a Trusted,
    pub(crate) manifest: ToolManifest,
    pub(crate) packages: Vec<Purl>,
}

/// Those among `lines`, if the policy counts signers of manifests at all.
pub(crate) fn read<'a>(lines: &'a [Line], subject: Sha256Digest, policy: &Policy) -> Vec<SignedManifest<'a>> {
    if !policy.counts_manifests() {
        return Vec::new();
    }
    let trusted = lines.iter().filter_map(Line::trusted);
    let signed = |statement: &'a Trusted| {
        let manifest = manifest::parse(statement.statement()).ok()?;
        let packages = names::packages(&manifest, subject).ok()?;
        Some(SignedManifest { statement, manifest, packages })
    };
    trusted
        .filter(|statement| statement.statement().predicate_type == TOOL_MANIFEST)
        .filter_map(signed)
        .collect()
}
