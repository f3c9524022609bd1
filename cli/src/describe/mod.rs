//! From what was collected to the statements of one run: an SBOM for each artifact, the provenance where a platform vouches
//! for it, the tool manifest last, which binds everything else by digest.
//!
//! Pure: whoever calls has read, hashed and captured; the same input gives the same bytes.

pub(crate) mod image;
pub(crate) mod name;
pub(crate) mod provenance;
pub(crate) mod secrets;

use std::collections::BTreeMap;

use jiff::Timestamp;
use mcpsign_collect::artifact::Artifact;
use mcpsign_schemas::canonical::{Json, JsonError};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::endpoint::Endpoint;
use mcpsign_schemas::evidence_file::{MAX_OTHER_PREDICATE, MAX_PAYLOAD, MAX_TOOL_MANIFEST};
use mcpsign_schemas::inventory::{FileOutcome, HashAlgorithm, Inventory};
use mcpsign_schemas::manifest::{
    Bindings, DigestOnly, Kind, LockfileBinding, PackageBinding, Product, Profile, SbomBinding, Server,
    StatementBinding, ToolManifest,
};
use mcpsign_schemas::party::Party;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::sbom::{self, DocumentFormat, SbomComponent, SbomOptions};
use mcpsign_schemas::statement::{Statement, predicate_type};

use image::ImageNames;
use provenance::Build;

/// One release, as collected.
#[derive(Debug)]
pub(crate) struct Release<'a> {
    /// Its distribution forms, names unique, with what each is made of.
    pub(crate) artifacts: &'a [(Artifact, Inventory)],
    /// What those of them that are images are called.
    pub(crate) images: &'a ImageNames,
    /// As whom the manifest speaks.
    pub(crate) kind: Kind,
    /// What the server showed; without it there is no manifest.
    pub(crate) shown: Option<Shown>,
    /// Name and version of the server.
    pub(crate) server: Server,
    /// The project's server.json.
    pub(crate) server_json: Option<&'a Json>,
    /// The signer's claim of when.
    pub(crate) created_on: Timestamp,
    /// When the manifest ends to count.
    pub(crate) valid_until: Option<Timestamp>,
    /// What its SBOMs are like.
    pub(crate) sboms: Sboms,
    /// What makes the statements.
    pub(crate) producer: Product,
    /// How it was built, where that is known from a platform's token.
    pub(crate) build: Option<&'a Build>,
    /// What somebody else signed about it and the manifest binds.
    pub(crate) bound: Option<StatementBinding>,
}

/// What SBOMs are like.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sboms {
    /// Of which format.
    pub(crate) format: DocumentFormat,
    /// Who answers for them.
    pub(crate) creator: Option<Party>,
    /// Somebody else's, in place of our own for one of the artifacts.
    pub(crate) given: Option<GivenSbom>,
}

/// An SBOM that somebody else made.
#[derive(Debug, Clone)]
pub(crate) struct GivenSbom {
    /// As it is.
    pub(crate) document: Json,
    /// Of a statement that holds it.
    pub(crate) predicate_type: &'static str,
    /// What it is about.
    pub(crate) root: SbomComponent,
}

impl Sboms {
    /// The one of these artifacts that the given SBOM is about: the only one, or the one whose digest its root has.
    fn given_for<'a>(&self, release: &Release<'a>) -> Option<&'a Artifact> {
        let given = self.given.as_ref()?;
        let stated = given.root.hashes.get(&HashAlgorithm::Sha256);
        let artifacts = release.artifacts.iter().map(|(artifact, _)| artifact);
        let mut related = artifacts.filter(|artifact| given.is_of(artifact, release.images.purl(artifact)));
        match release.artifacts {
            [_] => related.next(),
            _ => related.find(|artifact| Some(&artifact.digests.sha256.to_string()) == stated),
        }
    }
}

