//! The SPDX 2.3 writer.

use std::collections::BTreeMap;

use crate::canonical::Json;
use crate::inventory::{Completeness, HashAlgorithm, Package, PackageKind, Scope};
use crate::party::{Party, PartyKind};

use super::license::{SpdxLicense, SpdxLicenses};
use super::model::{self, Context, Model, Property, object, strings};
use super::{COPYRIGHT_UNKNOWN, NAMESPACE, checksum_name, local_id};

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const ROOT: &str = "SPDXRef-root";
const NOASSERTION: &str = "NOASSERTION";

/// Writes a document. Equal input gives an equal document.
pub(super) fn write(model: &Model<'_>) -> Json {
    let mut licenses = SpdxLicenses::default();
    let mut packages = vec![root_package(model, &mut licenses)];
    packages.extend(model.components().map(|package| component(package, model, &mut licenses)));
    let mut creators = vec![tool(model)];
    creators.extend(model.options.creator.as_ref().map(actor));
    let mut members = vec![
        ("spdxVersion", "SPDX-2.3".into()),
        ("dataLicense", "CC0-1.0".into()),
        ("SPDXID", DOCUMENT.into()),
        ("name", model.root.name.as_str().into()),
        (
            "creationInfo",
            object([
                ("created", model.timestamp().into()),
                ("creators", strings(creators.iter().map(String::as_str))),
                ("comment", generation_context(model).into()),
            ]),
        ),
        ("packages", packages.into()),
        ("relationships", relationships(model).into()),
    ];
    let properties = model.properties();
    if !properties.is_empty() {
        members.push(("annotations", annotations(properties, model)));
    }
    if !licenses.texts.is_empty() {
        members.push(("hasExtractedLicensingInfos", extracted(&licenses.texts)));
    }
    let content = object(members.clone()).sha256();
    members.push(("documentNamespace", format!("{NAMESPACE}{}", model::uuid(content)).into()));
    object(members)
}

fn tool(model: &Model<'_>) -> String {
    format!("Tool: {}-{}", model.options.tool.name, model.options.tool.version)
}

/// The format has no member for it.
fn generation_context(model: &Model<'_>) -> String {
    let types: Vec<&str> = model.contexts().map(Context::sbom_type).collect();
    format!("SBOM type: {}", types.join(", "))
}

/// `Person: Name (email)`. What stands in brackets is an e-mail address to every reader.
fn actor(party: &Party) -> String {
    let kind = match party.kind {
        PartyKind::Person => "Person",
        PartyKind::Organization => "Organization",
    };
    let name = party.shown().replace('(', "[").replace(')', "]");
    match &party.email {
        Some(email) if party.name.is_some() => format!("{kind}: {name} ({email})"),
        _ => format!("{kind}: {name}"),
    }
}

fn root_package(model: &Model<'_>, licenses: &mut SpdxLicenses) -> Json {
    let root = model.root;
    let authors = model.root_authors();
    let mut members = vec![
        ("SPDXID", ROOT.into()),
        ("name", root.name.as_str().into()),
        ("primaryPackagePurpose", "APPLICATION".into()),
        ("downloadLocation", NOASSERTION.into()),
    ];
    members.extend(root.version.as_deref().map(|version| ("versionInfo", version.into())));
    members.extend(root.file_name.as_deref().map(|name| ("packageFileName", name.into())));
    members.extend(common(licenses.of(&model.root_licenses())));
    members.extend(people(authors.first().copied(), &authors));
    members.extend(checksums(&root.hashes()));
    members.extend(root.purl.as_deref().map(purl));
    let properties = model.root_properties();
    if !properties.is_empty() {
        members.push(("annotations", annotations(properties, model)));
    }
    object(members)
}

fn component(package: &Package, model: &Model<'_>, licenses: &mut SpdxLicenses) -> Json {
    let (address, is_repository) = model::address(package).unwrap_or((NOASSERTION, false));
    let address = if is_repository {
        format!("git+{}", address.trim_start_matches("git+"))
    } else {
        address.to_owned()
    };
    let purpose = match package.kind {
        PackageKind::Library => "LIBRARY",
        // Of models and data it knows nothing.
        PackageKind::Data | PackageKind::Model => "OTHER",
    };
    let mut members = vec![
        ("SPDXID", local_id(&package.purl, &package.id).into()),
        ("name", package.name.as_str().into()),
        ("primaryPackagePurpose", purpose.into()),
        ("downloadLocation", if is_location(&address) { address } else { NOASSERTION.to_owned() }.into()),
    ];
    members.extend(package.version.as_deref().map(|version| ("versionInfo", version.into())));
    members.extend(model::file_name(package).map(|name| ("packageFileName", name.into())));
    members.extend(common(licenses.of(&model::licenses(package))));
    let authors = model.authors(package);
    let supplier = model::supplier(package);
    members.extend(people(supplier.as_ref().or(authors.first().copied()), &authors));
    members.extend(checksums(&package.hashes));
    members.push(purl(&package.purl));
    members.extend(model::found_by(package).map(|found| ("sourceInfo", found.into())));
    let mut properties = model::properties(package);
    // Files are elements here only with their SHA-1, which nobody states of them.
    properties.extend(package.files.iter().map(model::distribution));
    members.push(("annotations", annotations(properties, model)));
    object(members)
}

