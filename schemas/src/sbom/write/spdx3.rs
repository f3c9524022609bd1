//! The SPDX 3.0.1 writer: JSON-LD with one flat `@graph`, profiles core, software and simpleLicensing.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::Json;
use crate::inventory::{Completeness, HashAlgorithm, Package, PackageKind, Scope};
use crate::party::{Party, PartyKind};

use super::license::{SpdxLicense, SpdxLicenses};
use super::model::{self, Context, Model, Property, is_archive, object, strings};
use super::{COPYRIGHT_UNKNOWN, NAMESPACE, checksum_name, local_id, short};

/// The one creation that all elements share.
const CREATION: &str = "_:creation";
/// "There is none", as an element.
const NONE: &str = "https://spdx.org/rdf/3.0.1/terms/Core/NoneElement";
/// "Nothing is said", as an element.
const NOASSERTION: &str = "https://spdx.org/rdf/3.0.1/terms/Core/NoAssertionElement";

/// Stands in ids until the document has its own.
const ZEROS: &str = "00000000-0000-0000-0000-000000000000";
/// Members that hold ids of elements, one or a list. What stands elsewhere is no id, whatever it looks like.
const REFERENCES: [&str; 11] = [
    "createdBy",
    "createdUsing",
    "dataLicense",
    "element",
    "from",
    "originatedBy",
    "rootElement",
    "spdxId",
    "subject",
    "suppliedBy",
    "to",
];
/// The member that holds such objects: the one of theirs that holds an id is `value`.
const DICTIONARY: &str = "simplelicensing_customIdToUri";

/// Writes a document. Equal input gives an equal document.
///
/// Its namespace ends in a UUID made of the SHA-256 of the same document under the UUID of zeros.
pub(super) fn write(model: &Model<'_>) -> Json {
    let mut document = under(model, ZEROS);
    let uuid = model::uuid(document.sha256());
    if let Some(Json::Array(elements)) = document.as_object_mut().and_then(|object| object.get_mut("@graph"))
    {
        elements.iter_mut().for_each(|element| rename(element, &REFERENCES, &uuid));
    }
    document
}

fn under(model: &Model<'_>, uuid: &str) -> Json {
    Graph::new(model, format!("{NAMESPACE}{uuid}#")).document()
}

/// Gives the ids in these members of an element this UUID in place of zeros.
fn rename(element: &mut Json, references: &[&str], uuid: &str) {
    let Some(element) = element.as_object_mut() else { return };
    for (name, value) in element.sorted_mut() {
        match value {
            Json::Array(entries) if name == DICTIONARY => {
                entries.iter_mut().for_each(|entry| rename(entry, &["value"], uuid));
            }
            Json::Array(ids) if references.contains(&name) => {
                ids.iter_mut().for_each(|id| rename_id(id, uuid))
            }
            id if references.contains(&name) => rename_id(id, uuid),
            _ => {}
        }
    }
}

fn rename_id(id: &mut Json, uuid: &str) {
    let Json::String(id) = id else { return };
    // What SPDX itself names, "nothing is said" for one, lies elsewhere.
    let is_ours = id.strip_prefix(NAMESPACE).is_some_and(|rest| rest.starts_with(ZEROS));
    if is_ours {
        id.replace_range(NAMESPACE.len()..NAMESPACE.len() + ZEROS.len(), uuid);
    }
}

struct Graph<'m, 'i> {
    model: &'m Model<'i>,
    namespace: String,
    elements: Vec<Json>,
    licenses: SpdxLicenses,
    /// Agents and licence expressions are shared: by id, that they are there.
    shared: BTreeSet<String>,
    /// Ids of packages, files and what relates them.
    content: Vec<String>,
    /// Each with its id in the document.
    components: Vec<(&'i Package, String)>,
}

impl<'m, 'i> Graph<'m, 'i> {
    fn new(model: &'m Model<'i>, namespace: String) -> Self {
        let id = |package: &Package| format!("{namespace}{}", local_id(&package.purl, &package.id));
        let components = model.components().map(|package| (package, id(package))).collect();
        Self {
            model,
            namespace,
            elements: Vec::new(),
            licenses: SpdxLicenses { texts: BTreeMap::new() },
            shared: BTreeSet::new(),
            content: Vec::new(),
            components,
        }
    }

