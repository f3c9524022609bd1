//! The CycloneDX writer: 1.6 and 1.7, which differ in nothing that is written here.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::Json;
use crate::inventory::{Completeness, HashAlgorithm, Location, Means, Package, PackageKind, Scope};
use crate::party::{Party, PartyKind};

use super::ONE_OF_SEVERAL;
use super::license;
use super::model::{self, Model, Property, is_archive, object, strings};

/// The root's `bom-ref`. Those of components are purls, so that it cannot be one of them.
const ROOT: &str = "root";

/// Writes a document of this `specVersion`. Equal input gives an equal document.
pub(super) fn write(model: &Model<'_>, version: &'static str) -> Json {
    let components: Vec<Json> = model.components().map(|package| component(package, model)).collect();
    let mut members = vec![
        ("bomFormat", "CycloneDX".into()),
        ("specVersion", version.into()),
        ("version", Json::from(1)),
        ("metadata", metadata(model)),
        ("components", components.into()),
        ("dependencies", dependencies(model)),
        ("compositions", compositions(model)),
    ];
    let content = object(members.clone()).sha256();
    members.push(("serialNumber", format!("urn:uuid:{}", model::uuid(content)).into()));
    object(members)
}

fn metadata(model: &Model<'_>) -> Json {
    let mut members = vec![("timestamp", model.timestamp().into())];
    let phases = model.contexts().map(|context| object([("phase", context.phase().into())]));
    members.push(("lifecycles", phases.collect::<Vec<_>>().into()));
    let tool = object([
        ("type", "application".into()),
        ("name", model.options.tool.name.as_str().into()),
        ("version", model.options.tool.version.as_str().into()),
    ]);
    members.push(("tools", object([("components", vec![tool].into())])));
    members.extend(model.options.creator.as_ref().map(|creator| match creator.kind {
        PartyKind::Person => ("authors", vec![person(creator)].into()),
        PartyKind::Organization => ("manufacturer", organization(creator)),
    }));
    members.push(("component", root_component(model)));
    let properties = model.properties();
    if !properties.is_empty() {
        members.push(("properties", property_list(properties)));
    }
    object(members)
}

fn person(party: &Party) -> Json {
    let members = [("name", &party.name), ("email", &party.email)];
    object(members.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?.into()))))
}

fn organization(party: &Party) -> Json {
    let mut members = Vec::new();
    members.extend(party.name.as_deref().map(|name| ("name", name.into())));
    members.extend(party.url.as_deref().map(|url| ("url", strings([url]))));
    members.extend(
        party.email.as_deref().map(|email| ("contact", vec![object([("email", email.into())])].into())),
    );
    object(members)
}

/// Who made a component: persons are its authors, the first organization is its manufacturer.
fn makers<'p>(parties: impl IntoIterator<Item = &'p Party>) -> Vec<(&'static str, Json)> {
    let (mut persons, mut manufacturer) = (Vec::new(), None);
    for party in parties {
        match party.kind {
            // CycloneDX has no place for the address of a person on the web.
            PartyKind::Person if party.name.is_none() && party.email.is_none() => {}
            PartyKind::Person => persons.push(person(party)),
            PartyKind::Organization => manufacturer = manufacturer.or(Some(organization(party))),
        }
    }
    let authors = (!persons.is_empty()).then(|| ("authors", Json::from(persons)));
    authors.into_iter().chain(manufacturer.map(|json| ("manufacturer", json))).collect()
}

fn root_component(model: &Model<'_>) -> Json {
    let root = model.root;
    let mut members = vec![("type", "application".into()), ("bom-ref", ROOT.into())];
    members.extend(name(&root.name, root.purl.as_deref()));
    if let Some(version) = &root.version {
        members.push(("version", version.as_str().into()));
    }
    members.extend(makers(model.root_authors()));
    let hashes = root.hashes();
    if !hashes.is_empty() {
        members.push(("hashes", hash_list(&hashes)));
    }
    members.extend(license::cyclonedx(&model.root_licenses()).map(|licenses| ("licenses", licenses)));
    members.extend(root.purl.as_deref().map(|purl| ("purl", purl.into())));
    let mut properties = model.root_properties();
    properties.extend(root.file_name.as_deref().map(of_file).into_iter().flatten());
    if !properties.is_empty() {
        members.push(("properties", property_list(properties)));
    }
    object(members)
}

