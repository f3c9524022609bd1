//! CSAF 2.0 and 2.1, profile VEX.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::{Product, Status, VexError, Word, Words, list, missing, optional_text, purl, text, time};
use crate::canonical::Json;
use crate::purl::Purl;

const LABELS: [&str; 5] = [
    "component_not_present",
    "inline_mitigations_already_exist",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_not_present",
];

/// Lists of `product_status` that say something of the versions that they name.
const STATUSES: [(&str, Status); 8] = [
    ("known_not_affected", Status::NotAffected),
    ("fixed", Status::Fixed),
    ("first_fixed", Status::Fixed),
    ("known_affected", Status::Affected),
    ("first_affected", Status::Affected),
    ("last_affected", Status::Affected),
    ("under_investigation", Status::UnderInvestigation),
    ("unknown", Status::UnderInvestigation),
];

/// What `product_status` also lists, and says nothing of the versions that are there.
const RECOMMENDED: &str = "recommended";

/// 1. Category `csaf_vex`, and no draft;
/// 2. a product id is what the product tree says: the product, a component of it (by a relationship), or a package;
/// 3. what is `known_not_affected` has a flag or an impact statement;
/// 4. what takes something back takes it back in the version that a branch names, and nowhere where that is a range;
/// 5. what matters in a place that cannot be told matters in all of the product.
pub(super) fn read(json: &Json, product: &Product<'_>) -> Result<Vec<Word>, VexError> {
    let document = json.get("document").ok_or_else(|| missing("document"))?;
    if text(document, "category")? != "csaf_vex" {
        return Err(missing("document.category"));
    }
    if !matches!(text(document, "csaf_version")?, "2.0" | "2.1") {
        return Err(missing("document.csaf_version"));
    }
    let tracking = document.get("tracking").ok_or_else(|| missing("document.tracking"))?;
    if !matches!(text(tracking, "status")?, "final" | "interim") {
        return Err(missing("document.tracking.status"));
    }
    let at = time(tracking, "current_release_date")?;
    let at = Some(at.ok_or_else(|| missing("document.tracking.current_release_date"))?);
    let tree = Tree::read(json.get("product_tree").ok_or_else(|| missing("product_tree"))?, product)?;
    let mut words = Words::default();
    for vulnerability in list(json, "vulnerabilities")? {
        let ids = Arc::new(ids(vulnerability)?);
        let Some(statuses) = vulnerability.get("product_status") else { continue };
        let members = statuses.as_object().ok_or_else(|| missing("product_status"))?;
        let is_known =
            |member: &&str| *member == RECOMMENDED || STATUSES.iter().any(|(known, _)| member == known);
        if let Some(unknown) = members.keys().find(|member| !is_known(member)) {
            return Err(VexError::Member(unknown.to_owned()));
        }
        let reasons = Reasons::read(vulnerability, &tree)?;
        for (member, status) in STATUSES {
            let mut said = BTreeSet::new();
            for id in list(statuses, member)? {
                let id = id.as_str().ok_or_else(|| missing(member))?;
                let reason = reasons.of(id);
                if status == Status::NotAffected && reason.is_none() {
                    let first = ids.first().cloned().unwrap_or_default();
                    return Err(VexError::Unjustified(first));
                }
                let places = tree.products.get(id).ok_or_else(|| missing("product_id"))?;
                if !said.insert(id) || (status.suppresses() && tree.ranges.contains(id)) {
                    continue;
                }
                for component in places.of(status).iter() {
                    let (ids, component, reason) = (Arc::clone(&ids), component.clone(), reason.cloned());
                    words.push(Word { ids, component, status, reason, at })?;
                }
            }
        }
    }
    Ok(words.all)
}

fn ids(vulnerability: &Json) -> Result<BTreeSet<String>, VexError> {
    let mut ids = BTreeSet::from_iter(optional_text(vulnerability, "cve")?.map(str::to_owned));
    for id in list(vulnerability, "ids")? {
        ids.insert(text(id, "text")?.to_owned());
    }
    if ids.is_empty() { Err(missing("cve")) } else { Ok(ids) }
}

