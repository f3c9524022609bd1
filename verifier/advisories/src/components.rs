//! The components of an SBOM, as far as advisories ask: package URLs and versions.
//!
//! CycloneDX 1.x JSON, SPDX 2.x JSON and SPDX 3 JSON-LD, in one pass and without a tree of the whole document: an SBOM of
//! an image has tens of thousands of components.

mod count;
mod source;

use std::borrow::Cow;
use std::collections::BTreeSet;

use mcpsign_schemas::canonical::{Json, JsonError};
use mcpsign_schemas::inventory::{Inventory, Package};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::sbom::{is_purl_reference, is_spdx_3_package};
use serde::Deserialize;
use serde::de::IgnoredAny;

use self::source::SourcePackage;
use crate::ecosystem::Query;

/// One component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its package URL, with the version that is stated beside it where it has none.
    purl: Option<String>,
    /// What it asks for; nothing where that is none, or none of an ecosystem with advisories.
    queries: Vec<Query>,
}

impl Component {
    /// The component that a package URL names, as it is written.
    pub fn of(purl: &str) -> Self {
        Self::parsed(purl.to_owned(), Purl::parse(purl).ok().as_ref())
    }

    const fn unnamed() -> Self {
        Self { purl: None, queries: Vec::new() }
    }

    fn parsed(text: String, purl: Option<&Purl>) -> Self {
        Self { purl: Some(text), queries: purl.map(Query::of).unwrap_or_default() }
    }

    /// Its package URL, with the version that is stated beside it where it has none.
    pub fn purl(&self) -> Option<&str> {
        self.purl.as_deref()
    }

    pub(crate) fn queries(&self) -> &[Query] {
        &self.queries
    }
}

/// What components ask for, each package once.
pub fn queries(components: &[Component]) -> BTreeSet<Query> {
    components.iter().flat_map(Component::queries).cloned().collect()
}

/// Not the components of an SBOM.
#[derive(Debug, thiserror::Error)]
pub enum ComponentsError {
    /// Not JSON, or not of the shape that its format has.
    #[error("not an SBOM that can be read")]
    Json(#[from] serde_json::Error),
    /// JSON, and not of the shape that its format has.
    #[error("not an SBOM that can be read")]
    Shape(#[source] JsonError),
    /// JSON, and of no format that we know.
    #[error("neither CycloneDX 1.x nor SPDX 2.x nor SPDX 3 JSON")]
    Format,
    /// JSON of no format that we know, with one that may be inside: what the API of a forge answers.
    #[error("no SBOM itself: one lies in its member `sbom`")]
    Inside,
    /// More components than are looked up.
    #[error("more than {limit} components")]
    TooMany {
        /// How many there may be.
        limit: usize,
    },
    /// Components in components.
    #[error("components are nested more than {limit} deep")]
    Depth {
        /// How deep they may be.
        limit: usize,
    },
}

/// Components inside of components at the most. CycloneDX's writers use one level, for what an archive holds.
const MAX_DEPTH: usize = 32;

/// What generators on .NET write before the document.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'d> {
    // CycloneDX.
    #[serde(borrow)]
    bom_format: Option<Cow<'d, str>>,
    #[serde(borrow)]
    spec_version: Option<Cow<'d, str>>,
    #[serde(borrow)]
    metadata: Option<Metadata<'d>>,
    #[serde(borrow, default)]
    components: Vec<CycloneDx<'d>>,
    // SPDX 2.
    #[serde(borrow)]
    spdx_version: Option<Cow<'d, str>>,
    #[serde(borrow, default)]
    packages: Vec<Spdx2<'d>>,
    // SPDX 3.
    #[serde(rename = "@context")]
    context: Option<Context>,
    #[serde(borrow, default, rename = "@graph")]
    graph: Vec<Spdx3<'d>>,
    // None of them, and one of them inside.
    sbom: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Context {
    One(String),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct Metadata<'d> {
    #[serde(borrow)]
    component: Option<CycloneDx<'d>>,
}

#[derive(Deserialize)]
struct CycloneDx<'d> {
    #[serde(borrow)]
    purl: Option<Cow<'d, str>>,
    #[serde(borrow)]
    version: Option<Cow<'d, str>>,
    #[serde(borrow, default)]
    components: Vec<CycloneDx<'d>>,
    #[serde(borrow, default, rename = "properties", deserialize_with = "source::of_properties")]
    source: Option<Box<SourcePackage<'d>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spdx2<'d> {
    #[serde(borrow)]
    version_info: Option<Cow<'d, str>>,
    #[serde(borrow, default)]
    external_refs: Vec<Reference<'d>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference<'d> {
    #[serde(borrow)]
    reference_type: Cow<'d, str>,
    #[serde(borrow)]
    reference_locator: Cow<'d, str>,
}

#[derive(Deserialize)]
struct Spdx3<'d> {
    #[serde(borrow, rename = "type")]
    type_: Option<Cow<'d, str>>,
    #[serde(borrow, rename = "software_packageUrl")]
    purl: Option<Cow<'d, str>>,
    #[serde(borrow, rename = "software_packageVersion")]
    version: Option<Cow<'d, str>>,
    #[serde(borrow, default, rename = "externalIdentifier")]
    identifiers: Vec<Identifier<'d>>,
}

#[derive(Deserialize)]
struct Identifier<'d> {
    #[serde(borrow, rename = "externalIdentifierType")]
    type_: Option<Cow<'d, str>>,
    #[serde(borrow)]
    identifier: Option<Cow<'d, str>>,
}

/// The components of an SBOM, the one that it describes among them.
///
/// # Errors
/// Bytes that are no SBOM of a format that we read.
pub fn of_sbom(bytes: &[u8]) -> Result<Vec<Component>, ComponentsError> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    count::within_limit(bytes)?;
    of_document(serde_json::from_slice(bytes)?)
}