    fn id(&self, local: &str) -> String {
        format!("{}{local}", self.namespace)
    }

    fn document(mut self) -> Json {
        let tool_id = self.id("tool");
        let tool = format!("{}-{}", self.model.options.tool.name, self.model.options.tool.version);
        self.push("Tool", &tool_id, vec![("name", tool.as_str().into())]);
        let creator = match &self.model.options.creator {
            Some(party) => self.agent(party),
            // Somebody has to have made it, and all that is known is which program did.
            None => {
                let id = self.id("agent");
                self.push("SoftwareAgent", &id, vec![("name", tool.as_str().into())]);
                id
            }
        };
        let creation = object([
            ("type", "CreationInfo".into()),
            ("@id", CREATION.into()),
            ("specVersion", "3.0.1".into()),
            ("created", self.model.timestamp().into()),
            ("createdBy", strings([creator.as_str()])),
            ("createdUsing", strings([tool_id.as_str()])),
        ]);
        self.elements.insert(0, creation);

        let root = self.id("root");
        self.root_package(&root);
        let components = std::mem::take(&mut self.components);
        for (package, id) in &components {
            self.component(package, id);
        }
        self.relationships(&root, &components);
        self.license_texts();
        let data_license = self.license_expression("CC0-1.0");
        let sbom = self.id("sbom");
        let types = self.model.contexts().map(Context::sbom_type);
        let content = std::mem::take(&mut self.content);
        self.push(
            "software_Sbom",
            &sbom,
            vec![
                ("name", self.model.root.name.as_str().into()),
                ("software_sbomType", strings(types)),
                ("rootElement", strings([root.as_str()])),
                ("element", strings(content.iter().map(String::as_str))),
            ],
        );
        let properties = self.model.properties();
        self.annotations(&sbom, properties);
        let document = self.id("document");
        self.push(
            "SpdxDocument",
            &document,
            vec![
                ("name", self.model.root.name.as_str().into()),
                ("profileConformance", strings(["core", "software", "simpleLicensing"])),
                ("dataLicense", data_license.into()),
                ("rootElement", strings([sbom.as_str()])),
            ],
        );
        object([
            ("@context", "https://spdx.org/rdf/3.0.1/spdx-context.jsonld".into()),
            ("@graph", self.elements.into()),
        ])
    }

    fn push(&mut self, kind: &'static str, id: &str, members: Vec<(&'static str, Json)>) {
        let common = [("type", kind.into()), ("spdxId", id.into()), ("creationInfo", CREATION.into())];
        self.elements.push(object(common.into_iter().chain(members)));
    }

    /// The id of this party, which is an element once.
    fn agent(&mut self, party: &Party) -> String {
        let key = format!("{:?} {:?} {:?} {:?}", party.kind, party.name, party.email, party.url);
        let id = self.id(&format!("agent-{}", short(&key)));
        if !self.shared.insert(id.clone()) {
            return id;
        }
        let kind = match party.kind {
            PartyKind::Person => "Person",
            PartyKind::Organization => "Organization",
        };
        let mut members = vec![("name", party.shown().into())];
        let known = [("email", &party.email), ("urlScheme", &party.url)];
        let identifiers: Vec<Json> =
            known.into_iter().filter_map(|(kind, value)| Some(identifier(kind, value.as_deref()?))).collect();
        if !identifiers.is_empty() {
            members.push(("externalIdentifier", identifiers.into()));
        }
        self.push(kind, &id, members);
        id
    }

    fn license_expression(&mut self, expression: &str) -> String {
        let id = self.id(&format!("license-{}", short(expression)));
        if self.shared.insert(id.clone()) {
            let own: BTreeSet<&str> = self
                .licenses
                .texts
                .keys()
                .map(String::as_str)
                .filter(|own| expression.split(['(', ')', ' ']).any(|word| word == *own))
                .collect();
            let explained: Vec<Json> = own
                .iter()
                .map(|own| {
                    let text = self.id(&format!("text-{}", short(own)));
                    object([
                        ("type", "DictionaryEntry".into()),
                        ("key", (*own).into()),
                        ("value", text.into()),
                    ])
                })
                .collect();
            let mut members = vec![("simplelicensing_licenseExpression", expression.into())];
            if !explained.is_empty() {
                members.push(("simplelicensing_customIdToUri", explained.into()));
            }
            self.push("simplelicensing_LicenseExpression", &id, members);
        }
        id
    }

