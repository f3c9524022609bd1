//! `vulnerabilities` of CycloneDX 1.4 and later, in an SBOM or in a document apart.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Product, Status, VexError, Word, Words, list, missing, optional_text, purl, text, time};
use crate::canonical::Json;
use crate::purl::Purl;

const JUSTIFICATIONS: [&str; 9] = [
    "code_not_present",
    "code_not_reachable",
    "requires_configuration",
    "requires_dependency",
    "requires_environment",
    "protected_by_compiler",
    "protected_at_runtime",
    "protected_at_perimeter",
    "protected_by_mitigating_control",
];

/// 1. A vulnerability without `analysis.state` says nothing;
/// 2. its time is that of the analysis, else its own, else the document's;
/// 3. a document whose root is another product says nothing of this one;
/// 4. it is about what `affects` refers to: an element of the document, of an SBOM of the product (BOM-Link), or a package
///    URL; and of that only the versions that are listed, where any are. One that is listed as `affected` or `unknown` is so,
///    whatever the analysis says of the others.
pub(super) fn read(json: &Json, product: &Product<'_>) -> Result<Vec<Word>, VexError> {
    if text(json, "bomFormat")? != "CycloneDX" {
        return Err(missing("bomFormat"));
    }
    let vulnerabilities = list(json, "vulnerabilities")?;
    if vulnerabilities.is_empty() {
        return Ok(Vec::new());
    }
    if root(json).and_then(versioned).is_some_and(|purl| !product.is(&purl)) {
        return Ok(Vec::new());
    }
    let (elements, linked) = (elements(json), Linked::of(product));
    let issued = json.get("metadata").map(|metadata| time(metadata, "timestamp")).transpose()?.flatten();
    let mut words = Words::default();
    for vulnerability in vulnerabilities {
        let Some(analysis) = vulnerability.get("analysis") else { continue };
        let Some((status, reason)) = status(analysis, vulnerability)? else { continue };
        let mut at = None;
        for (of, member) in [
            (analysis, "lastUpdated"),
            (analysis, "firstIssued"),
            (vulnerability, "updated"),
            (vulnerability, "published"),
        ] {
            at = at.or(time(of, member)?);
        }
        let ids = Arc::new(ids(vulnerability)?);
        let mut said = BTreeSet::new();
        for affected in list(vulnerability, "affects")? {
            let target = target(text(affected, "ref")?, &elements, &linked, product);
            for (component, status) in versions(affected, target, status, product)? {
                let place = component.as_ref().map(Purl::to_string);
                if !said.insert((place, status)) {
                    continue;
                }
                let (ids, reason, at) = (Arc::clone(&ids), reason.clone(), at.or(issued));
                words.push(Word { ids, component, status, reason, at })?;
            }
        }
    }
    Ok(words.all)
}

fn ids(vulnerability: &Json) -> Result<BTreeSet<String>, VexError> {
    let mut ids = BTreeSet::from([text(vulnerability, "id")?.to_owned()]);
    // Names of the same vulnerability elsewhere.
    for reference in list(vulnerability, "references")? {
        ids.insert(text(reference, "id")?.to_owned());
    }
    Ok(ids)
}

/// What an analysis says, and why.
type Stated = (Status, Option<Arc<str>>);

fn status(analysis: &Json, vulnerability: &Json) -> Result<Option<Stated>, VexError> {
    let status = match optional_text(analysis, "state")? {
        None => return Ok(None),
        Some("resolved" | "resolved_with_pedigree") => Status::Fixed,
        Some("exploitable") => Status::Affected,
        Some("in_triage") => Status::UnderInvestigation,
        Some("false_positive" | "not_affected") => Status::NotAffected,
        Some(_) => return Err(missing("analysis.state")),
    };
    let justification = optional_text(analysis, "justification")?;
    if justification.is_some_and(|label| !JUSTIFICATIONS.contains(&label)) {
        return Err(missing("analysis.justification"));
    }
    let reason = justification.or(optional_text(analysis, "detail")?);
    if status == Status::NotAffected && reason.is_none() {
        return Err(VexError::Unjustified(text(vulnerability, "id")?.to_owned()));
    }
    Ok(Some((status, reason.map(Arc::from))))
}

/// Where in the product something is: `Some(None)` is all of it, `None` is not in it.
type Target = Option<Option<Purl>>;

