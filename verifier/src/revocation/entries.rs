//! The entries of a list, held against statements and artifacts.

use jiff::Timestamp;
use mcpsign_advisories::vers::Vers;
use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::revocation::{Entry, RevokedPackage, SignerName};

use super::list::Current;
use crate::attribute::Trusted;
use crate::authenticate::{CertificateIdentity, Signer, VerifiedTime};
use crate::measured::Gap;
use crate::policy::plain;

/// Entries, their package URLs and ranges read.
pub(super) struct Entries(Vec<(Target, Option<String>)>);

enum Target {
    Artifact(Sha256Digest),
    Signer(SignerName, Option<Timestamp>),
    Key(Sha256Digest, Option<Timestamp>),
    Statement(Sha256Digest),
    Package(Purl, Option<Vers>),
}

impl Entries {
    /// Reads what a list names.
    ///
    /// # Errors
    /// The first entry that could not be held against anything.
    pub(super) fn compile(entries: &[Entry]) -> Result<Self, String> {
        let compiled = entries.iter().zip(1..).map(|(entry, number)| {
            let target = match entry {
                Entry::Artifact(entry) => Target::Artifact(entry.digest.sha256),
                Entry::Signer(entry) => Target::Signer(entry.signer.clone(), entry.since),
                Entry::Key(entry) => Target::Key(entry.key.spki_sha256, entry.since),
                Entry::Statement(entry) => Target::Statement(entry.statement.payload.sha256),
                Entry::Package(entry) => package(entry).map_err(|why| format!("entry {number}: {why}"))?,
            };
            Ok((target, entry.reason().map(str::to_owned)))
        });
        compiled.collect::<Result<_, _>>().map(Self)
    }

    /// 1. The statement itself is revoked, whoever signed it.
    /// 2. Its signer or key is, and nobody else vouches that it was signed before.
    pub(super) fn of_statement(&self, statement: &Trusted, list: &Current<'_>) -> Option<Finding> {
        self.0.iter().find_map(|(target, reason)| {
            let (code, found) = match (target, statement.signer()) {
                (Target::Statement(payload), _) if statement.evidence().payload == Some(*payload) => {
                    (code::freshness::STATEMENT_REVOKED, format!("payload sha256:{payload}"))
                }
                (Target::Signer(revoked, since), Signer::Certificate { identity, times })
                    if is_of(identity, revoked) && reaches(*since, times.iter()) =>
                {
                    (code::freshness::SIGNER_REVOKED, identity.to_string())
                }
                (Target::Key(revoked, since), Signer::Key { spki_sha256, times })
                    if revoked == spki_sha256 && reaches(*since, times.iter()) =>
                {
                    (code::freshness::KEY_REVOKED, format!("key sha256:{spki_sha256}"))
                }
                _ => return None,
            };
            Some(finding(code, list, reason.as_deref()).found(found).evidence(statement.evidence().clone()))
        })
    }

    /// Entries that name the artifact's digest, or one of its names in a version that they revoke; and what is open: an entry
    /// that names the package, of which nobody can tell whether it means this version. It takes nothing from what the others say.
    pub(super) fn of_artifact(
        &self,
        digest: Option<Sha256Digest>,
        names: &[Purl],
        list: &Current<'_>,
    ) -> (Vec<Finding>, Option<Gap>) {
        let (mut found, mut open) = (Vec::new(), None);
        for (target, reason) in &self.0 {
            match target {
                Target::Artifact(revoked) if digest == Some(*revoked) => found.push(
                    finding(code::freshness::ARTIFACT_REVOKED, list, reason.as_deref())
                        .found(format!("sha256:{revoked}")),
                ),
                Target::Package(package, versions) => {
                    for name in names.iter().filter(|name| means(package, name)) {
                        match covers(versions.as_ref(), name) {
                            Some(true) => {
                                let revoked =
                                    finding(code::freshness::PACKAGE_REVOKED, list, reason.as_deref());
                                found.push(revoked.found(name.to_string()));
                                break;
                            }
                            Some(false) => {}
                            None => open = open.or_else(|| Some(untold(package, name, list))),
                        }
                    }
                }
                _ => {}
            }
        }
        (found, open)
    }
}