impl GivenSbom {
    /// Whether its root states nothing that the artifact is not: what verifiers refuse as `sbom/unrelated`, with or without a
    /// manifest. An image is called as which `image` it is pulled.
    fn is_of(&self, artifact: &Artifact, image: Option<Purl>) -> bool {
        let digests = [
            (HashAlgorithm::Sha256, Some(artifact.digests.sha256.to_string())),
            (HashAlgorithm::Sha512, artifact.digests.sha512.map(|digest| digest.to_string())),
        ];
        let has_another = digests.iter().any(|(algorithm, measured)| {
            self.root.hashes.get(algorithm).is_some_and(|stated| Some(stated) != measured.as_ref())
        });
        let own = artifact.identity.iter().filter_map(|identity| identity.parsed().ok());
        let own: Vec<Purl> = own.chain(image).collect();
        let is_named = |root: &Purl| own.is_empty() || own.iter().any(|own| own.answers(root));
        let root = self.root.purl.as_deref().map(Purl::parse);
        !has_another && root.is_none_or(|root| root.is_ok_and(|root| is_named(&root)))
    }
}

/// What the server showed, its profiles already telling which subject was started and how they relate.
#[derive(Debug)]
pub(crate) struct Shown {
    /// At least one.
    pub(crate) profiles: Vec<Profile>,
    /// Every item that they name, by wire digest.
    pub(crate) items: BTreeMap<Sha256Digest, Json>,
}

/// One statement, ready to be signed.
#[derive(Debug)]
pub(crate) struct Described {
    /// What it is called in messages: `the tool manifest`, `the SBOM of x.tgz`.
    pub(crate) what: String,
    /// Its predicate type.
    pub(crate) predicate_type: &'static str,
    /// The statement.
    pub(crate) json: Json,
    /// Its canonical form: the bytes that are signed.
    pub(crate) payload: Vec<u8>,
}

/// Why a release cannot be described.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DescribeError {
    /// A value has no canonical form.
    #[error("a statement cannot be written")]
    Json(#[from] JsonError),
    /// The SBOM that was given is about none of the artifacts.
    #[error("the SBOM is about something else, or does not say of which artifact it is")]
    GivenSbom,
    /// More bytes than readers accept.
    #[error("{what} has {found} bytes; readers accept {limit}")]
    TooLarge {
        /// Which statement.
        what: String,
        /// Its size in bytes.
        found: usize,
        /// The limit.
        limit: usize,
    },
}

/// The statements of a run, in the order in which they are to be signed.
///
/// # Errors
/// When one of them is larger than readers accept.
pub(crate) fn describe(release: Release<'_>) -> Result<Vec<Described>, DescribeError> {
    let mut statements = Vec::new();
    let mut bindings = Bindings::default();
    let given_for = release.sboms.given_for(&release);
    if release.sboms.given.is_some() && given_for.is_none() {
        return Err(DescribeError::GivenSbom);
    }
    let options = SbomOptions {
        timestamp: release.created_on,
        tool: release.producer.clone(),
        creator: release.sboms.creator.clone(),
    };
    for (artifact, inventory) in release.artifacts {
        let given =
            release.sboms.given.as_ref().filter(|_| given_for.is_some_and(|of| std::ptr::eq(of, artifact)));
        let (predicate_type, document) = match given {
            Some(given) => (given.predicate_type, given.document.clone()),
            None => {
                let format = release.sboms.format;
                let root = release.images.root_component(artifact);
                (format.predicate_type(), sbom::write(format, &root, inventory, &options))
            }
        };
        bindings.sboms.push(SbomBinding {
            subject: artifact.digests.sha256,
            predicate_type: predicate_type.into(),
            digest: document.sha256().into(),
        });
        bindings.lockfiles.extend(lockfiles(inventory));
        let what = format!("the SBOM of {}", artifact.name);
        let statement = Statement::new(vec![artifact.subject()], predicate_type, document);
        statements.push(described(what, predicate_type, &statement, MAX_PAYLOAD)?);
    }
    let subjects = || release.artifacts.iter().flat_map(|(artifact, _)| artifact.subjects()).collect();
    if let Some(build) = release.build {
        let kind = predicate_type::SLSA_PROVENANCE;
        let statement = Statement::new(subjects(), kind, build.predicate()?);
        statements.push(described("the provenance".into(), kind, &statement, MAX_OTHER_PREDICATE)?);
    }
    // Two forms of one release are usually locked by the same file.
    bindings.lockfiles.sort_by(|a, b| (&a.path, a.digest.sha256).cmp(&(&b.path, b.digest.sha256)));
    bindings.lockfiles.dedup();
    bindings.server_json =
        release.server_json.map(|document| DigestOnly { digest: without_meta(document).into() });
    bindings.statements = statements
        .iter()
        .map(|statement| StatementBinding {
            predicate_type: statement.predicate_type.into(),
            payload: Sha256Digest::of(&statement.payload).into(),
        })
        .chain(release.bound)
        .collect();

    if let Some(Shown { profiles, items }) = release.shown {
        let manifest = ToolManifest {
            server: release.server,
            kind: release.kind,
            created_on: release.created_on,
            valid_until: release.valid_until,
            packages: release
                .artifacts
                .iter()
                .flat_map(|(artifact, _)| packages(artifact, release.images))
                .collect(),
            bindings,
            profiles,
            items,
            producer: release.producer,
        };
        let kind = predicate_type::TOOL_MANIFEST;
        let statement = Statement::new(subjects(), kind, Json::from_serialize(&manifest)?);
        statements.push(described("the tool manifest".into(), kind, &statement, MAX_TOOL_MANIFEST)?);
    }
    Ok(statements)
}

