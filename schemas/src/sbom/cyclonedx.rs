//! The CycloneDX 1.6 writer.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::Json;
use crate::digest::Sha256Digest;
use crate::inventory::{
    CatalogerState, Completeness, FileOutcome, HashAlgorithm, Inventory, Origin, Package, Scope, SourceFile,
};
use crate::manifest::LockfileOrigin;

use super::license::licenses;
use super::{RootComponent, SbomOptions};

/// The root's `bom-ref`. Those of components are purls, so that it cannot be one of them.
const ROOT: &str = "root";

/// Writes the inventory of `root` as a CycloneDX 1.6 document. Equal input gives an equal document.
pub fn cyclonedx_1_6(root: &RootComponent, inventory: &Inventory, options: &SbomOptions) -> Json {
    let subject = inventory.subject.as_ref().and_then(|id| inventory.packages.get(id));
    let components: Vec<Json> = inventory.dependencies().map(component).collect();
    let mut members = vec![
        ("bomFormat", "CycloneDX".into()),
        ("specVersion", "1.6".into()),
        ("version", Json::from(1)),
        ("metadata", metadata(root, subject, inventory, options)),
        ("components", components.into()),
        ("dependencies", dependencies(subject, inventory)),
        ("compositions", compositions(subject, inventory)),
    ];
    let content = object(members.clone()).sha256();
    members.push(("serialNumber", serial_number(content).into()));
    object(members)
}

