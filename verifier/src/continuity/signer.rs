//! `signerChanged` and `ownerChanged`: the same somebody signs.

use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;

use super::{Release, differs, not_comparable};
use crate::attribute::Trusted;
use crate::authenticate::{CertificateIdentity, Signer};
use crate::continuity::history::Earlier;

/// The manifest's signer is that of the earlier release: the same issuer and subject but for the Git reference that a
/// workflow was taken from, which every release changes; or a key of the same entry.
/// That it was signed as another kind is one thing, and that somebody else signed it another: whoever bears the first does not
/// bear the second.
pub(super) fn changed(release: &Release<'_, '_>, earlier: &Earlier<'_>) -> Vec<Finding> {
    let (now, before) = (release.statement, earlier.statement);
    let mut findings = Vec::new();
    if release.candidate.manifest.kind != earlier.manifest.kind {
        findings.extend(not_comparable(earlier, "its manifest was signed as another kind"));
    }
    if !is_same(now, before) && !has_its_own(release, earlier) {
        let finding = differs(code::freshness::SIGNER_CHANGED, earlier, shown(before), shown(now));
        findings.push(finding.evidence(now.evidence().clone()));
    }
    findings
}

/// Whether the earlier release has a manifest by this signer beside the one that it is compared by: of several who sign each
/// release, each goes on from what that one signed.
fn has_its_own(release: &Release<'_, '_>, earlier: &Earlier<'_>) -> bool {
    !is_same(release.statement, earlier.statement)
        && earlier.beside.iter().any(|other| is_same(release.statement, other))
}

fn is_same(now: &Trusted, before: &Trusted) -> bool {
    match (now.signer(), before.signer()) {
        (Signer::Certificate { identity: now, .. }, Signer::Certificate { identity: before, .. }) => {
            now.issuer == before.issuer && name(now) == name(before)
        }
        // No two entries share a key.
        (Signer::Key { .. }, Signer::Key { .. }) => now.entries().first() == before.entries().first(),
        _ => false,
    }
}

/// What was accepted before was signed by somebody whom the policy does not name any more.
pub(super) fn unknown(statement: &Trusted, before: String) -> Finding {
    Finding::new(code::freshness::SIGNER_CHANGED, code::freshness::SIGNER_CHANGED.title)
        .expected(before)
        .found(shown(statement))
        .evidence(statement.evidence().clone())
}

/// Numbers of repository and owner are those of the earlier release, wherever that has them: whoever takes over a name does
/// not get its number.
pub(super) fn owner_changed(release: &Release<'_, '_>, earlier: &Earlier<'_>) -> Vec<Finding> {
    if has_its_own(release, earlier) {
        return Vec::new();
    }
    let (Some(now), Some(before)) = (release.statement.certificate(), earlier.statement.certificate()) else {
        return match earlier.statement.certificate() {
            // Numbers stand in certificates alone.
            Some(_) => not_comparable(earlier, "no certificate says whose this one is"),
            None => Vec::new(),
        };
    };
    let (now, before) = (&now.workload, &before.workload);
    let pairs = [
        ("owner", &before.owner_id, &now.owner_id, &now.owner),
        ("repository", &before.repository_id, &now.repository_id, &now.repository),
    ];
    let changed = |(what, before, now, name): (&str, &Option<String>, &Option<String>, &Option<String>)| {
        let before = before.as_ref().filter(|before| now.as_ref() != Some(before))?;
        let found = match (now, name) {
            (Some(number), Some(name)) => format!("{what} {number} ({name})"),
            (Some(number), None) => format!("{what} {number}"),
            (None, _) => format!("{what} without a number"),
        };
        let finding = differs(code::freshness::OWNER_CHANGED, earlier, format!("{what} {before}"), found);
        Some(finding.evidence(release.statement.evidence().clone()))
    };
    pairs.into_iter().filter_map(changed).collect()
}

/// A certificate's subject, without what differs from release to release.
fn name(identity: &CertificateIdentity) -> Option<&str> {
    let name = identity.subject_name()?;
    match &identity.workload.signer_workflow {
        Some(workflow) => Some(name.strip_suffix(&format!("@{}", workflow.reference)).unwrap_or(name)),
        None => Some(name),
    }
}

fn shown(statement: &Trusted) -> String {
    match statement.signer() {
        Signer::Certificate { identity, .. } => identity.to_string(),
        Signer::Key { spki_sha256, .. } => format!("key sha256:{spki_sha256}"),
    }
}
