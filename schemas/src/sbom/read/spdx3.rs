//! SPDX 3.x as JSON-LD with a flat `@graph`, the only serialisation that the SPDX schema allows for a document.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Found, Hashes, cataloger, fact, is_spdx_3_package, labelled, list, one, optional_text, text, within_limit,
};
use crate::canonical::Json;
use crate::inventory::{PackageFile, Scope};
use crate::sbom::named::{Named, statement};
use crate::sbom::{SbomComponent, SbomError, SbomFormat};

/// Elements by `spdxId`.
type Elements<'j> = BTreeMap<&'j str, &'j Json>;

/// Reads a document.
pub(super) fn read(json: &Json) -> Result<Found, SbomError> {
    let context = text(json, "@context")?;
    if !context.starts_with("https://spdx.org/rdf/3.") {
        let expected = "SPDX 3.x".to_owned();
        return Err(SbomError::Format { expected, member: "@context", found: context.to_owned() });
    }
    let graph = list(json, "@graph")?;
    // Of each package there are a dozen elements: what relates it, its file, its licences.
    within_limit(graph.len() / 12)?;
    let mut elements = Elements::new();
    for element in graph {
        if let Some(id) = optional_text(element, "spdxId")?
            && elements.insert(id, element).is_some()
        {
            return Err(SbomError::DuplicateReference(id.to_owned()));
        }
    }
    let root = root(&elements);
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut components = Vec::new();
    for (id, element) in &elements {
        if is_package(element) || root.as_ref().is_ok_and(|root| root == id) {
            places.insert(id, components.len());
            components.push(component(id, element)?);
        }
    }
    relate(&mut components, &places, &elements, &Named::of_spdx_3(graph));
    let root = match root.and_then(|id| places.get(id).copied().ok_or(SbomError::Root(0))) {
        Ok(place) => {
            let mut root = components.remove(place);
            // Its digests are believed, so that they have to be some.
            let json = elements.get(root.reference.as_str()).copied().ok_or(SbomError::Root(0))?;
            let hashes: Vec<Json> =
                list(json, "verifiedUsing")?.iter().filter(|method| is(method, "Hash")).cloned().collect();
            root.hashes = Hashes::of(&hashes, "algorithm", "hashValue")?.0;
            Ok(root)
        }
        Err(error) => Err(error),
    };
    Ok(Found { format: SbomFormat::Spdx3, root, components, catalogers: catalogers(&elements) })
}

/// Whether an element is a package. Models and data sets are packages in profiles of their own.
fn is_package(element: &Json) -> bool {
    element.get("type").and_then(Json::as_str).is_some_and(is_spdx_3_package)
}

fn is(element: &Json, kind: &str) -> bool {
    element.get("type").and_then(Json::as_str) == Some(kind)
}

/// The document describes an SBOM, which describes the package; or the package itself.
fn root<'j>(elements: &Elements<'j>) -> Result<&'j str, SbomError> {
    let documents: Vec<&Json> =
        elements.values().copied().filter(|element| is(element, "SpdxDocument")).collect();
    let [document] = documents.as_slice() else { return Err(SbomError::Root(documents.len())) };
    let (id, described) = follow(document, elements)?;
    if is(described, "software_Sbom") { Ok(follow(described, elements)?.0) } else { Ok(id) }
}

/// The one element that `from.rootElement` names.
fn follow<'j>(from: &Json, elements: &Elements<'j>) -> Result<(&'j str, &'j Json), SbomError> {
    let mut roots = BTreeSet::new();
    for id in list(from, "rootElement")? {
        roots.insert(id.as_str().ok_or_else(|| SbomError::Member("rootElement".into()))?);
    }
    let (id, element) = elements.get_key_value(one(&roots)?).ok_or(SbomError::Root(0))?;
    Ok((id, element))
}

fn component(id: &str, json: &Json) -> Result<SbomComponent, SbomError> {
    let identifiers = json.get("externalIdentifier").and_then(Json::as_array).unwrap_or_default();
    let identifier = || {
        let of_kind = |one: &&Json| matches!(text(one, "externalIdentifierType"), Ok("packageUrl" | "purl"));
        text(identifiers.iter().find(of_kind)?, "identifier").ok()
    };
    Ok(SbomComponent {
        reference: id.to_owned(),
        name: text(json, "name")?.to_owned(),
        version: optional_text(json, "software_packageVersion")?
            .filter(|version| !version.is_empty())
            .map(str::to_owned),
        purl: optional_text(json, "software_packageUrl")?.or_else(identifier).map(str::to_owned),
        hashes: Hashes::lenient(json.get("verifiedUsing"), "algorithm", "hashValue").0,
        is_file: json.get("software_primaryPurpose").and_then(Json::as_str) == Some("file"),
        address: text(json, "software_downloadLocation").ok().map(str::to_owned),
        ..SbomComponent::default()
    })
}

