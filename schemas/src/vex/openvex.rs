//! OpenVEX 0.2.0, and what is left of 0.0.1: products and vulnerabilities that are plain strings.
//!
//! The rules for documents in in-toto statements are those of OpenVEX's `ATTESTING.md`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{
    OPENVEX, Product, Status, VexError, Word, Words, list, missing, optional_text, purl, text, time,
};
use crate::canonical::Json;
use crate::purl::Purl;

const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];

/// 1. A statement without products is about what the attestation is over;
/// 2. one that lists products is ignored unless the attestation's subject is among them;
/// 3. its time is its own, else the document's.
pub(super) fn read(json: &Json, product: &Product<'_>) -> Result<Vec<Word>, VexError> {
    if !text(json, "@context")?.starts_with(OPENVEX) {
        return Err(missing("@context"));
    }
    let issued = time(json, "timestamp")?;
    let statements = list(json, "statements")?;
    if statements.is_empty() {
        return Err(missing("statements"));
    }
    let mut words = Words::default();
    for statement in statements {
        let ids = Arc::new(ids(statement.get("vulnerability").ok_or_else(|| missing("vulnerability"))?)?);
        let mut places = BTreeSet::new();
        let (status, reason) = status(statement)?;
        let said = time(statement, "timestamp")?.or(issued).ok_or_else(|| missing("timestamp"))?;
        let at = Some(time(statement, "last_updated")?.map_or(said, |updated| updated.max(said)));
        for component in components(statement, status, product)? {
            if places.insert(component.as_ref().map(Purl::to_string)) {
                words.push(Word { ids: Arc::clone(&ids), component, status, reason: reason.clone(), at })?;
            }
        }
    }
    Ok(words.all)
}

fn ids(vulnerability: &Json) -> Result<BTreeSet<String>, VexError> {
    if let Some(name) = vulnerability.as_str().filter(|name| !name.is_empty()) {
        return Ok(BTreeSet::from([name.to_owned()]));
    }
    let mut ids = BTreeSet::from([text(vulnerability, "name")?.to_owned()]);
    for alias in list(vulnerability, "aliases")? {
        ids.insert(alias.as_str().ok_or_else(|| missing("aliases"))?.to_owned());
    }
    Ok(ids)
}

fn status(statement: &Json) -> Result<(Status, Option<Arc<str>>), VexError> {
    let status = match text(statement, "status")? {
        "not_affected" => Status::NotAffected,
        "affected" => Status::Affected,
        "fixed" => Status::Fixed,
        "under_investigation" => Status::UnderInvestigation,
        _ => return Err(missing("status")),
    };
    let justification = optional_text(statement, "justification")?;
    if justification.is_some_and(|label| !JUSTIFICATIONS.contains(&label)) {
        return Err(missing("justification"));
    }
    let reason = justification.or(optional_text(statement, "impact_statement")?);
    if status == Status::NotAffected && reason.is_none() {
        let id = statement.get("vulnerability").and_then(|named| named.get("name").unwrap_or(named).as_str());
        return Err(VexError::Unjustified(id.unwrap_or_default().to_owned()));
    }
    Ok((status, reason.map(Arc::from)))
}

/// The components of the product that a statement is about; `None` among them is all.
fn components(
    statement: &Json,
    status: Status,
    product: &Product<'_>,
) -> Result<Vec<Option<Purl>>, VexError> {
    let own = subcomponents(statement, status)?;
    let products = list(statement, "products")?;
    if products.is_empty() {
        return Ok(own.unwrap_or_else(|| vec![None]));
    }
    let (mut components, mut of_all) = (Vec::new(), false);
    for named in products {
        if is_product(named, product)? {
            match subcomponents(named, status)? {
                Some(inner) => components.extend(inner),
                None => of_all = true,
            }
        }
    }
    if of_all {
        components.extend(own.unwrap_or_else(|| vec![None]));
    }
    Ok(components)
}

/// The subcomponents of a product. Nobody can tell which one without a package URL is: nothing is taken back in it, and what
/// matters in it may matter anywhere.
fn subcomponents(of: &Json, status: Status) -> Result<Option<Vec<Option<Purl>>>, VexError> {
    let listed = list(of, "subcomponents")?;
    let mut found = Vec::new();
    for named in listed {
        let before = found.len();
        found.extend(identifiers(named)?.into_iter().filter_map(purl).map(Some));
        if found.len() == before && !status.suppresses() {
            found.push(None);
        }
    }
    Ok((!listed.is_empty()).then_some(found))
}

/// By a digest where one is given that we compute; else by a package URL, or by the name that the statement gives it.
fn is_product(named: &Json, product: &Product<'_>) -> Result<bool, VexError> {
    if let Some(hashes) = named.get("hashes") {
        let hashes = hashes.as_object().ok_or_else(|| missing("hashes"))?;
        let hashes = hashes.iter().filter_map(|(name, hex)| Some((name, hex.as_str()?)));
        if let Some(is_ours) = product.has_digests(hashes) {
            return Ok(is_ours);
        }
    }
    let is_ours = |id: &&str| *id == product.name || purl(id).is_some_and(|purl| product.is(&purl));
    Ok(identifiers(named)?.iter().any(is_ours))
}

/// What a product or subcomponent goes by.
fn identifiers(named: &Json) -> Result<Vec<&str>, VexError> {
    if let Some(text) = named.as_str() {
        return Ok(vec![text]);
    }
    let inner = named.get("identifiers").map(|identifiers| optional_text(identifiers, "purl")).transpose()?;
    Ok(optional_text(named, "@id")?.into_iter().chain(inner.flatten()).collect())
}