fn package(entry: &RevokedPackage) -> Result<Target, String> {
    let purl = Purl::parse(&entry.package).map_err(|error| format!("`package`: {error}"))?;
    if purl.compared_name().contains('*') {
        return Err("`package` is one package: a `*` names none".into());
    }
    if purl.version().is_some() {
        return Err("`package` names a version; `versions` says which".into());
    }
    let versions = entry.versions.as_deref().map(|range| Vers::parse(range, &purl)).transpose();
    Ok(Target::Package(purl.clone(), versions.map_err(|error| format!("`versions`: {error}"))?))
}

/// Whether a certificate is its: exactly this issuer, or none where that is written, and exactly this subject.
fn is_of(identity: &CertificateIdentity, revoked: &SignerName) -> bool {
    identity.issuer_name() == revoked.issuer && identity.subject_name() == Some(&revoked.subject)
}

/// Whether `name` is the package revoked, wherever it is from: another registry is no way around a revocation. What an image is
/// called is its repository: an entry that names one means it, and whatever does not say where it is from.
fn means(package: &Purl, name: &Purl) -> bool {
    let elsewhere = match (repository(package), repository(name)) {
        (Some(revoked), Some(named)) => is_elsewhere(&revoked, &named),
        _ => false,
    };
    package.ty() == name.ty() && package.compared_name() == name.compared_name() && !elsewhere
}

/// The repository that an image's package URL names, as any spelling of it is compared.
fn repository(purl: &Purl) -> Option<String> {
    purl.qualifier("repository_url").filter(|_| purl.ty() == "oci").map(plain)
}

/// Whether two repositories are certainly not one: another path, or another host that is no part of the first one's. What does
/// not name its host may be from anywhere.
fn is_elsewhere(one: &str, other: &str) -> bool {
    let parts = |text: &'_ str| match text.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
            (Some(host.to_owned()), path.to_owned())
        }
        _ => (None, text.to_owned()),
    };
    let ((host, path), (other_host, other_path)) = (parts(one), parts(other));
    let within = |host: &str, other: &str| host == other || host.ends_with(&format!(".{other}"));
    let other_place = match (&host, &other_host) {
        (Some(host), Some(other)) => !within(host, other) && !within(other, host),
        _ => false,
    };
    path != other_path || other_place
}

/// Whether `versions` hold the version of `name`; `None` where that cannot be told.
fn covers(versions: Option<&Vers>, name: &Purl) -> Option<bool> {
    match versions {
        None => Some(true),
        Some(versions) => versions.contains(name.version()?),
    }
}

fn untold(package: &Purl, name: &Purl, list: &Current<'_>) -> Gap {
    Gap {
        code: code::freshness::REVOCATIONS_UNUSABLE,
        message: format!(
            "the revocations of {} name versions of {package}, and nobody can tell whether `{}` is one of them",
            list.authority,
            name.version().unwrap_or("no version")
        ),
    }
}

/// Whether a revocation from `since` on reaches a signature: unless one of its verified times lies before it. Without
/// `since` it reaches all, and so does any revocation what nobody vouches for the time of.
fn reaches<'t>(since: Option<Timestamp>, mut times: impl Iterator<Item = &'t VerifiedTime>) -> bool {
    since.is_none_or(|since| times.all(|verified| verified.time >= since))
}