/// Likewise, of a document that was parsed.
///
/// # Errors
/// As [`of_sbom`].
pub fn of_json(json: &Json) -> Result<Vec<Component>, ComponentsError> {
    of_document(json.to_typed().map_err(ComponentsError::Shape)?)
}

fn of_document(document: Document<'_>) -> Result<Vec<Component>, ComponentsError> {
    let mut found = Vec::new();
    let is_one =
        |version: &Option<Cow<'_, str>>, start| version.as_deref().is_some_and(|v| v.starts_with(start));
    if document.bom_format.as_deref() == Some("CycloneDX") && is_one(&document.spec_version, "1.") {
        let root = document.metadata.and_then(|metadata| metadata.component);
        root.iter().chain(&document.components).try_for_each(|component| nested(component, 0, &mut found))?;
    } else if is_one(&document.spdx_version, "SPDX-2.") {
        for package in document.packages {
            let is_purl = |reference: &&Reference<'_>| is_purl_reference(&reference.reference_type);
            let purls = package.external_refs.iter().filter(is_purl);
            let purls: Vec<_> = purls.map(|reference| Some(&*reference.reference_locator)).collect();
            let version = package.version_info.as_deref().filter(|version| *version != "NOASSERTION");
            let purls = if purls.is_empty() { vec![None] } else { purls };
            purls.into_iter().for_each(|purl| add(purl, version, &mut found));
        }
    } else if matches!(&document.context, Some(Context::One(context)) if context.starts_with("https://spdx.org/rdf/3."))
    {
        for element in document.graph.iter().filter(|e| e.type_.as_deref().is_some_and(is_spdx_3_package)) {
            let is_purl = |identifier: &&Identifier<'_>| {
                matches!(identifier.type_.as_deref(), Some("packageUrl" | "purl"))
            };
            let named = element.identifiers.iter().filter(is_purl);
            let named = named.filter_map(|identifier| identifier.identifier.as_deref());
            let purls: BTreeSet<&str> = element.purl.as_deref().into_iter().chain(named).collect();
            let version = element.version.as_deref();
            if purls.is_empty() {
                add(None, version, &mut found);
            }
            purls.into_iter().for_each(|purl| add(Some(purl), version, &mut found));
        }
    } else {
        let is_inside = document.sbom.is_some();
        return Err(if is_inside { ComponentsError::Inside } else { ComponentsError::Format });
    }
    Ok(found)
}