/// The validators take these alone.
fn is_location(address: &str) -> bool {
    ["https://", "http://", "git+https://", "git+http://", "git+ssh://"]
        .iter()
        .any(|scheme| address.starts_with(scheme))
}

fn people(supplier: Option<&Party>, authors: &[&Party]) -> Vec<(&'static str, Json)> {
    let supplier = supplier.map_or_else(|| NOASSERTION.to_owned(), actor);
    let originator = authors.first().map(|author| ("originator", actor(author).into()));
    [("supplier", supplier.into())].into_iter().chain(originator).collect()
}

fn common(license: SpdxLicense) -> [(&'static str, Json); 4] {
    [
        ("filesAnalyzed", false.into()),
        ("licenseConcluded", license.concluded.as_str().into()),
        ("licenseDeclared", if license.is_declared { &license.concluded } else { NOASSERTION }.into()),
        ("copyrightText", COPYRIGHT_UNKNOWN.into()),
    ]
}

fn checksums(hashes: &BTreeMap<HashAlgorithm, String>) -> Option<(&'static str, Json)> {
    let entries: Vec<Json> = hashes
        .iter()
        .map(|(algorithm, hex)| {
            object([("algorithm", checksum_name(*algorithm).into()), ("checksumValue", hex.as_str().into())])
        })
        .collect();
    (!entries.is_empty()).then(|| ("checksums", entries.into()))
}

fn purl(purl: &str) -> (&'static str, Json) {
    let reference = object([
        ("referenceCategory", "PACKAGE-MANAGER".into()),
        ("referenceType", "purl".into()),
        ("referenceLocator", purl.into()),
    ]);
    ("externalRefs", vec![reference].into())
}

/// One a fact: `mcpsign:origin registry`.
fn annotations(properties: Vec<Property>, model: &Model<'_>) -> Json {
    let (date, annotator) = (model.timestamp(), tool(model));
    let list = properties.into_iter().map(|(name, value)| {
        object([
            ("annotationDate", date.as_str().into()),
            ("annotationType", "OTHER".into()),
            ("annotator", annotator.as_str().into()),
            ("comment", format!("{name} {value}").into()),
        ])
    });
    list.collect::<Vec<_>>().into()
}

fn extracted(texts: &BTreeMap<String, String>) -> Json {
    let list = texts.iter().map(|(id, text)| {
        object([("licenseId", id.as_str().into()), ("extractedText", text.as_str().into())])
    });
    list.collect::<Vec<_>>().into()
}

fn relationships(model: &Model<'_>) -> Vec<Json> {
    let ids: BTreeMap<&str, String> = model
        .components()
        .map(|package| (package.id.as_str(), local_id(&package.purl, &package.id)))
        .collect();
    let of = |id: &str| if model.is_root(id) { Some(ROOT) } else { ids.get(id).map(String::as_str) };
    let mut list = vec![relationship(DOCUMENT, "DESCRIBES", ROOT, None)];
    let asked = model.root_dependencies();
    list.extend(asked.iter().filter_map(|to| Some(relationship(ROOT, "DEPENDS_ON", of(to)?, None))));
    let nobody = "which component asks for it is not known";
    list.extend(
        model
            .unplaced()
            .iter()
            .filter_map(|to| Some(relationship(ROOT, "DEPENDS_ON", of(to)?, Some(nobody)))),
    );
    let completeness = |from: &str, completeness: Completeness, has_some: bool| match completeness {
        Completeness::Complete if has_some => None,
        Completeness::Complete => Some(relationship(from, "DEPENDS_ON", "NONE", None)),
        Completeness::Incomplete => {
            Some(relationship(from, "DEPENDS_ON", NOASSERTION, Some("there may be more")))
        }
        Completeness::Unknown => Some(relationship(from, "DEPENDS_ON", NOASSERTION, None)),
    };
    list.extend(completeness(ROOT, model.root_completeness(), !asked.is_empty()));
    for package in model.components() {
        let Some(from) = of(&package.id) else { continue };
        list.extend(
            package
                .dependencies
                .iter()
                .filter_map(|to| Some(relationship(from, "DEPENDS_ON", of(to)?, None))),
        );
        list.extend(completeness(from, package.completeness, !package.dependencies.is_empty()));
        let scope = match package.scope {
            Scope::Required | Scope::Unstated => None,
            Scope::Optional => Some("OPTIONAL_DEPENDENCY_OF"),
            Scope::Development => Some("DEV_DEPENDENCY_OF"),
        };
        list.extend(scope.map(|scope| relationship(from, scope, ROOT, None)));
        if package.bundled {
            list.push(relationship(ROOT, "CONTAINS", from, None));
        }
    }
    list
}

fn relationship(from: &str, kind: &str, to: &str, comment: Option<&str>) -> Json {
    let mut members = vec![
        ("spdxElementId", from.into()),
        ("relationshipType", kind.into()),
        ("relatedSpdxElement", to.into()),
    ];
    members.extend(comment.map(|comment| ("comment", comment.into())));
    object(members)
}