fn catalogers(elements: &Elements<'_>) -> BTreeSet<String> {
    let annotations = elements.values().filter(|element| is(element, "Annotation"));
    let lines = annotations.filter_map(|element| text(element, "statement").ok()).flat_map(str::lines);
    lines.filter_map(|line| line.split_once(' ')).filter_map(|(name, value)| cataloger(name, value)).collect()
}

/// Reads what stands beside packages: relationships, licences, facts of ours.
fn relate<'j>(
    components: &mut [SbomComponent],
    places: &BTreeMap<&str, usize>,
    elements: &Elements<'j>,
    named: &Named<'j>,
) {
    let mut concluded: Vec<(usize, Vec<&str>)> = Vec::new();
    for element in elements.values() {
        if is(element, "Annotation") {
            let subject = text(element, "subject").ok().and_then(|id| components.get_mut(*places.get(id)?));
            if let (Some(subject), Ok(statement)) = (subject, text(element, "statement")) {
                let lines = statement.lines().filter_map(|line| line.split_once(' '));
                lines.for_each(|(name, value)| fact(subject, name, value));
            }
            continue;
        }
        let (Ok(from), Ok(kind)) = (text(element, "from"), text(element, "relationshipType")) else {
            continue;
        };
        let Some(&from) = places.get(from) else { continue };
        let to: Vec<&str> = match element.get("to") {
            Some(Json::Array(to)) => to.iter().filter_map(Json::as_str).collect(),
            Some(Json::String(one)) => vec![one],
            _ => Vec::new(),
        };
        let development = element.get("scope").and_then(Json::as_str) == Some("development");
        match kind {
            "dependsOn" if development => scope(components, places, &to, Scope::Development),
            "hasOptionalDependency" => scope(components, places, &to, Scope::Optional),
            "dependsOn" => {
                if let Some(component) = components.get_mut(from) {
                    let known = to.iter().filter(|to| places.contains_key(**to));
                    component.dependencies.extend(known.map(|to| (*to).to_owned()));
                }
            }
            "hasDistributionArtifact" if to.len() > 1 => {
                if let Some(component) = components.get_mut(from) {
                    component.files.extend(to.iter().filter_map(|to| file(elements.get(to)?)));
                }
            }
            "hasDeclaredLicense" | "hasConcludedLicense" => {
                let texts = to.iter().filter_map(|to| {
                    statement(text(elements.get(to)?, "simplelicensing_licenseExpression").ok()?)
                });
                let stated: Vec<&str> = texts.flat_map(|text| named.statements(text)).collect();
                if kind == "hasConcludedLicense" {
                    concluded.push((from, stated));
                } else if let Some(component) = components.get_mut(from) {
                    component.licenses.extend(stated.into_iter().map(str::to_owned));
                }
            }
            _ => {}
        }
    }
    for (place, stated) in concluded {
        if let Some(component) = components.get_mut(place).filter(|component| component.licenses.is_empty()) {
            component.licenses.extend(stated.into_iter().map(str::to_owned));
        }
    }
}

/// One of several files that a package is distributed as.
fn file(json: &Json) -> Option<PackageFile> {
    let references = json.get("externalRef").and_then(Json::as_array).unwrap_or_default().iter();
    let mut locators = references.filter_map(|one| one.get("locator")?.as_array()?.first()?.as_str());
    let hashes = Hashes::lenient(json.get("verifiedUsing"), "algorithm", "hashValue").0;
    let label = locators.next().or_else(|| text(json, "name").ok())?;
    (!hashes.is_empty()).then(|| labelled(label, hashes))
}

fn scope(components: &mut [SbomComponent], places: &BTreeMap<&str, usize>, to: &[&str], scope: Scope) {
    for id in to {
        if let Some(component) = places.get(id).and_then(|place| components.get_mut(*place)) {
            component.scope = Some(scope);
        }
    }
}