    fn license_texts(&mut self) {
        for (id, text) in std::mem::take(&mut self.licenses.texts) {
            let element = self.id(&format!("text-{}", short(&id)));
            let members = vec![("name", id.into()), ("simplelicensing_licenseText", text.into())];
            self.push("simplelicensing_SimpleLicensingText", &element, members);
        }
    }

    fn licensed(&mut self, package: &str, license: &SpdxLicense) {
        let concluded = self.license_expression(&license.concluded);
        self.relate(package, "hasConcludedLicense", vec![concluded.clone()], None);
        if license.is_declared {
            self.relate(package, "hasDeclaredLicense", vec![concluded], None);
        }
    }

    fn root_package(&mut self, id: &str) {
        let (model, root) = (self.model, self.model.root);
        let authors = model.root_authors();
        let mut members = vec![
            ("name", root.name.as_str().into()),
            ("software_primaryPurpose", "application".into()),
            ("software_copyrightText", COPYRIGHT_UNKNOWN.into()),
        ];
        members.extend(root.version.as_deref().map(|version| ("software_packageVersion", version.into())));
        let hashes = root.hashes();
        members.extend(verified_using(&hashes));
        members.extend(root.purl.as_deref().map(purl).into_iter().flatten());
        members.extend(self.people(authors.first().copied(), &authors));
        self.package(id, members);
        let license = self.licenses.of(&model.root_licenses());
        self.licensed(id, &license);
        if let Some(name) = &root.file_name {
            self.distributed(id, name, &hashes, None);
        }
        self.annotations(id, model.root_properties());
    }

    fn component(&mut self, package: &'i Package, id: &str) {
        let purpose = match package.kind {
            PackageKind::Library => "library",
            PackageKind::Data => "data",
            PackageKind::Model => "model",
        };
        let mut members = vec![
            ("name", package.name.as_str().into()),
            ("software_primaryPurpose", purpose.into()),
            ("software_copyrightText", COPYRIGHT_UNKNOWN.into()),
        ];
        members.extend(package.version.as_deref().map(|version| ("software_packageVersion", version.into())));
        members.extend(verified_using(&package.hashes));
        members.extend(purl(&package.purl));
        let address = model::address(package);
        members.extend(address.map(|(url, _)| ("software_downloadLocation", url.into())));
        members.extend(model::found_by(package).map(|found| ("software_sourceInfo", found.into())));
        let authors = self.model.authors(package);
        let supplier = model::supplier(package);
        members.extend(self.people(supplier.as_ref().or(authors.first().copied()), &authors));
        self.package(id, members);
        let license = self.licenses.of(&model::licenses(package));
        self.licensed(id, &license);
        if let Some(name) = model::file_name(package) {
            let url = address.filter(|(_, is_repository)| !is_repository).map(|(url, _)| url);
            self.distributed(id, &name, &package.hashes, url);
        }
        let (files, nameless) = model::distributions(package);
        // One alone would be the file that is installed.
        let (files, alone) = if files.len() > 1 { (files, Vec::new()) } else { (Vec::new(), files) };
        let to = files.into_iter().enumerate().map(|(place, (label, file))| {
            let name = file.name.as_deref().unwrap_or(label);
            self.file(format!("{id}-file-{place}"), name, &file.hashes, file.url.as_deref())
        });
        let to: Vec<String> = to.collect();
        if !to.is_empty() {
            self.relate(id, "hasDistributionArtifact", to, None);
        }
        let mut properties = model::properties(package);
        properties.extend(alone.into_iter().map(|(_, file)| model::distribution(file)));
        properties.extend(nameless);
        self.annotations(id, properties);
    }

