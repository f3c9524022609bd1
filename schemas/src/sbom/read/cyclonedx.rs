//! CycloneDX 1.x.

use std::collections::{BTreeMap, BTreeSet};

use super::{Found, Hashes, cataloger, fact, labelled, list, optional_text, text, within_limit};
use crate::canonical::Json;
use crate::inventory::{PackageFile, PackageKind, Scope};
use crate::sbom::named::statement;
use crate::sbom::write::ONE_OF_SEVERAL;
use crate::sbom::{SbomComponent, SbomError, SbomFormat};

/// `version` is the exact `specVersion`, or any 1.x.
pub(super) fn read(json: &Json, version: Option<&str>) -> Result<Found, SbomError> {
    let format = |member, expected: &str, found: &str| SbomError::Format {
        expected: expected.to_owned(),
        member,
        found: found.to_owned(),
    };
    let bom_format = text(json, "bomFormat")?;
    if bom_format != "CycloneDX" {
        return Err(format("bomFormat", "CycloneDX", bom_format));
    }
    let spec_version = text(json, "specVersion")?;
    let known = spec_version.strip_prefix("1.").is_some_and(|minor| minor.parse::<u8>().is_ok());
    if version.is_some_and(|version| version != spec_version) || !known {
        return Err(format("specVersion", version.unwrap_or("1.x"), spec_version));
    }
    let root = json.get("metadata").and_then(|metadata| metadata.get("component"));
    let mut open: Vec<&Json> = list(json, "components")?.iter().rev().collect();
    let mut all = Vec::new();
    let mut data = Vec::new();
    if let Some(root) = root {
        all.push(root);
        data.extend(datasets(root));
        // Cargo's tool lists the targets of a crate inside of it.
        open.extend(list(root, "components")?.iter().rev());
    }
    while let Some(component) = open.pop() {
        all.push(component);
        open.extend(list(component, "components")?.iter().rev());
        data.extend(datasets(component));
        within_limit(all.len() + open.len() + data.len())?;
    }
    let mut references = BTreeSet::new();
    let mut read = Vec::with_capacity(all.len());
    for json in all {
        let component = component(json)?;
        if let Some(reference) = optional_text(json, "bom-ref")?
            && !references.insert(reference)
        {
            return Err(SbomError::DuplicateReference(reference.to_owned()));
        }
        read.push(component);
    }
    read.extend(data);
    depend(&mut read, list(json, "dependencies")?);
    let mut read = read.into_iter();
    let root = match root {
        Some(json) => Ok(described(json, read.next().unwrap_or_default())?),
        None => Err(SbomError::Member("metadata.component".into())),
    };
    let format = SbomFormat::CycloneDx(spec_version.to_owned());
    Ok(Found { format, root, components: read.collect(), catalogers: catalogers(json) })
}

/// The data sets that a model's card names and does not refer to: what it was made from, or is tried with.
fn datasets(component: &Json) -> impl Iterator<Item = SbomComponent> {
    let parameters = component.get("modelCard").and_then(|card| card.get("modelParameters"));
    let listed = parameters.and_then(|all| all.get("datasets")).and_then(Json::as_array).unwrap_or_default();
    listed.iter().filter_map(|data| {
        Some(SbomComponent {
            name: text(data, "name").ok().filter(|name| !name.is_empty())?.to_owned(),
            kind: PackageKind::Data,
            address: data.get("contents").and_then(|held| held.get("url")?.as_str()).map(str::to_owned),
            ..SbomComponent::default()
        })
    })
}

fn catalogers(json: &Json) -> BTreeSet<String> {
    let properties = json.get("metadata").and_then(|metadata| metadata.get("properties"));
    let properties = properties.and_then(Json::as_array).unwrap_or_default().iter();
    properties
        .filter_map(|property| cataloger(text(property, "name").ok()?, text(property, "value").ok()?))
        .collect()
}

/// The root: its digests are believed, so that they have to be some.
fn described(json: &Json, mut root: SbomComponent) -> Result<SbomComponent, SbomError> {
    root.hashes = Hashes::of(list(json, "hashes")?, "alg", "content")?.0;
    Ok(root)
}

