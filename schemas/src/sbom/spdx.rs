//! Reading SPDX 2.x and SPDX 3 JSON.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::Json;

use super::read::{Hashes, list, optional_text, text};
use super::{SbomError, SbomFormat, SbomRoot, SbomSummary};

/// SPDX 2.x: `version` is the exact `spdxVersion`, or any 2.x.
pub(super) fn read_2(json: &Json, version: Option<&str>) -> Result<SbomSummary, SbomError> {
    let found = text(json, "spdxVersion")?;
    let known = found.strip_prefix("SPDX-2.").is_some_and(|minor| minor.parse::<u8>().is_ok());
    if version.is_some_and(|version| version != found) || !known {
        let expected = version.unwrap_or("SPDX-2.x").to_owned();
        return Err(SbomError::Format { expected, member: "spdxVersion", found: found.to_owned() });
    }
    let document = text(json, "SPDXID")?;
    let mut packages = BTreeMap::new();
    for package in list(json, "packages")? {
        let id = text(package, "SPDXID")?;
        text(package, "name")?;
        if id == document || packages.insert(id, package).is_some() {
            return Err(SbomError::DuplicateReference(id.to_owned()));
        }
    }
    let mut roots = BTreeSet::new();
    for id in list(json, "documentDescribes")? {
        roots.insert(id.as_str().ok_or_else(|| SbomError::Member("documentDescribes".into()))?);
    }
    for relationship in list(json, "relationships")? {
        let from = text(relationship, "spdxElementId")?;
        let to = text(relationship, "relatedSpdxElement")?;
        match text(relationship, "relationshipType")? {
            "DESCRIBES" if from == document => roots.insert(to),
            "DESCRIBED_BY" if to == document => roots.insert(from),
            _ => false,
        };
    }
    let root = *packages.get(one(&roots)?).ok_or(SbomError::Root(0))?;
    let mut hashes = Hashes::default();
    for checksum in list(root, "checksums")? {
        hashes.add(text(checksum, "algorithm")?, text(checksum, "checksumValue")?)?;
    }
    let mut purl = None;
    for reference in list(root, "externalRefs")? {
        if text(reference, "referenceType")? == "purl" {
            purl = Some(text(reference, "referenceLocator")?.to_owned());
        }
    }
    let root = SbomRoot {
        name: text(root, "name")?.to_owned(),
        version: optional_text(root, "versionInfo")?.map(str::to_owned),
        purl,
        hashes: hashes.0,
    };
    let format = SbomFormat::Spdx2(found.to_owned());
    Ok(SbomSummary { format, root, components: packages.len() - 1 })
}

/// SPDX 3.x as JSON-LD with a flat `@graph`, the only serialisation that the SPDX schema allows for a document.
pub(super) fn read_3(json: &Json) -> Result<SbomSummary, SbomError> {
    let context = text(json, "@context")?;
    if !context.starts_with("https://spdx.org/rdf/3.") {
        let expected = "SPDX 3.x".to_owned();
        return Err(SbomError::Format { expected, member: "@context", found: context.to_owned() });
    }
    let mut elements = BTreeMap::new();
    for element in list(json, "@graph")? {
        if let Some(id) = optional_text(element, "spdxId")?
            && elements.insert(id, element).is_some()
        {
            return Err(SbomError::DuplicateReference(id.to_owned()));
        }
    }
    let of_type = |wanted: &'static str| {
        elements.values().copied().filter(move |e| e.get("type").and_then(Json::as_str) == Some(wanted))
    };
    let documents: Vec<&Json> = of_type("SpdxDocument").collect();
    let [document] = documents.as_slice() else { return Err(SbomError::Root(documents.len())) };
    let mut root = follow(document, &elements)?;
    // The document describes an SBOM, which describes the package; or the package itself.
    if root.get("type").and_then(Json::as_str) == Some("software_Sbom") {
        root = follow(root, &elements)?;
    }
    let mut hashes = Hashes::default();
    for method in list(root, "verifiedUsing")? {
        if method.get("type").and_then(Json::as_str) == Some("Hash") {
            hashes.add(text(method, "algorithm")?, text(method, "hashValue")?)?;
        }
    }
    let packages = of_type("software_Package").filter(|package| !std::ptr::eq(*package, root)).count();
    let root = SbomRoot {
        name: text(root, "name")?.to_owned(),
        version: optional_text(root, "software_packageVersion")?.map(str::to_owned),
        purl: optional_text(root, "software_packageUrl")?.map(str::to_owned),
        hashes: hashes.0,
    };
    Ok(SbomSummary { format: SbomFormat::Spdx3, root, components: packages })
}

/// The one element that `from.rootElement` names.
fn follow<'j>(from: &Json, elements: &BTreeMap<&str, &'j Json>) -> Result<&'j Json, SbomError> {
    let mut roots = BTreeSet::new();
    for id in list(from, "rootElement")? {
        roots.insert(id.as_str().ok_or_else(|| SbomError::Member("rootElement".into()))?);
    }
    elements.get(one(&roots)?).copied().ok_or(SbomError::Root(0))
}

fn one<'j>(roots: &BTreeSet<&'j str>) -> Result<&'j str, SbomError> {
    match roots.first() {
        Some(root) if roots.len() == 1 => Ok(root),
        _ => Err(SbomError::Root(roots.len())),
    }
}
