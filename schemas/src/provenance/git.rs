//! Git repositories among the URIs of a provenance.

use crate::digest::DigestSet;
use crate::workload::parse::{is_commit, is_reference, is_repository};

use super::named::{DOT_GIT, GIT, is_git, misnamed};
use super::{Material, ProvenanceError, Source};

/// `[git+]https://HOST/PATH[.git][@refs/…|#…[:FOLDER]]`, with the commit that `digest` names.
///
/// # Errors
/// When it names two.
pub(super) fn source(uri: &str, digest: &DigestSet) -> Result<Option<Source>, ProvenanceError> {
    if !is_git(uri, digest) {
        return Ok(None);
    }
    read(uri, digest)
}

fn read(uri: &str, digest: &DigestSet) -> Result<Option<Source>, ProvenanceError> {
    let Some((repository, reference)) = place(uri) else { return Ok(None) };
    Ok(Some(Source { repository, reference, commit: commit(digest)? }))
}

fn place(uri: &str) -> Option<(String, Option<String>)> {
    let uri = uri.strip_prefix(GIT).unwrap_or(uri);
    if let Some((place, reference)) = uri.split_once('#') {
        // As BuildKit writes it: a tag or branch in full, or by its name alone, which does not say what it is.
        let reference = reference.split_once(':').map_or(reference, |(reference, _)| reference);
        return Some((
            repository(place)?,
            Some(reference).filter(|named| is_reference(named)).map(str::to_owned),
        ));
    }
    let (place, reference) = match uri.find("@refs/") {
        Some(at) => (uri.get(..at)?, Some(uri.get(at + 1..)?)),
        None => (uri, None),
    };
    let repository = repository(place)?;
    if reference.is_some_and(|reference| !is_reference(reference)) {
        return None;
    }
    Some((repository, reference.map(str::to_owned)))
}

/// An address without the ending that servers take or leave. A last part with `@` names something else than a repository.
pub(super) fn repository(address: &str) -> Option<String> {
    let address = address.strip_suffix(DOT_GIT).unwrap_or(address);
    (is_repository(address) && !address.contains('@')).then(|| address.to_owned())
}

/// SLSA says `gitCommit` and said `sha1`.
fn commit(digest: &DigestSet) -> Result<Option<String>, ProvenanceError> {
    let of = |algorithm| digest.get(algorithm).filter(|hex| is_commit(hex)).map(str::to_owned);
    let misnamed = misnamed(digest).filter(|hex| is_commit(hex)).map(str::to_owned);
    match (of("gitCommit"), of("sha1").or(misnamed)) {
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
    let found = sources(materials)?;
    Ok(only(&found, |_| true).or_else(|| {
        let instructions = instructions?;
        only(&found, |source| {
            instructions.repository == source.repository && instructions.reference == source.reference
        })
    }))
}

/// Every repository among the materials.
///
/// # Errors
/// When one of them has two commits.
fn sources(materials: &[Material]) -> Result<Vec<Source>, ProvenanceError> {
    let of = |material: &Material| source(material.uri.as_deref()?, &material.digest).transpose();
    materials.iter().filter_map(of).collect()
}

/// What was built, if it is known where that lies: then a web address of it is one of a repository.
pub(super) fn built_from(materials: &[Material], repository: &str) -> Option<Source> {
    let of = |material: &Material| read(material.uri.as_deref()?, &material.digest).ok()?;
    let found: Vec<Source> = materials.iter().filter_map(of).collect();
    only(&found, |source| source.repository == repository)
}

/// The one source of which `is_it` holds.
fn only(found: &[Source], is_it: impl Fn(&Source) -> bool) -> Option<Source> {
    let mut those = found.iter().filter(|source| is_it(source));
    match (those.next(), those.next()) {
        (Some(one), None) => Some(one.clone()),
        _ => None,
    }
}
