//! Does the signed manifest call the artifact by the name that it bears, and by the one that was asked for?

use mcpsign_schemas::code;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::endpoint::{Endpoint, PlainHttp};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::ToolManifest;
use mcpsign_schemas::purl::{Purl, PurlError};

use crate::measured::MeasuredArtifact;

/// The package URLs by which `manifest` calls the subject of this digest.
///
/// # Errors
/// When one of them is no package URL.
pub(crate) fn packages(manifest: &ToolManifest, subject: Sha256Digest) -> Result<Vec<Purl>, PurlError> {
    manifest
        .packages
        .iter()
        .filter(|package| package.subject == subject)
        .map(|package| Purl::parse(&package.purl))
        .collect()
}

/// 1. Every identity that the artifact states has an entry of its name and version, and no entry of that type says
///    otherwise: a second name would be one that a later reference could ask for.
/// 2. A package URL that was asked for has an equal entry.
///
/// # Errors
/// What does not agree, as a finding.
pub(crate) fn agree(packages: &[Purl], artifact: &MeasuredArtifact) -> Result<(), Finding> {
    let mut borne = Vec::new();
    for identity in &artifact.identity {
        let name = identity.parsed().map_err(|_| {
            Finding::new(
                code::subject::NAME_MISMATCH,
                "the artifact calls itself by a name that no package has",
            )
            .found(identity.purl.clone())
        })?;
        same(packages, &name, "the artifact calls itself")?;
        borne.push(name);
    }
    for signed in packages {
        let of_type = || borne.iter().filter(|name| name.ty() == signed.ty());
        if let Some(name) = of_type().next()
            && !of_type().any(|name| signed.answers(name))
        {
            same(std::slice::from_ref(signed), name, "the artifact calls itself")?;
        }
    }
    let Some(asked) = &artifact.asked else { return Ok(()) };
    let asked = Purl::parse(asked).map_err(|_| {
        Finding::new(code::subject::NAME_MISMATCH, "what was asked for is no package URL")
            .found(asked.clone())
    })?;
    same(packages, &asked, "what was asked for is")
}

/// The address that was measured, where what was measured is one.
pub(crate) fn endpoint(artifact: &MeasuredArtifact) -> Option<Endpoint> {
    let parsed = |text: &String| Endpoint::parse(text, PlainHttp::Loopback).ok();
    let measured = |endpoint: &Endpoint| endpoint.digest() == artifact.digests.sha256;
    [&artifact.name, &artifact.reference].into_iter().filter_map(parsed).find(measured)
}

fn same(packages: &[Purl], wanted: &Purl, who: &str) -> Result<(), Finding> {
    if packages.iter().any(|signed| signed.answers(wanted)) {
        return Ok(());
    }
    let named = |purls: &mut dyn Iterator<Item = &Purl>| {
        purls.map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let mut same_name = packages.iter().filter(|signed| signed.same_package(wanted)).peekable();
    Err(if same_name.peek().is_some() {
        Finding::new(
            code::subject::VERSION_MISMATCH,
            format!("{who} another version than the one that is signed"),
        )
        .expected(named(&mut same_name))
        .found(wanted.to_string())
    } else {
        let finding = Finding::new(
            code::subject::NAME_MISMATCH,
            format!("{who} by another name than the one that is signed"),
        )
        .found(wanted.to_string());
        match packages {
            [] => finding.expected("no name is signed for it"),
            _ => finding.expected(named(&mut packages.iter())),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpsign_schemas::code::Code;
    use mcpsign_schemas::digest::MeasuredDigests;
    use mcpsign_schemas::purl::PackageIdentity;

    use crate::measured::{Form, Got};

    fn judge(signed: &[&str], identity: &[&str], asked: Option<&str>) -> Result<(), Code> {
        let packages: Vec<Purl> = signed.iter().map(|purl| Purl::parse(purl).unwrap()).collect();
        let artifact = MeasuredArtifact {
            reference: "a.tgz".into(),
            name: "a.tgz".into(),
            form: Form::File,
            digests: MeasuredDigests { sha256: Sha256Digest::of(b""), sha512: None },
            identity: identity
                .iter()
                .map(|purl| PackageIdentity { purl: (*purl).into(), name: "n".into(), version: None })
                .collect(),
            asked: asked.map(str::to_owned),
            contents: Got::not_asked(),
        };
        agree(&packages, &artifact).map_err(|finding| finding.code)
    }

    #[test]
    fn names_and_versions_must_agree() {
        let a1 = "pkg:npm/%40acme/files@1.0.0";
        assert_eq!(judge(&[a1], &[], None), Ok(()));
        assert_eq!(judge(&[], &[], None), Ok(()));
        assert_eq!(judge(&[a1], &[a1], Some(a1)), Ok(()));
        assert_eq!(judge(&[a1], &["pkg:npm/@acme/files@1.0.0"], None), Ok(()));
        let name = Err(code::subject::NAME_MISMATCH);
        let version = Err(code::subject::VERSION_MISMATCH);
        assert_eq!(judge(&[a1], &["pkg:npm/%40acme/files@1.0.1"], None), version);
        assert_eq!(judge(&[a1], &["pkg:npm/%40acme-evil/files@1.0.0"], None), name);
        assert_eq!(judge(&[a1], &["pkg:npm/files@1.0.0"], None), name);
        assert_eq!(judge(&[a1], &[], Some("pkg:npm/%40acme/files@2.0.0")), version);
        assert_eq!(judge(&[a1], &[], Some("pkg:pypi/files@1.0.0")), name);
        assert_eq!(judge(&[], &[a1], None), name);
        // An image is asked for by its tag as well.
        let image = |rest: &str| format!("pkg:oci/notes{rest}repository_url=registry.example%2Fnotes");
        let signed = image("@sha256:aa?tag=1&");
        assert_eq!(judge(&[&signed], &[], Some(&image("?tag=1&"))), Ok(()));
        assert_eq!(judge(&[&signed], &[], Some(&image("?"))), Ok(()));
        assert_eq!(judge(&[&signed], &[], Some(&image("?tag=2&"))), version);
        assert_eq!(judge(&[&signed], &[], Some("pkg:oci/notes?tag=1")), name);
        assert_eq!(judge(&[], &[], Some(a1)), name);
        assert_eq!(judge(&[a1], &[], Some("files")), name);
        // Every identity counts, and one right entry is enough for each.
        assert_eq!(judge(&[a1], &[a1, "pkg:npm/other@1.0.0"], None), name);
        // A second name of the same type is one that the artifact does not bear; of another type it may be.
        assert_eq!(judge(&["pkg:npm/other@1.0.0", a1], &[a1], Some(a1)), name);
        assert_eq!(judge(&[a1, "pkg:npm/%40acme/files@1.0.1"], &[a1], None), version);
        assert_eq!(judge(&["pkg:generic/other@1.0.0", a1], &[a1], Some(a1)), Ok(()));
        assert_eq!(judge(&[a1], &["pkg:npm/%40acme/files"], None), Ok(()));
    }
}
