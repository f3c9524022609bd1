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
///    whatever the analysis says of the others;
/// 5. where it cannot be told what that is, nothing is taken back, and what matters in it matters in all of the product.
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
    let references = References::of(json, product);
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
        let nothing = Json::Null;
        let affects = match list(vulnerability, "affects")? {
            [] => vec![(&nothing, Target::Open(None))],
            affects => affects
                .iter()
                .map(|affected| Ok((affected, references.target(text(affected, "ref")?))))
                .collect::<Result<_, VexError>>()?,
        };
        for (affected, target) in affects {
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

/// What a reference means.
#[derive(Debug, Clone)]
enum Target {
    /// The product.
    All,
    /// A component of it.
    Component(Purl),
    /// Something of which it is open what it is, or in which version.
    Open(Option<Purl>),
    /// What is not in the product.
    Elsewhere,
}

type Elements<'j> = BTreeMap<&'j str, Target>;

/// What the references of a document about the product mean.
fn elements(json: &Json) -> Elements<'_> {
    let mut elements = BTreeMap::new();
    let mut open: Vec<&Json> = components(json).iter().collect();
    while let Some(component) = open.pop() {
        open.extend(components(component));
        if let Some(reference) = reference(component) {
            let target = versioned(component).map_or(Target::Open(None), Target::Component);
            elements.insert(reference, target);
        }
    }
    elements.extend(root(json).and_then(reference).map(|reference| (reference, Target::All)));
    elements
}

/// What the references of a document mean: elements of its own, and of the product's SBOMs, each read when it is first asked.
struct References<'p> {
    own: Elements<'p>,
    serial: Option<&'p str>,
    sboms: Vec<(&'p Json, OnceCell<Elements<'p>>)>,
    product: &'p Product<'p>,
}

impl<'p> References<'p> {
    fn of(json: &'p Json, product: &'p Product<'_>) -> Self {
        let sboms = product.sboms.iter().map(|sbom| (*sbom, OnceCell::new())).collect();
        Self { own: elements(json), serial: serial(json), sboms, product }
    }

    fn target(&self, reference: &str) -> Target {
        if let Some(target) = self.own.get(reference) {
            return target.clone();
        }
        if let Some(link) = reference.strip_prefix("urn:cdx:") {
            return self.linked(link);
        }
        match purl(reference) {
            Some(purl) if self.product.is(&purl) => Target::All,
            Some(purl) if purl.version().is_some() => Target::Component(purl),
            other => Target::Open(other),
        }
    }

    /// What `SERIAL/VERSION#ELEMENT` means. A document with another serial number than all that are known is about something else.
    fn linked(&self, link: &str) -> Target {
        let (document, element) = link.split_once('#').unwrap_or((link, ""));
        let (named, version) = document.split_once('/').unwrap_or((document, ""));
        let named = format!("urn:uuid:{named}");
        let found = self.sboms.iter().find(|(sbom, _)| {
            let of = sbom.get("version").and_then(Json::as_u64).unwrap_or(1);
            serial(sbom) == Some(&named) && of.to_string() == version
        });
        let element = percent_encoding::percent_decode_str(element).decode_utf8_lossy();
        let target = found.and_then(|(sbom, elements)| {
            elements.get_or_init(|| self::elements(sbom)).get(element.as_ref()).cloned()
        });
        let is_known = || {
            let serials = self.sboms.iter().map(|(sbom, _)| serial(sbom));
            serials.chain([self.serial]).any(|known| known == Some(&named))
        };
        // An SBOM without serial number may be the one that is meant.
        let is_told = || !self.sboms.is_empty() && self.sboms.iter().all(|(sbom, _)| serial(sbom).is_some());
        match target {
            Some(target) => target,
            None if is_told() && !is_known() => Target::Elsewhere,
            None => Target::Open(None),
        }
    }
}

fn serial(json: &Json) -> Option<&str> {
    json.get("serialNumber").and_then(Json::as_str)
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

/// The target in the versions that `affects` lists, with what is said of each. Ranges name no version: nothing is taken back in
/// one, and what matters in one matters in all. So it is with what is open.
fn versions(
    affected: &Json,
    target: Target,
    status: Status,
    product: &Product<'_>,
) -> Result<Vec<(Option<Purl>, Status)>, VexError> {
    let (target, is_open) = match target {
        Target::Elsewhere => return Ok(Vec::new()),
        Target::All => (None, false),
        Target::Component(purl) => (Some(purl), false),
        Target::Open(purl) => (purl, true),
    };
    let whole = |stated: Status| (!is_open || !stated.suppresses()).then(|| (target.clone(), stated));
    let listed = list(affected, "versions")?;
    if listed.is_empty() {
        return Ok(whole(status).into_iter().collect());
    }
    let mut said = Vec::new();
    for each in listed {
        let stated = match optional_text(each, "status")? {
            None | Some("unaffected") => status,
            Some("affected") => status.min(Status::Affected),
            Some("unknown") => status.min(Status::UnderInvestigation),
            Some(_) => return Err(missing("versions.status")),
        };
        said.extend(match optional_text(each, "version")? {
            Some(_) if is_open && target.is_none() => whole(stated),
            Some(version) => place(&target, version, product).map(|place| (place, stated)),
            None => (!status.suppresses()).then(|| (target.clone(), stated)),
        });
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