/// The components of an inventory of our own.
pub fn of_inventory(inventory: &Inventory) -> Vec<Component> {
    inventory.packages.values().flat_map(of_package).collect()
}

/// One package of an inventory of our own.
pub fn of_package(package: &Package) -> Vec<Component> {
    let mut found = Vec::with_capacity(1);
    add(Some(&package.purl), package.version.as_deref(), &mut found);
    found
}

fn nested(from: &CycloneDx<'_>, depth: usize, to: &mut Vec<Component>) -> Result<(), ComponentsError> {
    if depth > MAX_DEPTH {
        return Err(ComponentsError::Depth { limit: MAX_DEPTH });
    }
    let before = to.len();
    add(from.purl.as_deref(), from.version.as_deref(), to);
    if let (Some(source), Some(own)) = (&from.source, to.get_mut(before..)) {
        own.iter_mut().for_each(|component| source.add_to(component));
    }
    from.components.iter().try_for_each(|inner| nested(inner, depth + 1, to))
}

/// Adds a component by its package URL and the version beside it. Where the two contradict each other both count: whoever reads
/// the one or the other must not miss what the other says.
fn add(purl: Option<&str>, version: Option<&str>, to: &mut Vec<Component>) {
    let Some(text) = purl else { return to.push(Component::unnamed()) };
    let text = spelled(text);
    let parsed = Purl::parse(&text).ok();
    let as_written = Component::parsed(text.into_owned(), parsed.as_ref());
    let version = version.map(str::trim).filter(|version| !version.is_empty());
    let (Some(parsed), Some(version)) = (parsed, version) else { return to.push(as_written) };
    let same = |stated: &str| {
        // An epoch stands in a qualifier, where the version beside it has it in front.
        let epoch = version.strip_suffix(stated);
        bare(stated) == bare(version) || epoch.is_some_and(|epoch| epoch.ends_with(':'))
    };
    if parsed.version().is_some_and(same) {
        return to.push(as_written);
    }
    let has_none = parsed.version().is_none();
    let other = parsed.with_version(version).ok();
    let other = other.map(|other| Component::parsed(other.to_string(), Some(&other)));
    // Of one that says none alone the version is that which stands beside it.
    to.extend(Some(as_written).filter(|_| !has_none || other.is_none()));
    to.extend(other);
}

/// A package URL as readers spell it, of one that is slightly off: white space around it, `PKG:`, an encoded slash in a name, an empty
/// subpath, a type by its older name.
fn spelled(written: &str) -> Cow<'_, str> {
    let text = written.trim();
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let named = text.split_once(':').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("pkg"));
    let Some((ty, rest)) = named.and_then(|(_, rest)| rest.trim_start_matches('/').split_once('/')) else {
        return Cow::Borrowed(text);
    };
    let ty = match ty.to_ascii_lowercase().as_str() {
        "pip" => "pypi".to_owned(),
        "rubygems" => "gem".to_owned(),
        "go" => "golang".to_owned(),
        other => other.to_owned(),
    };
    let (path, behind) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let (name, version) = path.split_at(path.rfind('@').filter(|at| *at > 0).unwrap_or(path.len()));
    let name = name.trim_end_matches('/');
    let name = match ty.as_str() {
        "npm" | "composer" => name.replace("%2F", "/").replace("%2f", "/"),
        _ => name.to_owned(),
    };
    let spelled = format!("pkg:{ty}/{name}{version}{}", behind.strip_suffix('#').unwrap_or(behind));
    if spelled == text { Cow::Borrowed(text) } else { Cow::Owned(spelled) }
}

/// Whether nothing of a package URL is off, which is how nearly all are written.
fn is_plain(text: &str) -> bool {
    let named = text.strip_prefix("pkg:").and_then(|rest| rest.split_once('/'));
    named.is_some_and(|(ty, rest)| {
        let bytes = rest.as_bytes();
        let is_odd = |pair: &[u8]| matches!(pair, b"/@" | b"/?" | b"/#" | b"%2");
        matches!(ty, "npm" | "pypi" | "cargo" | "golang" | "maven" | "nuget" | "deb" | "apk" | "rpm")
            && !bytes.starts_with(b"/")
            && !bytes.ends_with(b"/")
            && !bytes.ends_with(b"#")
            && !bytes.windows(2).any(is_odd)
    })
}