/// What product ids mean.
struct Tree<'j> {
    products: BTreeMap<&'j str, Places>,
    groups: BTreeMap<&'j str, Vec<&'j str>>,
    /// Those of which a range says the versions: which are meant is not read.
    ranges: BTreeSet<&'j str>,
    /// Products to which reasons were given so far.
    explained: Cell<usize>,
}

/// Places in the product, none for what is not in it.
#[derive(Clone, Default)]
struct Places {
    /// Where something can be taken back.
    certain: Rc<[Option<Purl>]>,
    /// Where it may be.
    possible: Rc<[Option<Purl>]>,
}

impl Places {
    fn of(&self, status: Status) -> &Rc<[Option<Purl>]> {
        if status.suppresses() { &self.certain } else { &self.possible }
    }
}

/// Products to which a document gives reasons, each time that it does, at the most.
const MAX_EXPLAINED: usize = 1_000_000;

impl<'j> Tree<'j> {
    fn read(json: &'j Json, product: &Product<'_>) -> Result<Self, VexError> {
        let mut named: BTreeMap<&str, Vec<Purl>> = BTreeMap::new();
        let mut ours = BTreeSet::new();
        // Of the others those that say which they are.
        let mut told = BTreeSet::new();
        let mut ranges = BTreeSet::new();
        let mut add = |full: &'j Json, versions: Versions<'j>| -> Result<&'j str, VexError> {
            let id = text(full, "product_id")?;
            let helper = full.get("product_identification_helper");
            let (purls, digests) = match helper {
                Some(helper) => (purls(helper)?, digests(helper)?),
                None => Default::default(),
            };
            let (purls, is_open) = versions.of(purls);
            let by_digest = product.has_digests(digests.into_iter());
            if by_digest.unwrap_or_else(|| purls.iter().any(|purl| product.is(purl))) {
                ours.insert(id);
            }
            if by_digest.is_some() || !purls.is_empty() {
                told.insert(id);
            }
            if is_open && by_digest != Some(true) {
                ranges.insert(id);
            }
            // One id for two things means both or neither.
            if named.insert(id, purls).is_some() {
                return Err(missing("product_id"));
            }
            Ok(id)
        };
        for full in list(json, "full_product_names")? {
            add(full, Versions::All)?;
        }
        let mut open: Vec<_> = list(json, "branches")?.iter().map(|branch| (branch, Versions::All)).collect();
        while let Some((branch, above)) = open.pop() {
            let versions = match optional_text(branch, "category")? {
                Some("product_version") => Versions::One(text(branch, "name")?),
                Some("product_version_range") => Versions::Range,
                _ => above,
            };
            open.extend(list(branch, "branches")?.iter().map(|below| (below, versions)));
            if let Some(full) = branch.get("product") {
                add(full, versions)?;
            }
        }
        let mut relationships = Vec::new();
        for relationship in list(json, "relationships")? {
            let full = relationship.get("full_product_name").ok_or_else(|| missing("full_product_name"))?;
            let id = add(full, Versions::All)?;
            let component = text(relationship, "product_reference")?;
            relationships.push((id, component, text(relationship, "relates_to_product_reference")?));
        }
        for (id, component, of) in &relationships {
            if ranges.contains(component) || ranges.contains(of) {
                ranges.insert(*id);
            }
        }
        let everywhere: Rc<[Option<Purl>]> = Rc::from([None]);
        let mut products: BTreeMap<&str, Places> = BTreeMap::new();
        for (id, purls) in &named {
            let certain = purls.iter().filter(|purl| purl.version().is_some()).cloned().map(Some);
            let places = if ours.contains(id) {
                Places { certain: Rc::clone(&everywhere), possible: Rc::clone(&everywhere) }
            } else if told.contains(id) {
                Places { certain: certain.collect(), possible: purls.iter().cloned().map(Some).collect() }
            } else {
                Places { certain: Rc::default(), possible: Rc::clone(&everywhere) }
            };
            products.insert(id, places);
        }
        let mut within: BTreeMap<&str, Rc<[Option<Purl>]>> = BTreeMap::new();
        for (id, component, of) in relationships {
            let purls = named.get(component).ok_or_else(|| missing("product_reference"))?;
            let own = within.entry(component).or_insert_with(|| purls.iter().cloned().map(Some).collect());
            let certain = if ours.contains(of) { Rc::clone(own) } else { Rc::default() };
            let possible = if ours.contains(component) {
                Rc::clone(&everywhere)
            } else if !ours.contains(of) && told.contains(of) {
                Rc::default()
            } else if purls.is_empty() {
                Rc::clone(&everywhere)
            } else {
                Rc::clone(own)
            };
            products.insert(id, Places { certain, possible });
        }
        let mut groups = BTreeMap::new();
        for group in list(json, "product_groups")? {
            groups.insert(text(group, "group_id")?, strings(group, "product_ids")?);
        }
        Ok(Self { products, groups, ranges, explained: Cell::new(0) })
    }
}