/// A remote server, as it was seen.
#[derive(Debug)]
pub(crate) struct Remote<'a> {
    /// Its address.
    pub(crate) endpoint: &'a Endpoint,
    /// As whom the manifest speaks.
    pub(crate) kind: Kind,
    /// What it showed.
    pub(crate) shown: Shown,
    /// The signer's claim of when.
    pub(crate) created_on: Timestamp,
    /// When the manifest ends to count.
    pub(crate) valid_until: Option<Timestamp>,
    /// What makes the statement.
    pub(crate) producer: Product,
}

/// The tool manifest of a remote server: no packages, and nothing else is bound, for nothing else was there to see.
///
/// # Errors
/// When it is larger than readers accept.
pub(crate) fn describe_remote(remote: Remote<'_>) -> Result<Described, DescribeError> {
    let Shown { profiles, items } = remote.shown;
    let manifest = ToolManifest {
        server: name::remote(remote.endpoint, &profiles, &items),
        kind: remote.kind,
        created_on: remote.created_on,
        valid_until: remote.valid_until,
        packages: Vec::new(),
        bindings: Bindings::default(),
        profiles,
        items,
        producer: remote.producer,
    };
    let subject = vec![remote.endpoint.subject()];
    let kind = predicate_type::TOOL_MANIFEST;
    let statement = Statement::new(subject, kind, Json::from_serialize(&manifest)?);
    described("the tool manifest".into(), kind, &statement, MAX_TOOL_MANIFEST)
}

fn described(
    what: String,
    predicate_type: &'static str,
    statement: &Statement,
    limit: usize,
) -> Result<Described, DescribeError> {
    let json = Json::from_serialize(statement)?;
    let payload = json.to_canonical();
    if payload.len() > limit {
        return Err(DescribeError::TooLarge { what, found: payload.len(), limit });
    }
    Ok(Described { what, predicate_type, json, payload })
}

/// The files that say which versions are meant, and that were believed.
fn lockfiles(inventory: &Inventory) -> impl Iterator<Item = LockfileBinding> {
    inventory.files.iter().filter(|file| file.pins && file.outcome == FileOutcome::Used).map(|file| {
        LockfileBinding { path: file.path.clone(), origin: file.origin, digest: file.sha256.into() }
    })
}

/// The names under which the artifact may be asked for. One of which nobody says any gets its file name.
fn packages(artifact: &Artifact, images: &ImageNames) -> Vec<PackageBinding> {
    let named = images.packages(artifact);
    if !named.is_empty() {
        return named;
    }
    let subject = artifact.digests.sha256;
    if artifact.identity.is_empty() {
        return vec![PackageBinding { purl: name::generic_purl(&artifact.name), subject }];
    }
    artifact.identity.iter().map(|identity| PackageBinding { purl: identity.purl.clone(), subject }).collect()
}

/// SHA-256 of the canonical server.json without its top-level `_meta`, which the registry writes.
fn without_meta(document: &Json) -> Sha256Digest {
    let mut document = document.clone();
    if let Some(object) = document.as_object_mut() {
        object.remove("_meta");
    }
    document.sha256()
}

#[cfg(test)]
mod tests;