fn component(json: &Json) -> Result<SbomComponent, SbomError> {
    let kind = text(json, "type")?;
    let name = match optional_text(json, "group")? {
        Some(group) if !group.is_empty() => format!("{group}/{}", text(json, "name")?),
        _ => text(json, "name")?.to_owned(),
    };
    let mut component = SbomComponent {
        reference: optional_text(json, "bom-ref")?.unwrap_or_default().to_owned(),
        name,
        // Tools write an empty one where they know none.
        version: optional_text(json, "version")?.filter(|version| !version.is_empty()).map(str::to_owned),
        purl: optional_text(json, "purl")?.map(str::to_owned),
        hashes: Hashes::lenient(json.get("hashes"), "alg", "content").0,
        licenses: licenses(json),
        scope: match json.get("scope").and_then(Json::as_str) {
            Some("required") => Some(Scope::Required),
            Some("optional") => Some(Scope::Optional),
            Some("excluded") => Some(Scope::Development),
            _ => None,
        },
        is_file: matches!(kind, "file" | "operating-system"),
        kind: match kind {
            "machine-learning-model" => PackageKind::Model,
            "data" => PackageKind::Data,
            _ => PackageKind::Library,
        },
        address: address(json),
        files: files(json),
        ..SbomComponent::default()
    };
    for property in json.get("properties").and_then(Json::as_array).unwrap_or_default() {
        if let (Ok(name), Ok(value)) = (text(property, "name"), text(property, "value")) {
            fact(&mut component, name, value);
            // Trivy's lock files.
            component.is_file |=
                component.purl.is_none() && (name, value) == ("aquasecurity:trivy:Class", "lang-pkgs");
        }
    }
    Ok(component)
}

fn licenses(json: &Json) -> BTreeSet<String> {
    let stated = json.get("licenses").and_then(Json::as_array).unwrap_or_default().iter();
    let texts = stated.filter_map(|choice| match choice.get("license") {
        Some(license) => license.get("id").or(license.get("name"))?.as_str(),
        None => choice.get("expression")?.as_str(),
    });
    texts.filter_map(statement).map(str::to_owned).collect()
}

fn address(json: &Json) -> Option<String> {
    let references = json.get("externalReferences").and_then(Json::as_array).unwrap_or_default();
    let mut of_kind = references
        .iter()
        .filter(|reference| matches!(text(reference, "type"), Ok("distribution" | "vcs")))
        .filter(|reference| !is_one_of_several(reference))
        .filter_map(|reference| text(reference, "url").ok());
    of_kind.next().map(str::to_owned)
}

/// The files of which it is open which is installed.
fn files(json: &Json) -> BTreeSet<PackageFile> {
    let references = json.get("externalReferences").and_then(Json::as_array).unwrap_or_default();
    let each = references.iter().filter(|reference| is_one_of_several(reference)).filter_map(|reference| {
        Some(labelled(
            text(reference, "url").ok()?,
            Hashes::lenient(reference.get("hashes"), "alg", "content").0,
        ))
    });
    each.filter(|file| !file.hashes.is_empty()).collect()
}

/// Whether it is such a file's, as we write it.
fn is_one_of_several(reference: &Json) -> bool {
    text(reference, "type") == Ok("distribution") && text(reference, "comment") == Ok(ONE_OF_SEVERAL)
}

/// Lets each component know what it asks for.
fn depend(components: &mut [SbomComponent], dependencies: &[Json]) {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (place, component) in components.iter().enumerate() {
        places.entry(component.reference.clone()).or_insert(place);
    }
    for entry in dependencies {
        let from = text(entry, "ref").ok().and_then(|from| components.get_mut(*places.get(from)?));
        if let Some(from) = from {
            let to = entry.get("dependsOn").and_then(Json::as_array).unwrap_or_default();
            from.dependencies.extend(to.iter().filter_map(Json::as_str).map(str::to_owned));
        }
    }
}
