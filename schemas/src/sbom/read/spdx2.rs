//! SPDX 2.x JSON.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Found, Hashes, cataloger, fact, is_purl_reference, list, one, optional_text, text, within_limit,
};
use crate::canonical::Json;
use crate::inventory::Scope;
use crate::purl::Purl;
use crate::sbom::named::{Named, statement};
use crate::sbom::{SbomComponent, SbomError, SbomFormat};

/// `version` is the exact `spdxVersion`, or any 2.x.
pub(super) fn read(json: &Json, version: Option<&str>) -> Result<Found, SbomError> {
    let found = text(json, "spdxVersion")?;
    let known = found.strip_prefix("SPDX-2.").is_some_and(|minor| minor.parse::<u8>().is_ok());
    if version.is_some_and(|version| version != found) || !known {
        let expected = version.unwrap_or("SPDX-2.x").to_owned();
        return Err(SbomError::Format { expected, member: "spdxVersion", found: found.to_owned() });
    }
    let document = text(json, "SPDXID")?;
    let list_of_packages = list(json, "packages")?;
    within_limit(list_of_packages.len())?;
    let named = Named::of_spdx_2(json);
    let mut places = BTreeMap::new();
    let mut components = Vec::with_capacity(list_of_packages.len());
    for (place, package) in list_of_packages.iter().enumerate() {
        let id = text(package, "SPDXID")?;
        components.push(component(id, package, &named)?);
        if id == document || places.insert(id, place).is_some() {
            return Err(SbomError::DuplicateReference(id.to_owned()));
        }
    }
    let mut roots = BTreeSet::new();
    for id in list(json, "documentDescribes")? {
        roots.insert(id.as_str().ok_or_else(|| SbomError::Member("documentDescribes".into()))?);
    }
    for relationship in relationships(json)? {
        let from = text(relationship, "spdxElementId")?;
        let to = text(relationship, "relatedSpdxElement")?;
        match text(relationship, "relationshipType")? {
            "DESCRIBES" if from == document => {
                roots.insert(to);
            }
            "DESCRIBED_BY" if to == document => {
                roots.insert(from);
            }
            "DEPENDS_ON" if places.contains_key(to) => {
                if let Some(from) = of(&mut components, &places, from) {
                    from.dependencies.insert(to.to_owned());
                }
            }
            "DEPENDENCY_OF" if places.contains_key(from) => {
                if let Some(to) = of(&mut components, &places, to) {
                    to.dependencies.insert(from.to_owned());
                }
            }
            "OPTIONAL_DEPENDENCY_OF" => scoped(of(&mut components, &places, from), Scope::Optional),
            "DEV_DEPENDENCY_OF" => scoped(of(&mut components, &places, from), Scope::Development),
            _ => {}
        }
    }
    let root = one(&roots).and_then(|root| places.get(root).copied().ok_or(SbomError::Root(0)));
    let root = match root {
        Ok(place) => {
            // Its digests are believed, so that they have to be some.
            let json = list_of_packages.get(place).ok_or(SbomError::Root(0))?;
            let hashes = Hashes::of(list(json, "checksums")?, "algorithm", "checksumValue")?;
            let mut root = components.remove(place);
            root.hashes = hashes.0;
            Ok(root)
        }
        Err(error) => Err(error),
    };
    let facts = annotations(json).filter_map(|(name, value)| cataloger(name, value));
    Ok(Found { format: SbomFormat::Spdx2(found.to_owned()), root, components, catalogers: facts.collect() })
}

/// Who asks for whom. One generator (spdx-sbom-generator) writes the word otherwise.
fn relationships(json: &Json) -> Result<&[Json], SbomError> {
    let key = if json.get("relationships").is_some() { "relationships" } else { "relatioships" };
    list(json, key)
}

/// The digest that spdx-sbom-generator writes in the place of a list: `SHA1: HEX`.
fn checksum(json: &Json) -> Option<Hashes> {
    let (algorithm, hex) = text(json, "PackageChecksum").ok()?.split_once(": ")?;
    let mut hashes = Hashes::default();
    hashes.add(algorithm, hex).ok()?;
    Some(hashes)
}

/// Whether an element stands for a file or an operating system. Trivy lists lock files as applications.
fn is_file(json: &Json) -> bool {
    match json.get("primaryPackagePurpose").and_then(Json::as_str) {
        Some("FILE" | "OPERATING-SYSTEM") => true,
        Some("APPLICATION") => annotations(json).any(|fact| fact == ("Class:", "lang-pkgs")),
        _ => false,
    }
}

/// The component of this identifier.
fn of<'c>(
    components: &'c mut [SbomComponent],
    places: &BTreeMap<&str, usize>,
    id: &str,
) -> Option<&'c mut SbomComponent> {
    components.get_mut(*places.get(id)?)
}

fn scoped(component: Option<&mut SbomComponent>, scope: Scope) {
    if let Some(component) = component {
        component.scope = Some(scope);
    }
}

/// What annotations say under names.
fn annotations(json: &Json) -> impl Iterator<Item = (&str, &str)> {
    let all = json.get("annotations").and_then(Json::as_array).unwrap_or_default().iter();
    all.filter_map(|annotation| text(annotation, "comment").ok()?.split_once(' '))
}

/// Of several package URLs the first of the name that the package has, else the first that is one.
fn purl(name: &str, json: &Json) -> Result<Option<String>, SbomError> {
    let mut purls = Vec::new();
    for reference in list(json, "externalRefs")? {
        if is_purl_reference(text(reference, "referenceType")?) {
            purls.push(text(reference, "referenceLocator")?);
        }
    }
    let called = |purl: &Purl| purl.name().eq_ignore_ascii_case(name);
    let of_name = |purl: &&&str| Purl::parse(purl).is_ok_and(|purl| called(&purl));
    let mut of_any = purls.iter().filter(|purl| Purl::parse(purl).is_ok());
    let chosen = purls.iter().find(of_name).or_else(|| of_any.next()).or(purls.first());
    Ok(chosen.map(|purl| (*purl).to_owned()))
}

fn component<'j>(id: &str, json: &'j Json, named: &Named<'j>) -> Result<SbomComponent, SbomError> {
    let name = text(json, "name")?;
    let mut licenses = ["licenseDeclared", "licenseConcluded"]
        .into_iter()
        .filter_map(|key| statement(text(json, key).ok()?));
    let licenses = licenses.next().map(|license| named.statements(license)).unwrap_or_default();
    let mut component = SbomComponent {
        reference: id.to_owned(),
        name: name.to_owned(),
        version: optional_text(json, "versionInfo")?
            .filter(|version| !matches!(*version, "" | "NOASSERTION"))
            .map(str::to_owned),
        purl: purl(name, json)?,
        hashes: match checksum(json) {
            Some(hashes) => hashes.0,
            None => Hashes::lenient(json.get("checksums"), "algorithm", "checksumValue").0,
        },
        licenses: licenses.into_iter().map(str::to_owned).collect(),
        is_file: is_file(json),
        address: text(json, "downloadLocation")
            .ok()
            .filter(|at| !matches!(*at, "NOASSERTION" | "NONE"))
            .map(str::to_owned),
        ..SbomComponent::default()
    };
    annotations(json).for_each(|(name, value)| fact(&mut component, name, value));
    Ok(component)
}