fn bare(version: &str) -> &str {
    version.strip_prefix('v').unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purls(document: &str) -> Vec<Option<String>> {
        of_sbom(document.as_bytes()).unwrap().into_iter().map(|component| component.purl).collect()
    }

    fn some(purls: &[&str]) -> Vec<Option<String>> {
        purls.iter().map(|purl| Some((*purl).to_owned())).collect()
    }

    #[test]
    fn every_format_gives_its_packages_and_the_root() {
        let cyclonedx = r#"{"bomFormat":"CycloneDX","specVersion":"1.4","metadata":{"component":{"purl":"pkg:npm/root@1"}},
            "components":[{"name":"a","purl":"pkg:npm/a","version":"2","components":[{"purl":"pkg:npm/b@3"}]},{"name":"c"}],
            "services":[{"x":1}],"vulnerabilities":[]}"#;
        let mut expected = some(&["pkg:npm/root@1", "pkg:npm/a@2", "pkg:npm/b@3"]);
        expected.push(None);
        assert_eq!(purls(cyclonedx), expected);
        assert_eq!(purls(&format!("\u{feff}{cyclonedx}")), expected);
        let spdx_2 = r#"{"spdxVersion":"SPDX-2.3","packages":[{"name":"a","versionInfo":"2","externalRefs":[
            {"referenceCategory":"SECURITY","referenceType":"cpe23Type","referenceLocator":"cpe"},
            {"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:npm/a@2"}]}]}"#;
        assert_eq!(purls(spdx_2), some(&["pkg:npm/a@2"]));
        let by_address = spdx_2.replace(r#""purl""#, r#""http://spdx.org/rdf/references/purl""#);
        assert_eq!(purls(&by_address), some(&["pkg:npm/a@2"]));
        let spdx_3 = r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{"type":"Other"},
            {"type":"software_Package","software_packageUrl":"pkg:npm/a@2"},
            {"type":"ai_AIPackage","software_packageUrl":"pkg:pypi/model","software_packageVersion":"1"},
            {"type":"dataset_DatasetPackage","name":"data"},
            {"type":"software_Package","software_packageUrl":"pkg:npm/b@3","externalIdentifier":[
             {"externalIdentifierType":"packageUrl","identifier":"pkg:npm/b@3"},{"externalIdentifierType":"cpe23","identifier":"cpe"},
             {"externalIdentifierType":"packageUrl","identifier":"pkg:npm/c@4"}]}]}"#;
        let mut expected = some(&["pkg:npm/a@2", "pkg:pypi/model@1"]);
        expected.extend([None, Some("pkg:npm/b@3".to_owned()), Some("pkg:npm/c@4".to_owned())]);
        assert_eq!(purls(spdx_3), expected);
    }

    #[test]
    fn b63_a_version_beside_the_package_url_is_not_overlooked() {
        let with = |purl: &str, version: &str| {
            purls(&format!(
                r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{{"purl":"{purl}","version":"{version}"}}]}}"#
            ))
        };
        assert_eq!(with("pkg:npm/a@1.0.0", "0.9.0"), some(&["pkg:npm/a@1.0.0", "pkg:npm/a@0.9.0"]));
        assert_eq!(with("pkg:golang/x.example/a@v1.0.0", "1.0.0"), some(&["pkg:golang/x.example/a@v1.0.0"]));
        assert_eq!(with("pkg:rpm/redhat/a@1?epoch=2", "2:1"), some(&["pkg:rpm/redhat/a@1?epoch=2"]));
        assert_eq!(with("no purl", "1"), some(&["no purl"]));
        assert_eq!(with("pkg:npm/a", " 1.0.0 "), some(&["pkg:npm/a@1.0.0"]));
    }

    /// Trivy names a distribution's source package in properties, and advisories are about those.
    #[test]
    fn b63_the_source_package_is_asked_for_however_it_is_named() {
        let asked = |purl: &str, properties: &[(&str, &str)]| {
            let properties: Vec<String> = properties
                .iter()
                .map(|(name, value)| format!(r#"{{"name":"aquasecurity:trivy:{name}","value":"{value}"}}"#))
                .collect();
            let document = format!(
                r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{{"purl":"{purl}","properties":[{{"name":"a","value":null}},{}]}}]}}"#,
                properties.join(",")
            );
            let found = of_sbom(document.as_bytes()).unwrap();
            let [component] = found.as_slice() else { panic!("{found:?}") };
            assert_eq!(component.purl(), Some(purl));
            let shown = |query: &Query| format!("{} {}", query.name, query.version.as_deref().unwrap_or("-"));
            component.queries().iter().map(shown).collect::<Vec<_>>()
        };
        let zlib = "pkg:deb/debian/zlib1g@1.2.13.dfsg-1?arch=amd64&distro=debian-12.4";
        let name = ("SrcName", "zlib");
        assert_eq!(asked(zlib, &[name]), ["zlib1g 1.2.13.dfsg-1", "zlib 1.2.13.dfsg-1"]);
        let whole = [name, ("SrcVersion", "1.2"), ("SrcRelease", "2"), ("SrcEpoch", "1")];
        assert_eq!(asked(zlib, &whole), ["zlib1g 1.2.13.dfsg-1", "zlib 1:1.2-2"]);
        assert_eq!(asked("pkg:npm/a@1.0.0", &[name]), ["a 1.0.0"]);
        let said = format!("{zlib}&upstream=other");
        assert_eq!(asked(&said, &whole), ["zlib1g 1.2.13.dfsg-1", "other 1.2.13.dfsg-1"]);
    }

    #[test]
    fn b63_package_urls_that_are_slightly_off_are_looked_up() {
        for (written, spelled) in [
            ("pkg:npm/%40s%2Fx@1.0.0", "pkg:npm/%40s/x@1.0.0"),
            ("pkg:composer/v%2fp@1.0", "pkg:composer/v/p@1.0"),
            ("PKG:npm/x@1.0.0", "pkg:npm/x@1.0.0"),
            (" pkg:npm/x@1.0.0 ", "pkg:npm/x@1.0.0"),
            ("pkg:npm/x@1.0.0#", "pkg:npm/x@1.0.0"),
            ("pkg:npm/x/@1.0.0", "pkg:npm/x@1.0.0"),
            ("pkg:pip/x@1.0", "pkg:pypi/x@1.0"),
            ("pkg:rubygems/x@1.0", "pkg:gem/x@1.0"),
            ("pkg:go/x.example/a@v1.0.0", "pkg:golang/x.example/a@v1.0.0"),
            ("pkg:npm/%40s/x@1.0.0?a=b/#c", "pkg:npm/%40s/x@1.0.0?a=b/#c"),
            ("pkg:generic/a", "pkg:generic/a"),
            ("none", "none"),
        ] {
            let document = format!(
                r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{{"purl":"{written}"}}]}}"#
            );
            assert_eq!(purls(&document), some(&[spelled]));
        }
    }

    #[test]
    fn what_is_no_sbom_is_refused() {
        for bad in
            ["", "[]", "{}", "{\"bomFormat\":\"CycloneDX\"}", "<bom/>", r#"{"spdxVersion":"SPDX-3.0"}"#]
        {
            assert!(of_sbom(bad.as_bytes()).is_err(), "{bad}");
        }
        let twice = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[],"components":[{"purl":"pkg:npm/a@1"}]}"#;
        assert!(of_sbom(twice.as_bytes()).is_err());
        let answer = r#"{"sbom":{"spdxVersion":"SPDX-2.3","packages":[]}}"#;
        assert!(matches!(of_sbom(answer.as_bytes()), Err(ComponentsError::Inside)));
        let deep = format!("{}{}", r#"{"components":["#.repeat(40), "]}".repeat(40));
        let deep = format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{deep}]}}"#);
        assert!(matches!(of_sbom(deep.as_bytes()), Err(ComponentsError::Depth { .. })));
    }
}