/// An object of these members.
pub(super) fn object(members: impl IntoIterator<Item = (&'static str, Json)>) -> Json {
    Json::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// `urn:uuid:` of a version 8 UUID (RFC 9562 §5.8, by the method of its appendix B.2): the first 16 bytes of the
/// SHA-256 of the document without serial number, so that two documents share a number only if they are equal.
fn serial_number(content: Sha256Digest) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&content.as_bytes()[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex::encode(bytes);
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn metadata(
    root: &RootComponent,
    subject: Option<&Package>,
    inventory: &Inventory,
    options: &SbomOptions,
) -> Json {
    let mut members = Vec::new();
    if let Some(timestamp) = options.timestamp {
        // Whole seconds: readers of SPDX and older CycloneDX tools refuse fractions.
        members.push(("timestamp", timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into()));
    }
    let phase = |name: &'static str| object([("phase", name.into())]);
    let mut lifecycles = Vec::new();
    if inventory.files.iter().any(|file| file.origin != LockfileOrigin::Artifact) {
        lifecycles.push(phase("pre-build"));
    }
    if root.digests.is_some() {
        lifecycles.push(phase("post-build"));
    }
    if !lifecycles.is_empty() {
        members.push(("lifecycles", lifecycles.into()));
    }
    let tool = object([
        ("type", "application".into()),
        ("name", options.tool.name.as_str().into()),
        ("version", options.tool.version.as_str().into()),
    ]);
    members.push(("tools", object([("components", vec![tool].into())])));
    members.push(("component", root_component(root, subject)));
    let catalogers = inventory.catalogers.iter().map(|status| {
        let state = match &status.state {
            CatalogerState::Complete => "complete".to_owned(),
            CatalogerState::Partial { files } => format!("partial, {} not read", files.len()),
            CatalogerState::Failed { error } => format!("failed: {error}"),
        };
        property("mcpsign:cataloger", &format!("{} {state}", status.id))
    });
    let properties: Vec<Json> = catalogers.chain(inventory.files.iter().map(source_file)).collect();
    if !properties.is_empty() {
        members.push(("properties", properties.into()));
    }
    object(members)
}

fn source_file(file: &SourceFile) -> Json {
    let origin = match file.origin {
        LockfileOrigin::Artifact => "artifact",
        LockfileOrigin::Project => "project",
        LockfileOrigin::Resolved => "resolved",
    };
    let outcome = match &file.outcome {
        FileOutcome::Used => "used".to_owned(),
        FileOutcome::Superseded { by } => format!("superseded by {by}"),
        FileOutcome::Unrelated => "unrelated to the artifact".to_owned(),
        FileOutcome::Failed { .. } => "not understood".to_owned(),
    };
    property("mcpsign:source", &format!("{origin} {} sha256:{} {outcome}", file.path, file.sha256))
}

fn root_component(root: &RootComponent, subject: Option<&Package>) -> Json {
    let mut members = vec![("type", "application".into()), ("bom-ref", ROOT.into())];
    members.extend(name(&root.name, root.purl.as_deref()));
    if let Some(version) = &root.version {
        members.push(("version", version.as_str().into()));
    }
    if let Some(digests) = &root.digests {
        let mut hashes = BTreeMap::from([(HashAlgorithm::Sha256, digests.sha256.to_string())]);
        hashes.extend(digests.sha512.map(|sha512| (HashAlgorithm::Sha512, sha512.to_string())));
        members.push(("hashes", hash_list(&hashes)));
    }
    let declared: BTreeSet<&str> = match root.licenses.as_slice() {
        [] => subject.iter().flat_map(|package| &package.licenses).map(String::as_str).collect(),
        own => own.iter().map(String::as_str).collect(),
    };
    members.extend(licenses(declared.into_iter()).map(|licenses| ("licenses", licenses)));
    members.extend(root.purl.as_deref().map(|purl| ("purl", purl.into())));
    if let Some(media_type) = &root.media_type {
        // A tree: its SHA-256 is not that of one file.
        members.push(("properties", vec![property("mcpsign:mediaType", media_type)].into()));
    }
    object(members)
}

fn component(package: &Package) -> Json {
    let mut members = vec![("type", "library".into()), ("bom-ref", package.id.as_str().into())];
    members.extend(name(&package.name, Some(&package.purl)));
    if let Some(version) = &package.version {
        members.push(("version", version.as_str().into()));
    }
    let scope = match package.scope {
        Scope::Required => Some("required"),
        Scope::Optional => Some("optional"),
        Scope::Development => Some("excluded"),
        Scope::Unstated => None,
    };
    members.extend(scope.map(|scope| ("scope", scope.into())));
    if !package.hashes.is_empty() {
        members.push(("hashes", hash_list(&package.hashes)));
    }
    let declared = licenses(package.licenses.iter().map(String::as_str).collect::<Vec<_>>().into_iter());
    members.extend(declared.map(|licenses| ("licenses", licenses)));
    members.push(("purl", package.purl.as_str().into()));
    let reference = match &package.origin {
        Origin::Registry { url: Some(url) } | Origin::Archive { url } => Some(("distribution", url)),
        Origin::Git { url, .. } => Some(("vcs", url)),
        Origin::Root | Origin::Local { .. } | Origin::Registry { url: None } | Origin::Declared => None,
    };
    if let Some((kind, url)) = reference {
        let reference = object([("type", kind.into()), ("url", url.as_str().into())]);
        members.push(("externalReferences", vec![reference].into()));
    }
    members.push(("evidence", evidence(package)));
    members.push(("properties", properties(package)));
    object(members)
}

/// CycloneDX splits npm's scope and Go's path off the name.
fn name(full: &str, purl: Option<&str>) -> Vec<(&'static str, Json)> {
    let grouped = purl.is_some_and(|purl| purl.starts_with("pkg:npm/"));
    match full.rsplit_once('/') {
        Some((group, name)) if grouped => vec![("group", group.into()), ("name", name.into())],
        _ => vec![("name", full.into())],
    }
}

fn hash_list(hashes: &BTreeMap<HashAlgorithm, String>) -> Json {
    let name = |algorithm| match algorithm {
        HashAlgorithm::Md5 => "MD5",
        HashAlgorithm::Sha1 => "SHA-1",
        HashAlgorithm::Sha256 => "SHA-256",
        HashAlgorithm::Sha384 => "SHA-384",
        HashAlgorithm::Sha512 => "SHA-512",
    };
    let entries = hashes
        .iter()
        .map(|(algorithm, hex)| object([("alg", name(*algorithm).into()), ("content", hex.as_str().into())]));
    entries.collect::<Vec<_>>().into()
}

/// What says that the component is there. A name without version is a claim about the name alone.
fn evidence(package: &Package) -> Json {
    let field = if package.version.is_some() { "purl" } else { "name" };
    let method = object([("technique", "manifest-analysis".into()), ("confidence", Json::from(1))]);
    let identity =
        object([("field", field.into()), ("confidence", Json::from(1)), ("methods", vec![method].into())]);
    let occurrences = package.found.iter().map(|found| {
        let location = if found.place.is_empty() {
            found.file.clone()
        } else {
            format!("{}#{}", found.file, found.place)
        };
        object([("location", location.into())])
    });
    object([("identity", vec![identity].into()), ("occurrences", occurrences.collect::<Vec<_>>().into())])
}

fn properties(package: &Package) -> Json {
    let mut list = Vec::new();
    if package.bundled {
        list.push(property("mcpsign:bundled", "true"));
    }
    if package.direct {
        list.push(property("mcpsign:direct", "true"));
    }
    let (origin, detail) = match &package.origin {
        Origin::Root => ("root", None),
        Origin::Local { path } => ("local", path.as_deref().map(|path| ("mcpsign:path", path))),
        Origin::Registry { .. } => ("registry", None),
        Origin::Git { commit, .. } => ("git", commit.as_deref().map(|commit| ("mcpsign:commit", commit))),
        Origin::Archive { .. } => ("archive", None),
        Origin::Declared => ("declared", None),
    };
    list.push(property("mcpsign:origin", origin));
    list.extend(detail.map(|(name, value)| property(name, value)));
    list.extend(package.requested.iter().map(|range| property("mcpsign:requested", range)));
    list.into()
}

fn property(name: &'static str, value: &str) -> Json {
    object([("name", name.into()), ("value", value.into())])
}

/// What the root asks for: what its own package does, and every other project that the files are about.
fn asked_by_root<'i>(subject: Option<&'i Package>, inventory: &'i Inventory) -> BTreeSet<&'i str> {
    let own = subject.iter().flat_map(|package| &package.dependencies);
    let projects =
        inventory.dependencies().filter(|package| package.origin == Origin::Root).map(|package| &package.id);
    own.chain(projects).map(String::as_str).collect()
}

/// A reference to a package as the document knows it.
fn reference<'i>(id: &'i str, subject: Option<&Package>) -> &'i str {
    if subject.is_some_and(|package| package.id == id) { ROOT } else { id }
}

fn dependencies(subject: Option<&Package>, inventory: &Inventory) -> Json {
    let entry = |from: &str, to: BTreeSet<&str>| {
        // A cycle through the root, as development dependencies make them, stays one.
        let to: BTreeSet<&str> = to.into_iter().map(|id| reference(id, subject)).collect();
        let to: Vec<Json> = to.into_iter().map(Json::from).collect();
        object([("ref", from.into()), ("dependsOn", to.into())])
    };
    // Who is not in the graph has unknown dependencies: the specification's reading.
    let others = inventory
        .dependencies()
        .filter(|package| package.completeness != Completeness::Unknown)
        .map(|package| entry(&package.id, package.dependencies.iter().map(String::as_str).collect()));
    let mut entries: Vec<Json> = Vec::new();
    if root_completeness(subject, inventory) != Completeness::Unknown {
        entries.push(entry(ROOT, asked_by_root(subject, inventory)));
    }
    entries.extend(others);
    entries.into()
}

fn root_completeness(subject: Option<&Package>, inventory: &Inventory) -> Completeness {
    match subject {
        Some(package) if inventory.locks_read() => package.completeness,
        Some(package) => package.completeness.max(Completeness::Incomplete),
        // The projects found belong to the artifact somehow; which of them, nothing says.
        None if inventory.packages.is_empty() => Completeness::Unknown,
        None => Completeness::Incomplete,
    }
}

fn compositions(subject: Option<&Package>, inventory: &Inventory) -> Json {
    let mut by_completeness: BTreeMap<Completeness, BTreeSet<&str>> = BTreeMap::new();
    by_completeness.entry(root_completeness(subject, inventory)).or_default().insert(ROOT);
    for package in inventory.dependencies() {
        by_completeness.entry(package.completeness).or_default().insert(&package.id);
    }
    let name = |completeness| match completeness {
        Completeness::Complete => "complete",
        Completeness::Incomplete => "incomplete",
        Completeness::Unknown => "unknown",
    };
    let mut entries: Vec<Json> = by_completeness
        .into_iter()
        .map(|(completeness, ids)| {
            let ids: Vec<Json> = ids.into_iter().map(Json::from).collect();
            object([("aggregate", name(completeness).into()), ("dependencies", ids.into())])
        })
        .collect();
    // What is built into the artifact's own files, no lock file says.
    let root: Vec<Json> = vec![ROOT.into()];
    entries.push(object([("aggregate", "unknown".into()), ("assemblies", root.into())]));
    entries.into()
}