/// What the references of a document about the product mean.
fn elements(json: &Json) -> BTreeMap<&str, Target> {
    let mut elements = BTreeMap::new();
    let mut open: Vec<&Json> = components(json).iter().collect();
    while let Some(component) = open.pop() {
        open.extend(components(component));
        if let Some(reference) = reference(component) {
            elements.insert(reference, versioned(component).map(Some));
        }
    }
    elements.extend(root(json).and_then(reference).map(|reference| (reference, Some(None))));
    elements
}

/// What the references of the product's SBOMs mean, each read when it is first asked.
struct Linked<'p> {
    sboms: Vec<(&'p Json, OnceCell<BTreeMap<&'p str, Target>>)>,
}

impl<'p> Linked<'p> {
    fn of(product: &Product<'p>) -> Self {
        Self { sboms: product.sboms.iter().map(|sbom| (*sbom, OnceCell::new())).collect() }
    }

    fn target(&self, serial: &str, version: &str, element: &str) -> Target {
        let number = format!("urn:uuid:{serial}");
        let (sbom, elements) = self.sboms.iter().find(|(sbom, _)| {
            let versions = sbom.get("version").and_then(Json::as_u64).unwrap_or(1);
            sbom.get("serialNumber").and_then(Json::as_str) == Some(&number)
                && versions.to_string() == version
        })?;
        elements.get_or_init(|| self::elements(sbom)).get(element)?.clone()
    }
}

fn root(json: &Json) -> Option<&Json> {
    json.get("metadata")?.get("component")
}

fn components(json: &Json) -> &[Json] {
    json.get("components").and_then(Json::as_array).unwrap_or_default()
}

fn reference(component: &Json) -> Option<&str> {
    component.get("bom-ref").and_then(Json::as_str)
}

/// A component's package URL, with the version that stands beside it.
fn versioned(component: &Json) -> Option<Purl> {
    let named = purl(component.get("purl").and_then(Json::as_str)?)?;
    match (named.version(), component.get("version").and_then(Json::as_str)) {
        (None, Some(version)) => named.with_version(version).ok(),
        _ => Some(named),
    }
}

fn target(
    reference: &str,
    elements: &BTreeMap<&str, Target>,
    linked: &Linked<'_>,
    product: &Product<'_>,
) -> Target {
    if let Some(target) = elements.get(reference) {
        return target.clone();
    }
    if let Some(link) = reference.strip_prefix("urn:cdx:") {
        let (document, element) = link.split_once('#')?;
        let (serial, version) = document.split_once('/')?;
        let element = percent_encoding::percent_decode_str(element).decode_utf8().ok()?;
        return linked.target(serial, version, &element);
    }
    product.place(purl(reference)?)
}

/// The target in the versions that `affects` lists, with what is said of each. Ranges name no version: nothing is taken back in
/// one, and what matters in one matters in all.
fn versions(
    affected: &Json,
    target: Target,
    status: Status,
    product: &Product<'_>,
) -> Result<Vec<(Option<Purl>, Status)>, VexError> {
    let (Some(target), listed) = (target, list(affected, "versions")?) else { return Ok(Vec::new()) };
    if listed.is_empty() {
        return Ok(vec![(target, status)]);
    }
    let mut said = Vec::new();
    for each in listed {
        let stated = match optional_text(each, "status")? {
            None | Some("unaffected") => status,
            Some("affected") => status.min(Status::Affected),
            Some("unknown") => status.min(Status::UnderInvestigation),
            Some(_) => return Err(missing("versions.status")),
        };
        let place = match optional_text(each, "version")? {
            Some(version) => place(&target, version, product),
            None => Some(target.clone()).filter(|_| !status.suppresses()),
        };
        said.extend(place.map(|place| (place, stated)));
    }
    Ok(said)
}

/// The target in one version, if that is the one which is there.
fn place(target: &Option<Purl>, version: &str, product: &Product<'_>) -> Option<Option<Purl>> {
    let Some(purl) = target else {
        let mut own = product.packages.iter().filter_map(Purl::version);
        return own.any(|own| own == version).then_some(None);
    };
    match purl.version() {
        Some(own) => (own == version).then(|| Some(purl.clone())),
        None => purl.clone().with_version(version).ok().map(Some),
    }
}