/// What the branches above a product say of its versions.
#[derive(Clone, Copy)]
enum Versions<'j> {
    All,
    One(&'j str),
    Range,
}

impl Versions<'_> {
    /// Package URLs with the version that is meant, and whether it is open which that is. One that names a version itself means it.
    fn of(self, purls: Vec<Purl>) -> (Vec<Purl>, bool) {
        let mut is_open = false;
        let purls = purls.into_iter().map(|purl| {
            if purl.version().is_some() {
                return purl;
            }
            let narrowed = match self {
                Self::All => return purl,
                Self::One(version) => purl.clone().with_version(version).ok(),
                Self::Range => None,
            };
            narrowed.unwrap_or_else(|| {
                is_open = true;
                purl
            })
        });
        (purls.collect(), is_open)
    }
}

fn purls(helper: &Json) -> Result<Vec<Purl>, VexError> {
    let one = optional_text(helper, "purl")?;
    Ok(one.into_iter().chain(strings(helper, "purls")?).filter_map(purl).collect())
}

fn digests(helper: &Json) -> Result<Vec<(&str, &str)>, VexError> {
    let mut digests = Vec::new();
    for file in list(helper, "hashes")? {
        for hash in list(file, "file_hashes")? {
            digests.push((text(hash, "algorithm")?, text(hash, "value")?));
        }
    }
    Ok(digests)
}

fn strings<'j>(json: &'j Json, member: &str) -> Result<Vec<&'j str>, VexError> {
    list(json, member)?.iter().map(|each| each.as_str().ok_or_else(|| missing(member))).collect()
}

/// Why products are not affected.
struct Reasons<'j> {
    by_product: BTreeMap<&'j str, Arc<str>>,
    /// Of what names no product: it is about all.
    all: Option<Arc<str>>,
}

impl<'j> Reasons<'j> {
    fn read(vulnerability: &'j Json, tree: &Tree<'j>) -> Result<Self, VexError> {
        let mut reasons = Self { by_product: BTreeMap::new(), all: None };
        for flag in list(vulnerability, "flags")? {
            let label = text(flag, "label")?;
            if !LABELS.contains(&label) {
                return Err(missing("flags.label"));
            }
            reasons.add(flag, label, tree)?;
        }
        for threat in list(vulnerability, "threats")? {
            if text(threat, "category")? == "impact" {
                reasons.add(threat, text(threat, "details")?, tree)?;
            }
        }
        Ok(reasons)
    }

    fn add(&mut self, of: &'j Json, reason: &str, tree: &Tree<'j>) -> Result<(), VexError> {
        let reason: Arc<str> = reason.into();
        let mut products = strings(of, "product_ids")?;
        let groups = strings(of, "group_ids")?;
        if products.is_empty() && groups.is_empty() {
            self.all.get_or_insert_with(|| Arc::clone(&reason));
        }
        for group in BTreeSet::from_iter(groups) {
            products.extend(tree.groups.get(group).ok_or_else(|| missing("group_ids"))?);
        }
        let explained = tree.explained.get().saturating_add(products.len());
        if explained > MAX_EXPLAINED {
            return Err(VexError::TooMuch);
        }
        tree.explained.set(explained);
        for product in products {
            self.by_product.entry(product).or_insert_with(|| Arc::clone(&reason));
        }
        Ok(())
    }

    fn of(&self, product: &str) -> Option<&Arc<str>> {
        self.by_product.get(product).or(self.all.as_ref())
    }
}
