//! Git repositories among the URIs of a provenance.

use crate::digest::DigestSet;
use crate::workload::parse::{is_commit, is_reference, is_repository};

use super::{Material, ProvenanceError, Source};

/// `[git+]https://HOST/PATH[.git][@refs/…]`, with the commit that `digest` names.
///
/// # Errors
/// When it names two.
pub(super) fn source(uri: &str, digest: &DigestSet) -> Result<Option<Source>, ProvenanceError> {
    let Some((repository, reference)) = place(uri, digest) else { return Ok(None) };
    Ok(Some(Source { repository, reference, commit: commit(digest)? }))
}

fn place(uri: &str, digest: &DigestSet) -> Option<(String, Option<String>)> {
    let (place, reference) = match uri.find("@refs/") {
        Some(at) => (uri.get(..at)?, Some(uri.get(at + 1..)?)),
        None => (uri, None),
    };
    let git = place.strip_prefix("git+");
    // A plain address may be of anything, unless its digest is a commit's.
    if git.is_none() && digest.get("gitCommit").is_none() {
        return None;
    }
    let repository = repository(git.unwrap_or(place))?;
    if reference.is_some_and(|reference| !is_reference(reference)) {
        return None;
    }
    Some((repository, reference.map(str::to_owned)))
}

/// An address without the ending that servers take or leave. A last part with `@` names something else than a repository.
pub(super) fn repository(address: &str) -> Option<String> {
    let address = address.strip_suffix(".git").unwrap_or(address);
    (is_repository(address) && !address.contains('@')).then(|| address.to_owned())
}

/// SLSA says `gitCommit` and said `sha1`.
fn commit(digest: &DigestSet) -> Result<Option<String>, ProvenanceError> {
    let of = |algorithm| digest.get(algorithm).filter(|hex| is_commit(hex)).map(str::to_owned);
    match (of("gitCommit"), of("sha1")) {
        (Some(commit), Some(sha1)) if commit != sha1 && commit.len() == sha1.len() => {
            Err(ProvenanceError::Commits)
        }
        (commit, sha1) => Ok(commit.or(sha1)),
    }
}

/// The one repository among the materials that was built: the only one, or the one that also holds the instructions.
///
/// # Errors
/// When one of them has two commits.
pub(super) fn built(
    materials: &[Material],
    instructions: Option<&Source>,
) -> Result<Option<Source>, ProvenanceError> {
    let sources = materials
        .iter()
        .filter_map(|material| source(material.uri.as_deref()?, &material.digest).transpose());
    let found = sources.collect::<Result<Vec<Source>, _>>()?;
    let mut same = found.iter().filter(|source| {
        instructions.is_some_and(|instructions| {
            instructions.repository == source.repository && instructions.reference == source.reference
        })
    });
    Ok(match (found.as_slice(), same.next(), same.next()) {
        ([only], ..) => Some(only.clone()),
        (_, Some(only), None) => Some(only.clone()),
        _ => None,
    })
}