fn finding(code: Code, list: &Current<'_>, reason: Option<&str>) -> Finding {
    let by = format!("{}, by {}", code.title, list.authority);
    Finding::new(
        code,
        match reason {
            Some(reason) => format!("{by}: {reason}"),
            None => by,
        },
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use mcpsign_schemas::workload::{SubjectKind, Workload};

    use super::*;
    use crate::authenticate::Subject;

    #[test]
    fn b34_no_spelling_of_a_repository_is_a_way_around_a_revocation() {
        let revoked = plain("images.example/acme/notes");
        for same in
            ["acme/notes", "index.images.example/acme/notes", "docker://IMAGES.example:443/acme/notes/"]
        {
            assert!(!is_elsewhere(&revoked, &plain(same)), "{same}");
        }
        for other in
            ["images.example/other/notes", "other.example/acme/notes", "evil-images.example/acme/notes"]
        {
            assert!(is_elsewhere(&revoked, &plain(other)), "{other}");
        }
    }

    #[test]
    fn b34_a_signer_whose_certificates_name_no_issuer_can_be_revoked() {
        let subject = "https://dotcom.releases.github.com";
        let certificate = |issuer: Option<&str>| CertificateIdentity {
            subject: Some(Subject { kind: SubjectKind::Uri, name: subject.into() }),
            issuer: issuer.map(str::to_owned),
            claims: BTreeMap::new(),
            deprecated_claims: BTreeMap::new(),
            workload: Workload::of(issuer, Some((SubjectKind::Uri, subject)), &BTreeMap::new()),
        };
        let revoked = |issuer: &str| SignerName { issuer: issuer.into(), subject: subject.into() };
        assert!(is_of(&certificate(None), &revoked("none")));
        assert!(!is_of(&certificate(None), &revoked("https://issuer.example")));
        assert!(is_of(&certificate(Some("https://issuer.example")), &revoked("https://issuer.example")));
        assert!(!is_of(&certificate(Some("https://issuer.example")), &revoked("none")));
    }

    #[test]
    fn b34_a_package_is_revoked_however_its_name_is_spelled() {
        let purl = |text| Purl::parse(text).unwrap();
        for (package, name, same) in [
            ("pkg:nuget/Acme.Notes", "pkg:nuget/acme.notes@1.0.0", true),
            ("pkg:golang/github.com/Acme/notes", "pkg:golang/github.com/acme/notes@v1.0.0", true),
            ("pkg:composer/acme/Notes", "pkg:composer/Acme/notes@1.0.0", true),
            ("pkg:pypi/Notes_mcp", "pkg:pypi/notes-mcp@1.0.0", true),
            // Old packages of npm differ in case alone.
            ("pkg:npm/Notes", "pkg:npm/notes@1.0.0", false),
            ("pkg:nuget/notes", "pkg:npm/notes@1.0.0", false),
            // Of images the name is the last part of the repository alone.
            (
                "pkg:oci/notes?repository_url=registry.example/acme/notes",
                "pkg:oci/notes?repository_url=registry.example/other/notes",
                false,
            ),
            (
                "pkg:oci/notes?repository_url=registry.example/acme/notes",
                "pkg:oci/notes?repository_url=https://REGISTRY.example:443/Acme/notes",
                true,
            ),
            ("pkg:oci/notes?repository_url=registry.example/acme/notes", "pkg:oci/notes", true),
            ("pkg:oci/notes", "pkg:oci/notes?repository_url=registry.example/other/notes", true),
            (
                "pkg:npm/notes?repository_url=registry.example",
                "pkg:npm/notes@1.0.0?repository_url=other.example",
                true,
            ),
        ] {
            assert_eq!(means(&purl(package), &purl(name)), same, "{package} {name}");
        }
    }

    /// Whoever writes it means all, and would have revoked none.
    #[test]
    fn b37_a_pattern_is_no_package() {
        for text in ["pkg:generic/*", "pkg:generic/acme/*", "pkg:golang/github.com/acme/*", "pkg:nuget/%2A"] {
            let entry = RevokedPackage { package: text.into(), versions: None, reason: None };
            assert!(package(&entry).is_err(), "{text}");
        }
    }
}