fn component(package: &Package, model: &Model<'_>) -> Json {
    let kind = match package.kind {
        PackageKind::Library => "library",
        PackageKind::Data => "data",
        PackageKind::Model => "machine-learning-model",
    };
    let mut members = vec![("type", kind.into()), ("bom-ref", package.id.as_str().into())];
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
    members.extend(makers(model.authors(package)));
    members.extend(model::supplier(package).map(|supplier| ("supplier", organization(&supplier))));
    if !package.hashes.is_empty() {
        members.push(("hashes", hash_list(&package.hashes)));
    }
    let licenses = model::licenses(package);
    members.extend(license::cyclonedx(&licenses).map(|licenses| ("licenses", licenses)));
    members.push(("purl", package.purl.as_str().into()));
    let mut references = Vec::new();
    if let Some((url, is_repository)) = model::address(package) {
        let kind = if is_repository { "vcs" } else { "distribution" };
        let mut reference = vec![("type", kind.into()), ("url", url.into())];
        // Of the file at this address: what the BSI's guideline asks for.
        if !is_repository && !package.hashes.is_empty() {
            reference.push(("hashes", hash_list(&package.hashes)));
        }
        references.push(object(reference));
    }
    let (files, nameless) = model::distributions(package);
    references.extend(files.into_iter().map(|(label, file)| {
        object([
            ("type", "distribution".into()),
            // An address, or a relative reference: the file's name.
            ("url", label.into()),
            ("comment", ONE_OF_SEVERAL.into()),
            ("hashes", hash_list(&file.hashes)),
        ])
    }));
    if !references.is_empty() {
        members.push(("externalReferences", references.into()));
    }
    members.push(("evidence", evidence(package)));
    let mut properties = model::properties(package);
    properties.extend(nameless);
    properties.extend(model::file_name(package).as_deref().map(of_file).into_iter().flatten());
    members.push(("properties", property_list(properties)));
    object(members)
}

/// What the BSI's guideline (TR-03183-2 v2.1.0) wants to know of a distributed file, under the names of its taxonomy.
fn of_file(name: &str) -> Vec<Property> {
    let mut facts = vec![("bsi:component:filename", name.to_owned())];
    if is_archive(name) {
        facts.extend([
            ("bsi:component:executable", "non-executable".to_owned()),
            ("bsi:component:archive", "archive".to_owned()),
            ("bsi:component:structured", "structured".to_owned()),
        ]);
    }
    facts
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
    let means = package.means();
    let technique = match means {
        Means::Installed | Means::Lockfile | Means::Manifest => "manifest-analysis",
        Means::Binary => "binary-analysis",
        Means::EmbeddedSbom => "attestation",
        Means::BundleNotice => "source-code-analysis",
    };
    let method = object([("technique", technique.into()), ("confidence", confidence(means))]);
    let identity = object([
        ("field", field.into()),
        ("confidence", confidence(means)),
        ("methods", vec![method].into()),
    ]);
    let occurrences: Vec<Json> = package.found.iter().map(occurrence).collect();
    object([("identity", vec![identity].into()), ("occurrences", occurrences.into())])
}

/// A notice names what a bundler put in, and may name what it dropped again or overlook what it kept; an SBOM names what its
/// maker wanted to.
fn confidence(means: Means) -> Json {
    let part = |part: f64| crate::canonical::Number::try_from(part).map_or(Json::Null, Json::Number);
    match means {
        Means::Installed | Means::Binary | Means::Lockfile | Means::Manifest => Json::from(1),
        Means::EmbeddedSbom => part(0.8),
        Means::BundleNotice => part(0.6),
    }
}

fn occurrence(found: &Location) -> Json {
    let mut members =
        vec![("location", model::place(found).into()), ("additionalContext", found.means.as_str().into())];
    members.extend(found.line.map(|line| ("line", line.into())));
    object(members)
}

fn property_list(properties: Vec<Property>) -> Json {
    let list =
        properties.into_iter().map(|(name, value)| object([("name", name.into()), ("value", value.into())]));
    list.collect::<Vec<_>>().into()
}

fn dependencies(model: &Model<'_>) -> Json {
    let entry = |from: &str, to: BTreeSet<&str>| {
        // A cycle through the root, as development dependencies make them, stays one.
        let to: BTreeSet<&str> = to.into_iter().map(|id| if model.is_root(id) { ROOT } else { id }).collect();
        object([("ref", from.into()), ("dependsOn", strings(to))])
    };
    // Who is not in the graph has unknown dependencies: the specification's reading.
    let others = model
        .components()
        .filter(|package| package.completeness != Completeness::Unknown)
        .map(|package| entry(&package.id, package.dependencies.iter().map(String::as_str).collect()));
    let mut entries: Vec<Json> = Vec::new();
    if model.root_completeness() != Completeness::Unknown {
        entries.push(entry(ROOT, model.root_dependencies()));
    }
    entries.extend(others);
    entries.into()
}

fn compositions(model: &Model<'_>) -> Json {
    let mut by_completeness: BTreeMap<Completeness, BTreeSet<&str>> = BTreeMap::new();
    by_completeness.entry(model.root_completeness()).or_default().insert(ROOT);
    for package in model.components() {
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
            object([("aggregate", name(completeness).into()), ("dependencies", strings(ids))])
        })
        .collect();
    // What is built into the artifact's own files, no lock file says.
    entries.push(object([("aggregate", "unknown".into()), ("assemblies", strings([ROOT]))]));
    entries.into()
}
