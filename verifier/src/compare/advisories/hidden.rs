//! What lies in the artifact and in no SBOM: nobody who left it out of the list keeps it from being looked up.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_advisories::check::check;
use mcpsign_advisories::components::{self, Component};
use mcpsign_advisories::ecosystem::Query;
use mcpsign_advisories::findings;
use mcpsign_advisories::snapshot::WholeSnapshot;
use mcpsign_schemas::advisory::Kind;
use mcpsign_schemas::advisory::report::Match;
use mcpsign_schemas::code::advisories::NOT_READ;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::inventory::{Inventory, KnownGap, Means, Package, Scope};

use super::unusable;
use crate::compare::components::{is_followed, places};
use crate::measured::Got;
use crate::step::Step;

/// Something known against a package of the artifact that no SBOM lists.
pub(super) struct Hidden {
    pub(super) found: Match,
    /// Whether the package itself is there, or a lock file that installers follow names it. A notice of a bundler, somebody's SBOM, or
    /// a lock file that nobody reads where it lies, may speak of what is not there: then only what is malicious counts.
    pub(super) is_there: bool,
    places: String,
}

/// What came of looking up what no SBOM lists.
#[derive(Default)]
pub(super) struct LookedUp {
    pub(super) known: Vec<Hidden>,
    /// That it was given up.
    pub(super) left: Option<Finding>,
    /// Of what is there: what could not be held against anything.
    pub(super) unevaluated: Vec<Finding>,
    /// The sources that were asked, by their places in the manifest.
    pub(super) sources: BTreeSet<usize>,
}

/// Looks up every package of the artifact's own bytes that is no development dependency and not among `listed`. Of one without
/// version what affects every version is known.
pub(super) fn look_up(
    listed: &[Component],
    contents: &Got<Inventory>,
    snapshot: &WholeSnapshot,
) -> Result<LookedUp, Step> {
    let Got::Some(inventory) = contents else { return Ok(LookedUp::default()) };
    let listed = components::queries(listed);
    let packages = inventory.packages.values();
    let mut hidden: BTreeMap<String, Vec<&Package>> = BTreeMap::new();
    for package in packages.filter(|package| package.scope != Scope::Development) {
        for component in components::of_package(package) {
            let is_listed = |asked: BTreeSet<Query>| !asked.is_empty() && asked.is_subset(&listed);
            if is_listed(components::queries(std::slice::from_ref(&component))) {
                continue;
            }
            if let Some(purl) = component.purl() {
                hidden.entry(purl.to_owned()).or_default().push(package);
            }
        }
    }
    let asked: Vec<Component> = hidden.keys().map(|purl| Component::of(purl)).collect();
    let mut checked = check(&snapshot.index, &asked).map_err(|error| unusable(&error))?;
    let left = findings::of_left(&checked);
    let has =
        |purl: &String| hidden.get(purl).is_some_and(|packages| packages.iter().any(|one| is_there(one)));
    checked.unknown.retain(|unknown| has(&unknown.purl));
    checked.unordered.retain(has);
    checked.unread.retain(|(purl, _)| has(purl));
    let unevaluated = findings::of_unevaluated(&checked);
    let sources = checked.sources;
    let known = checked.matches.into_iter().map(|found| {
        let packages = hidden.get(&found.purl).map(Vec::as_slice).unwrap_or_default();
        let is_there = packages.iter().any(|package| is_there(package));
        Hidden {
            places: packages.first().map(|package| places(package)).unwrap_or_default(),
            is_there,
            found,
        }
    });
    Ok(LookedUp { known: known.collect(), left, unevaluated, sources })
}

/// Places that are told one by one.
const TOLD: usize = 10;

/// What of the artifact may hold packages, and was not looked into.
pub(super) fn not_looked_into(inventory: &Inventory) -> Vec<Finding> {
    let told = |gap: &KnownGap| {
        let at = gap.path.as_deref().unwrap_or("the artifact");
        Finding::new(NOT_READ, format!("{at}: {}", gap.reason))
    };
    let mut findings: Vec<Finding> = inventory.gaps.iter().take(TOLD).map(told).collect();
    if let Some(more) = inventory.gaps.len().checked_sub(TOLD).filter(|more| *more > 0) {
        findings.push(Finding::new(NOT_READ, format!("{more} more likewise")));
    }
    findings
}

fn is_there(package: &Package) -> bool {
    match package.means() {
        Means::Installed | Means::Binary => true,
        Means::Lockfile => is_followed(package),
        Means::Manifest | Means::EmbeddedSbom | Means::BundleNotice => false,
    }
}

impl Hidden {
    /// Whether it counts whatever a rule says.
    pub(super) fn is_malicious(&self) -> bool {
        self.found.kind == Kind::Malicious
    }

    pub(super) fn finding(&self) -> Finding {
        let places = if self.places.is_empty() { String::new() } else { format!(": {}", self.places) };
        findings::of_match(&self.found)
            .expected("in the SBOM what is in the artifact")
            .found(format!("in the artifact alone{places}"))
    }
}
