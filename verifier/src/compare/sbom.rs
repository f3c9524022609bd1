//! Is an SBOM the one that the manifest binds, and is it about the artifact?

use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::inventory::HashAlgorithm;
use mcpsign_schemas::manifest::{SbomBinding, ToolManifest};
use mcpsign_schemas::policy::is_same_predicate;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::sbom::{self, Sbom};

use crate::attribute::Trusted;
use crate::measured::MeasuredArtifact;

/// Whether a statement is the one that `binding` means: of its type, of its document, and of the manifest's run.
pub(crate) fn is_bound(statement: &Trusted, binding: &SbomBinding, manifest: &ToolManifest) -> bool {
    statement.statement().predicate_type == binding.predicate_type
        && is_listed(statement, manifest)
        && statement.statement().predicate.sha256() == binding.digest.sha256
}

/// Whether the manifest either does not restrict statements of this type, in whatever spelling, or lists this one.
pub(crate) fn is_listed(statement: &Trusted, manifest: &ToolManifest) -> bool {
    let ty = &statement.statement().predicate_type;
    let statements = &manifest.bindings.statements;
    let of_type = || statements.iter().filter(|bound| is_same_predicate(&bound.predicate_type, ty));
    of_type().next().is_none()
        || of_type().any(|bound| Some(bound.payload.sha256) == statement.evidence().payload)
}

/// The SBOM in a statement, if it is one and describes the artifact:
/// 1. its statement has exactly one subject;
/// 2. it is a document of the type stated, with one root;
/// 3. no digest of the root is another than the artifact's;
/// 4. the root's package URL is one that the manifest signs for the artifact.
///
/// # Errors
/// The first of these that does not hold.
pub(crate) fn describes(
    statement: &Trusted,
    artifact: &MeasuredArtifact,
    packages: &[Purl],
) -> Result<Sbom, Finding> {
    let malformed =
        |message: String| Finding::new(code::sbom::MALFORMED, message).evidence(statement.evidence().clone());
    let unrelated =
        |message: &str| Finding::new(code::sbom::UNRELATED, message).evidence(statement.evidence().clone());
    let signed = statement.statement();
    if signed.subject.len() != 1 {
        return Err(malformed(format!(
            "the SBOM's statement has {} subjects, not one",
            signed.subject.len()
        )));
    }
    let read = sbom::read(&signed.predicate, &signed.predicate_type)
        .map_err(|error| malformed(format!("the SBOM is not well formed: {error}")))?;

    let sha256 = artifact.digests.sha256.to_string();
    let sha512 = artifact.digests.sha512.map(|digest| digest.to_string());
    for (algorithm, measured) in
        [(HashAlgorithm::Sha256, Some(&sha256)), (HashAlgorithm::Sha512, sha512.as_ref())]
    {
        if let Some(stated) = read.root.hashes.get(&algorithm)
            && Some(stated) != measured
        {
            return Err(unrelated("the SBOM's root has another digest than the artifact")
                .expected(measured.cloned().unwrap_or_else(|| "not computed".into()))
                .found(stated.clone()));
        }
    }
    if let Some(root) = &read.root.purl {
        let parsed =
            Purl::parse(root).map_err(|error| malformed(format!("the SBOM's root purl: {error}")))?;
        // Where a qualifier or the version is left out it says less, not something else.
        let related = packages.iter().any(|signed| signed.answers(&parsed));
        if !packages.is_empty() && !related {
            let signed: Vec<String> = packages.iter().map(ToString::to_string).collect();
            return Err(unrelated("the SBOM's root is another package than the one that is signed")
                .expected(signed.join(", "))
                .found(root.clone()));
        }
    }
    Ok(read)
}