    fn package(&mut self, id: &str, members: Vec<(&'static str, Json)>) {
        self.push("software_Package", id, members);
        self.content.push(id.to_owned());
    }

    /// Who supplies it, and whom or what it came from: where no author is known, that is all that is.
    fn people(&mut self, supplier: Option<&Party>, authors: &[&Party]) -> Vec<(&'static str, Json)> {
        let supplier = supplier.map(|supplier| self.agent(supplier));
        let mut origin: Vec<String> = authors.iter().map(|author| self.agent(author)).collect();
        let reachable = authors.iter().any(|author| author.email.is_some() || author.url.is_some());
        if !reachable {
            origin.extend(supplier.clone());
        }
        let mut members = Vec::new();
        if !origin.is_empty() {
            members.push(("originatedBy", strings(origin.iter().map(String::as_str))));
        }
        members.extend(supplier.map(|supplier| ("suppliedBy", supplier.into())));
        members
    }

    /// The file that a package is distributed as.
    fn distributed(
        &mut self,
        package: &str,
        name: &str,
        hashes: &BTreeMap<HashAlgorithm, String>,
        url: Option<&str>,
    ) {
        let id = self.file(format!("{package}-file"), name, hashes, url);
        self.relate(package, "hasDistributionArtifact", vec![id], None);
    }

    /// A file, under this id.
    fn file(
        &mut self,
        id: String,
        name: &str,
        hashes: &BTreeMap<HashAlgorithm, String>,
        url: Option<&str>,
    ) -> String {
        let mut members = vec![("name", name.into()), ("software_copyrightText", COPYRIGHT_UNKNOWN.into())];
        if is_archive(name) {
            members.push(("software_primaryPurpose", "archive".into()));
            // The BSI's word for an archive whose parts can be told apart.
            members.push(("software_additionalPurpose", strings(["container"])));
        }
        members.extend(verified_using(hashes));
        members.extend(url.map(|url| {
            let reference = object([
                ("type", "ExternalRef".into()),
                ("externalRefType", "binaryArtifact".into()),
                ("locator", strings([url])),
            ]);
            ("externalRef", vec![reference].into())
        }));
        self.push("software_File", &id, members);
        self.content.push(id.clone());
        id
    }

    fn annotations(&mut self, subject: &str, properties: Vec<Property>) {
        if properties.is_empty() {
            return;
        }
        let lines: Vec<String> = properties
            .into_iter()
            .map(|(name, value)| format!("{name} {}", value.replace(['\n', '\r'], " ")))
            .collect();
        let members = vec![
            ("annotationType", "other".into()),
            ("subject", subject.into()),
            ("contentType", "text/plain".into()),
            ("statement", lines.join("\n").into()),
        ];
        self.push("Annotation", &format!("{subject}-facts"), members);
    }

    fn relate(
        &mut self,
        from: &str,
        kind: &'static str,
        to: Vec<String>,
        completeness: Option<&'static str>,
    ) {
        let id = format!("{from}-{kind}");
        let mut members = vec![
            ("from", from.into()),
            ("relationshipType", kind.into()),
            ("to", strings(to.iter().map(String::as_str))),
        ];
        members.extend(completeness.map(|completeness| ("completeness", completeness.into())));
        self.push("Relationship", &id, members);
        self.content.push(id);
    }

    fn relationships(&mut self, root: &str, components: &[(&Package, String)]) {
        let model = self.model;
        let ids: BTreeMap<&str, &str> =
            components.iter().map(|(package, id)| (package.id.as_str(), id.as_str())).collect();
        let of = |id: &str| {
            let id = if model.is_root(id) { Some(root) } else { ids.get(id).copied() };
            id.map(str::to_owned)
        };
        let asked = model.root_dependencies();
        let to: Vec<String> = asked.union(&model.unplaced()).filter_map(|id| of(id)).collect();
        self.depends(root, to, model.root_completeness());
        for (package, from) in components {
            let to = package.dependencies.iter().filter_map(|id| of(id)).collect();
            self.depends(from, to, package.completeness);
        }
        let of_kind = |wanted: fn(&Package) -> bool| -> Vec<String> {
            components.iter().filter(|(package, _)| wanted(package)).map(|(_, id)| id.clone()).collect()
        };
        let optional = of_kind(|package| package.scope == Scope::Optional);
        if !optional.is_empty() {
            self.relate(root, "hasOptionalDependency", optional, None);
        }
        let bundled = of_kind(|package| package.bundled);
        if !bundled.is_empty() {
            self.relate(root, "contains", bundled, Some("incomplete"));
        }
        let development = of_kind(|package| package.scope == Scope::Development);
        if !development.is_empty() {
            let id = format!("{root}-development");
            let members = vec![
                ("from", root.into()),
                ("relationshipType", "dependsOn".into()),
                ("scope", "development".into()),
                ("to", strings(development.iter().map(String::as_str))),
            ];
            self.push("LifecycleScopedRelationship", &id, members);
            self.content.push(id);
        }
    }

    fn depends(&mut self, from: &str, mut to: Vec<String>, completeness: Completeness) {
        let word = match completeness {
            Completeness::Complete => "complete",
            Completeness::Incomplete => "incomplete",
            Completeness::Unknown => "noAssertion",
        };
        if to.is_empty() {
            to.push(if completeness == Completeness::Complete { NONE } else { NOASSERTION }.to_owned());
        }
        self.relate(from, "dependsOn", to, Some(word));
    }
}

fn identifier(kind: &'static str, value: &str) -> Json {
    object([
        ("type", "ExternalIdentifier".into()),
        ("externalIdentifierType", kind.into()),
        ("identifier", value.into()),
    ])
}

fn purl(purl: &str) -> [(&'static str, Json); 2] {
    [
        ("software_packageUrl", purl.into()),
        ("externalIdentifier", vec![identifier("packageUrl", purl)].into()),
    ]
}

fn verified_using(hashes: &BTreeMap<HashAlgorithm, String>) -> Option<(&'static str, Json)> {
    let list: Vec<Json> = hashes
        .iter()
        .map(|(algorithm, hex)| {
            object([
                ("type", "Hash".into()),
                ("algorithm", checksum_name(*algorithm).to_ascii_lowercase().into()),
                ("hashValue", hex.as_str().into()),
            ])
        })
        .collect();
    (!list.is_empty()).then(|| ("verifiedUsing", list.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Inventory;
    use crate::manifest::Product;
    use crate::sbom::{RootComponent, SbomOptions};

    #[test]
    fn every_id_is_in_the_documents_own_namespace_and_nothing_else_is_changed() {
        let lookalike = format!("{NAMESPACE}{ZEROS}#root");
        let mut package = Package::new("pkg:npm/a@1.0.0", "pkg:npm/a@1.0.0", &lookalike);
        package.licenses = BTreeSet::from(["in words".to_owned(), "MIT".to_owned()]);
        package.dependencies = BTreeSet::from(["pkg:npm/b@1.0.0".to_owned()]);
        package.authors =
            BTreeSet::from([Party { url: Some(lookalike.clone()), ..Party::organization("Acme") }]);
        package.bundled = true;
        let other = Package::new("pkg:npm/b@1.0.0", "pkg:npm/b@1.0.0", "b");
        let inventory = Inventory {
            packages: [package, other].map(|package| (package.id.clone(), package)).into(),
            ..Inventory::default()
        };
        let root = RootComponent {
            name: "root".into(),
            version: None,
            purl: None,
            digests: None,
            media_type: None,
            licenses: Vec::new(),
            file_name: Some("root.tgz".into()),
            authors: Vec::new(),
        };
        let options = SbomOptions {
            timestamp: jiff::Timestamp::UNIX_EPOCH,
            tool: Product { name: "mcpsign".into(), version: "0.1.0".into() },
            creator: Some(Party::organization("Acme")),
        };
        let model = Model::new(&root, &inventory, &options);

        let written = write(&model);
        let uuid = model::uuid(under(&model, ZEROS).sha256());
        assert_eq!(written, under(&model, &uuid), "as if it had been named so from the start");
        let text = String::from_utf8(written.to_canonical()).unwrap();
        assert_eq!(text.matches(ZEROS).count(), text.matches(&lookalike).count());
        assert!(text.contains(&lookalike) && text.contains(DICTIONARY));
    }
}
