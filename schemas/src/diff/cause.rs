//! What else two releases differ in, by their own word, that is likely to be why their servers differ.
//!
//! A release whose lock file moved can show other tools without a change of its own: an SDK writes schemas.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::canonical::Json;
use crate::digest::Sha256Digest;
use crate::manifest::{Bindings, LockfileOrigin};
use crate::purl::Purl;

/// What a manifest and the SBOMs that it binds say of a release.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// The server's version.
    pub version: Option<&'a str>,
    /// The manifest's bindings.
    pub bindings: &'a Bindings,
    /// SBOM documents found beside it; those that it does not bind are of another run and do not count.
    pub sboms: &'a [Json],
}

/// One thing that differs beside what the server shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Cause {
    /// Another version of the server: its author meant to change something.
    Version {
        /// Before.
        before: Option<String>,
        /// After.
        after: Option<String>,
    },
    /// A dependency in other versions, by the SBOMs.
    Dependency {
        /// Package URL without version.
        purl: String,
        /// Versions before; none if it is new.
        before: BTreeSet<String>,
        /// Versions after; none if it is gone.
        after: BTreeSet<String>,
    },
    /// A lock file with other content.
    Lockfile {
        /// Its path.
        path: String,
        /// Its digest before; absent if it is new.
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<Sha256Digest>,
        /// Its digest after; absent if it is gone.
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<Sha256Digest>,
    },
}

/// Everything in which two releases differ beside what their servers show: version, lock files, dependencies.
pub fn causes(before: &Parts<'_>, after: &Parts<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    if before.version != after.version {
        causes.push(Cause::Version {
            before: before.version.map(str::to_owned),
            after: after.version.map(str::to_owned),
        });
    }
    let (old, new) = (lockfiles(before.bindings), lockfiles(after.bindings));
    for place in either(&old, &new) {
        if old.get(place) != new.get(place) {
            causes.push(Cause::Lockfile {
                path: place.1.to_owned(),
                before: old.get(place).copied(),
                after: new.get(place).copied(),
            });
        }
    }
    let (old, new) = (dependencies(before), dependencies(after));
    // Without an SBOM on either side every dependency would seem to have come or gone.
    if let (Some(old), Some(new)) = (old, new) {
        for purl in either(&old, &new) {
            let versions =
                |side: &BTreeMap<String, BTreeSet<String>>| side.get(purl).cloned().unwrap_or_default();
            if old.get(purl) != new.get(purl) {
                causes.push(Cause::Dependency {
                    purl: purl.clone(),
                    before: versions(&old),
                    after: versions(&new),
                });
            }
        }
    }
    causes
}

fn either<'a, K: Ord, V>(old: &'a BTreeMap<K, V>, new: &'a BTreeMap<K, V>) -> BTreeSet<&'a K> {
    old.keys().chain(new.keys()).collect()
}

/// By origin and path; the origins have no order of their own.
fn lockfiles(bindings: &Bindings) -> BTreeMap<(u8, &str), Sha256Digest> {
    let rank = |origin| match origin {
        LockfileOrigin::Artifact => 0,
        LockfileOrigin::Project => 1,
        LockfileOrigin::Resolved => 2,
    };
    let one = |lock: &'_ crate::manifest::LockfileBinding| lock.digest.sha256;
    bindings.lockfiles.iter().map(|lock| ((rank(lock.origin), lock.path.as_str()), one(lock))).collect()
}

/// Versions by package, of the CycloneDX documents that the manifest binds; `None` if it binds none that is there.
fn dependencies(parts: &Parts<'_>) -> Option<BTreeMap<String, BTreeSet<String>>> {
    let bound: BTreeSet<Sha256Digest> = parts.bindings.sboms.iter().map(|sbom| sbom.digest.sha256).collect();
    let documents: Vec<&Json> = parts.sboms.iter().filter(|sbom| bound.contains(&sbom.sha256())).collect();
    if documents.is_empty() {
        return None;
    }
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for component in documents
        .into_iter()
        .filter_map(|document| document.get("components").and_then(Json::as_array))
        .flatten()
    {
        let purl = component.get("purl").and_then(Json::as_str).and_then(|purl| Purl::parse(purl).ok());
        if let Some(purl) = purl {
            let version = purl.version().unwrap_or("?").to_owned();
            found.entry(purl.without_version().to_string()).or_default().insert(version);
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Limits;
    use crate::manifest::{LockfileBinding, SbomBinding};
    use crate::statement::predicate_type::CYCLONEDX;

    fn sbom(purls: &[&str]) -> Json {
        let components: Vec<String> = purls.iter().map(|purl| format!(r#"{{"purl":"{purl}"}}"#)).collect();
        let text = format!(r#"{{"components":[{}]}}"#, components.join(","));
        Json::parse(text.as_bytes(), Limits::bytes(1 << 10)).unwrap()
    }

    fn bindings(lock: &[u8], sboms: &[&Json]) -> Bindings {
        let subject = Sha256Digest::of(b"subject");
        let binding = |sbom: &&Json| SbomBinding {
            subject,
            predicate_type: CYCLONEDX.to_owned(),
            digest: sbom.sha256().into(),
        };
        Bindings {
            sboms: sboms.iter().map(binding).collect(),
            lockfiles: vec![LockfileBinding {
                path: "package-lock.json".into(),
                origin: LockfileOrigin::Project,
                digest: Sha256Digest::of(lock).into(),
            }],
            ..Bindings::default()
        }
    }

    #[test]
    fn a_lock_file_that_moved_is_named_with_what_moved_in_it() {
        let old = sbom(&["pkg:npm/zod@3.25.76", "pkg:npm/a@1.0.0"]);
        let new = sbom(&["pkg:npm/zod@4.0.1", "pkg:npm/a@1.0.0", "pkg:npm/b@2.0.0"]);
        let (before, after) = (bindings(b"1", &[&old]), bindings(b"2", &[&new]));
        let part = |bindings, sboms| Parts { version: Some("1.0.0"), bindings, sboms };
        let (old, new) = ([old], [new]);
        let found = causes(&part(&before, &old), &part(&after, &new));
        let versions = |versions: &[&str]| versions.iter().map(|v| (*v).to_owned()).collect::<BTreeSet<_>>();
        let dependency = |purl: &str, before: &[&str], after: &[&str]| Cause::Dependency {
            purl: purl.into(),
            before: versions(before),
            after: versions(after),
        };
        assert_eq!(
            found,
            [
                Cause::Lockfile {
                    path: "package-lock.json".into(),
                    before: Some(Sha256Digest::of(b"1")),
                    after: Some(Sha256Digest::of(b"2")),
                },
                dependency("pkg:npm/b", &[], &["2.0.0"]),
                dependency("pkg:npm/zod", &["3.25.76"], &["4.0.1"]),
            ]
        );
        assert_eq!(causes(&part(&before, &old), &part(&before, &old)), []);
        // An SBOM of another run, or none, says nothing of the dependencies.
        for sboms in [&new[..], &[]] {
            assert!(!causes(&part(&before, &old), &part(&after, sboms)).iter().any(|cause| matches!(
                cause,
                Cause::Dependency { .. }
            )
                && sboms.is_empty()));
        }
    }

    #[test]
    fn another_version_is_the_first_cause() {
        let bindings = Bindings::default();
        let part = |version| Parts { version, bindings: &bindings, sboms: &[] };
        let found = causes(&part(Some("1.0.0")), &part(Some("1.1.0")));
        assert_eq!(found, [Cause::Version { before: Some("1.0.0".into()), after: Some("1.1.0".into()) }]);
    }
}
