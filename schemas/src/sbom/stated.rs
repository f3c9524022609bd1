//! What SBOMs state of licences.

use std::collections::BTreeMap;

use crate::canonical::Json;

use super::named::{Named, statement};
use super::read;

/// What is stated of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated<'j> {
    /// Its package URL, or its name where it has none.
    pub component: &'j str,
    /// SPDX expressions, names, whatever stands there; each of them holds. Empty where nothing does.
    pub licenses: Vec<&'j str>,
}

/// Stands for an entry that says nothing in any way that we know.
const UNREADABLE: &str = "(not understood)";

/// The licences that a document, which [`super::read()`] took for an SBOM, states of each component, its root among them.
pub fn licenses(json: &Json) -> Vec<Stated<'_>> {
    let mut stated = Vec::new();
    if json.get("bomFormat").is_some() {
        let root = json.get("metadata").and_then(|metadata| metadata.get("component"));
        root.into_iter().chain(list(json, "components")).for_each(|each| cyclonedx(each, &mut stated));
    } else if json.get("@graph").is_some() {
        stated = spdx_3(list(json, "@graph"));
    } else {
        let named = Named::of_spdx_2(json);
        for package in list(json, "packages") {
            let purl = list(package, "externalRefs")
                .iter()
                .find(|reference| text(reference, "referenceType").is_some_and(read::is_purl_reference))
                .and_then(|reference| text(reference, "referenceLocator"));
            let both = ["licenseConcluded", "licenseDeclared"];
            stated.push(Stated {
                component: purl.or_else(|| text(package, "name")).unwrap_or_default(),
                licenses: both
                    .iter()
                    .filter_map(|member| text(package, member))
                    .flat_map(|text| open(text, &named))
                    .collect(),
            });
        }
    }
    stated
}

fn cyclonedx<'j>(component: &'j Json, stated: &mut Vec<Stated<'j>>) {
    // One of them should stand there. Where several do each may be meant.
    let each = |entry: &'j Json| {
        let of = |member| entry.get("license").and_then(|license| text(license, member));
        let mut all: Vec<&str> =
            [text(entry, "expression"), of("id"), of("name")].into_iter().flatten().collect();
        if all.is_empty() {
            all.push(UNREADABLE);
        }
        all
    };
    stated.push(Stated {
        component: text(component, "purl").or_else(|| text(component, "name")).unwrap_or_default(),
        licenses: list(component, "licenses").iter().flat_map(each).collect(),
    });
    list(component, "components").iter().for_each(|inner| cyclonedx(inner, stated));
}

/// Licences are elements of their own, which relationships give to packages.
fn spdx_3(graph: &[Json]) -> Vec<Stated<'_>> {
    let named = Named::of_spdx_3(graph);
    let mut expressions = BTreeMap::new();
    let mut given: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for element in graph {
        if let Some((id, expression)) =
            text(element, "spdxId").zip(text(element, "simplelicensing_licenseExpression"))
        {
            expressions.insert(id, expression);
        }
        let is_license =
            matches!(text(element, "relationshipType"), Some("hasDeclaredLicense" | "hasConcludedLicense"));
        if let Some(from) = text(element, "from").filter(|_| is_license) {
            given.entry(from).or_default().extend(list(element, "to").iter().filter_map(Json::as_str));
        }
    }
    let packages = graph.iter().filter(|element| text(element, "type").is_some_and(read::is_spdx_3_package));
    packages
        .map(|package| {
            let licenses = text(package, "spdxId").and_then(|id| given.get(id));
            Stated {
                component: text(package, "software_packageUrl")
                    .or_else(|| text(package, "name"))
                    .unwrap_or_default(),
                licenses: licenses
                    .into_iter()
                    .flatten()
                    .flat_map(|id| match expressions.get(id) {
                        Some(expression) => open(expression, &named),
                        None => vec![listed(id)],
                    })
                    .collect(),
            }
        })
        .collect()
}

/// The statements of an expression; our own word for what no file states is none.
fn open<'j>(expression: &'j str, named: &Named<'j>) -> Vec<&'j str> {
    statement(expression).map_or_else(|| vec!["NOASSERTION"], |stated| named.statements(stated))
}

/// What the address of a licence means, where it is no element of the document.
fn listed(id: &str) -> &str {
    match id.rsplit_once('/') {
        Some((_, "NoAssertion" | "NoAssertionLicense")) => "NOASSERTION",
        Some((_, "None" | "NoneLicense")) => "NONE",
        Some(("https://spdx.org/licenses" | "http://spdx.org/licenses", name)) => name,
        _ => UNREADABLE,
    }
}

fn text<'j>(json: &'j Json, member: &str) -> Option<&'j str> {
    json.get(member).and_then(Json::as_str)
}

fn list<'j>(json: &'j Json, member: &str) -> &'j [Json] {
    read::list(json, member).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Limits;

    fn of(text: &str) -> Vec<(String, Vec<String>)> {
        let json = Json::parse(text.as_bytes(), Limits::bytes(1 << 20)).unwrap();
        let owned = |stated: Stated<'_>| {
            (stated.component.to_owned(), stated.licenses.into_iter().map(str::to_owned).collect())
        };
        licenses(&json).into_iter().map(owned).collect()
    }

    fn one(component: &str, licenses: &[&str]) -> (String, Vec<String>) {
        (component.to_owned(), licenses.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn cyclonedx_states_ids_names_and_expressions() {
        let document = r#"{"bomFormat":"CycloneDX","metadata":{"component":{"name":"root","licenses":[{"license":{"id":"MIT"}}]}},
            "components":[{"purl":"pkg:npm/a@1","licenses":[{"expression":"MIT OR ISC"}],
                "components":[{"name":"b","licenses":[{"license":{"name":"Own"}},{"license":{"id":"ISC","name":"GPL-3.0-only"}},{}]}]},{"name":"c"}]}"#;
        assert_eq!(
            of(document),
            [
                one("root", &["MIT"]),
                one("pkg:npm/a@1", &["MIT OR ISC"]),
                one("b", &["Own", "ISC", "GPL-3.0-only", UNREADABLE]),
                one("c", &[])
            ]
        );
    }

    #[test]
    fn spdx_states_what_is_declared_and_what_was_concluded() {
        let two = r#"{"spdxVersion":"SPDX-2.3","packages":[{"name":"a","licenseConcluded":"NOASSERTION","licenseDeclared":"MIT",
            "externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:npm/a@1"}]},{"name":"b"}]}"#;
        assert_eq!(of(two), [one("pkg:npm/a@1", &["NOASSERTION", "MIT"]), one("b", &[])]);
        let three = r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
            {"type":"software_Package","spdxId":"p","name":"a","software_packageUrl":"pkg:npm/a@1"},
            {"type":"software_Package","spdxId":"q","name":"b"},
            {"type":"simplelicensing_LicenseExpression","spdxId":"l","simplelicensing_licenseExpression":"MIT"},
            {"type":"Relationship","relationshipType":"hasDeclaredLicense","from":"p","to":["l","https://spdx.org/licenses/ISC"]},
            {"type":"Relationship","relationshipType":"hasConcludedLicense","from":"p","to":["https://spdx.org/rdf/3.0.1/terms/Licensing/NoAssertion"]},
            {"type":"Relationship","relationshipType":"dependsOn","from":"q","to":["p"]}]}"#;
        assert_eq!(of(three), [one("pkg:npm/a@1", &["MIT", "ISC", "NOASSERTION"]), one("b", &[])]);
    }
}
