//! Does an SBOM list what the artifact's own bytes say that it is made of?
//!
//! What is in the bytes and not in the SBOM is missing there, however much of the bytes was not understood: a gap hides
//! components and makes none. The other way round it takes more: most of what a good SBOM lists is resolved when the
//! artifact is installed, and stands in no byte of it. It is invented only where the artifact brings its own lock file along,
//! and that was wholly understood.

use std::collections::BTreeSet;

use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::inventory::{CatalogerState, FileOutcome, Inventory, Means, Package, Scope};
use mcpsign_schemas::manifest::LockfileOrigin;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::sbom::{Sbom, SbomComponent};

use crate::non_empty::NonEmpty;

/// Components told one by one; the rest are counted.
const TOLD: usize = 10;

/// How an SBOM and an artifact agree.
#[derive(Default)]
pub(crate) struct Comparison {
    /// Components of the artifact that the SBOM lacks.
    pub(crate) missing: Vec<Finding>,
    /// Components of the SBOM that the artifact contradicts.
    pub(crate) invented: Vec<Finding>,
    /// What proves nothing and deserves a look.
    pub(crate) notes: Vec<Finding>,
}

impl Comparison {
    /// What fails: what is missing, and what is invented where that is asked for.
    pub(crate) fn judged(mut self, exactly: bool) -> Result<Vec<Finding>, NonEmpty<Finding>> {
        let invented = std::mem::take(&mut self.invented);
        if exactly {
            self.missing.extend(invented);
        } else {
            let as_warning = |mut finding: Finding| {
                finding.level = code::Level::Warning;
                finding
            };
            self.notes.extend(invented.into_iter().map(as_warning));
        }
        match NonEmpty::from_vec(self.missing) {
            Some(failed) => Err(failed),
            None => Ok(self.notes),
        }
    }
}

/// Compares `sbom` with what the catalogers found in the artifact.
pub(crate) fn compare(sbom: &Sbom, inventory: &Inventory) -> Comparison {
    let listed = Listed::of(sbom);
    let mut comparison = Comparison::default();
    let (mut missing, mut hinted, mut other) = (Vec::new(), Vec::new(), Vec::new());
    let mut held = 0_usize;
    for package in inventory.dependencies().filter(|package| must_be_listed(package)) {
        if listed.has(package) {
            held += 1;
        } else if package.means() == Means::BundleNotice {
            hinted.push(package);
        } else if package.means() == Means::Lockfile && listed.has_name(package) {
            // Not every installer follows a lock file that lies in a package.
            held += 1;
            other.push(package);
        } else {
            missing.push(package);
        }
    }
    comparison.missing.extend(told(&missing, |package| {
        let finding =
            Finding::new(code::sbom::COMPONENT_MISSING, "a component is in the artifact and not in its SBOM")
                .expected(format!("{} ({})", package.purl, places(package)));
        let others = listed.versions(package);
        finding.found(if others.is_empty() { "not listed".to_owned() } else { others })
    }));
    if held == 0 && !missing.is_empty() {
        comparison.missing.push(
            Finding::new(code::sbom::UNRELATED, "the SBOM lists nothing of what the artifact is made of")
                .expected(format!("{} components of the artifact", missing.len()))
                .found(format!("{} others", sbom.components.len())),
        );
    }
    comparison.invented.extend(told(&other, |package| {
        Finding::new(
            code::sbom::COMPONENT_INVENTED,
            "the SBOM has another version than the artifact's own lock file",
        )
        .expected(package.purl.as_str())
        .found(listed.versions(package))
    }));
    comparison.notes.extend(told(&hinted, |package| {
        let mut finding = Finding::new(
            code::sbom::COMPONENT_MISSING,
            "a notice in the artifact names a component that is not in its SBOM",
        )
        .expected(format!("{} ({})", package.purl, places(package)));
        finding.level = code::Level::Warning;
        finding
    }));
    let invented = invented(sbom, inventory);
    comparison.invented.extend(told(&invented, |component| {
        let purl = component.purl.as_deref().unwrap_or(&component.name);
        Finding::new(
            code::sbom::COMPONENT_INVENTED,
            "the SBOM lists a component that the artifact's own lock file does not have",
        )
        .expected("no such component")
        .found(purl)
    }));
    comparison
}

/// A finding for each of the first, and one for all others.
fn told<T>(all: &[T], finding: impl Fn(&T) -> Finding) -> Vec<Finding> {
    let mut findings: Vec<Finding> = all.iter().take(TOLD).map(&finding).collect();
    if let (Some(more), Some(last)) =
        (all.len().checked_sub(TOLD).filter(|more| *more > 0), findings.last().cloned())
    {
        findings.push(Finding {
            message: format!("{more} more likewise"),
            expected: None,
            found: None,
            ..last
        });
    }
    findings
}

/// What is shipped, or asked for in any case. What somebody's platform or wish decides may lawfully be left out, unless the
/// bytes have it.
fn must_be_listed(package: &Package) -> bool {
    match package.scope {
        Scope::Development => false,
        Scope::Optional => package.version.is_some() && package.bundled,
        Scope::Required | Scope::Unstated => package.version.is_some() || package.markers.is_empty(),
    }
}

fn places(package: &Package) -> String {
    let places: Vec<&str> = package.found.iter().map(|found| found.file.as_str()).collect();
    let places: BTreeSet<&str> = places.into_iter().filter(|file| !file.is_empty()).collect();
    places.into_iter().take(3).collect::<Vec<_>>().join(", ")
}

/// What an SBOM lists, by package and version however its package URLs are spelled.
struct Listed {
    packages: BTreeSet<(String, Option<String>)>,
}

impl Listed {
    fn of(sbom: &Sbom) -> Self {
        let all = std::iter::once(&sbom.root).chain(sbom.packages());
        Self { packages: all.flat_map(keys).collect() }
    }

    fn has(&self, package: &Package) -> bool {
        let Some((name, stated)) = key(&package.purl) else {
            return self.packages.contains(&(package.name.clone(), package.version.clone()));
        };
        match stated.or_else(|| package.version.clone()) {
            version @ Some(_) => self.packages.contains(&(name, version)),
            None => self.of_name(&name).next().is_some(),
        }
    }

    fn has_name(&self, package: &Package) -> bool {
        key(&package.purl).is_some_and(|(name, _)| self.of_name(&name).next().is_some())
    }

    /// Other versions of the same package.
    fn versions(&self, package: &Package) -> String {
        let Some((name, _)) = key(&package.purl) else { return String::new() };
        let versions: Vec<&str> =
            self.of_name(&name).map(|(_, version)| version.as_deref().unwrap_or("no version")).collect();
        versions.join(", ")
    }

    fn of_name(&self, name: &str) -> impl Iterator<Item = &(String, Option<String>)> {
        let start = (name.to_owned(), None);
        let name = name.to_owned();
        self.packages.range(start..).take_while(move |(other, _)| *other == name)
    }
}

/// Package and version of a component; of one that contradicts itself both versions, of one without package URL its name.
fn keys(component: &SbomComponent) -> Vec<(String, Option<String>)> {
    let beside = component.version.clone();
    match component.purl.as_deref().and_then(key) {
        Some((name, Some(version))) => {
            let other = beside.filter(|beside| *beside != version).map(|beside| (name.clone(), Some(beside)));
            std::iter::once((name, Some(version))).chain(other).collect()
        }
        Some((name, None)) => vec![(name, beside)],
        None => vec![(component.name.clone(), beside)],
    }
}

/// A package whatever its URL's spelling, and its version. Where it comes from does not count: that is another question.
fn key(purl: &str) -> Option<(String, Option<String>)> {
    let purl = Purl::parse(purl).ok()?;
    let name = purl.compared_name();
    let version = purl.version().map(|version| match purl.ty() {
        "golang" => version.trim_start_matches('v').to_owned(),
        _ => version.to_owned(),
    });
    Some((format!("pkg:{}/{name}", purl.ty()), version))
}

/// Components of the ecosystems that the artifact locks itself, and that its lock does not have.
fn invented<'s>(sbom: &'s Sbom, inventory: &Inventory) -> Vec<&'s SbomComponent> {
    let whole = inventory.gaps.is_empty()
        && inventory.catalogers.iter().all(|status| status.state == CatalogerState::Complete);
    let locks = inventory.files.iter().filter(|file| {
        file.pins && file.origin == LockfileOrigin::Artifact && file.outcome == FileOutcome::Used
    });
    let locks: BTreeSet<&str> = locks.map(|file| file.path.as_str()).collect();
    if !whole || locks.is_empty() {
        return Vec::new();
    }
    let in_lock = |package: &&Package| package.found.iter().any(|found| locks.contains(found.file.as_str()));
    let of_type = |purl: &str| Purl::parse(purl).ok().map(|purl| purl.ty().to_owned());
    let locked: BTreeSet<String> =
        inventory.packages.values().filter(in_lock).filter_map(|package| of_type(&package.purl)).collect();
    let known: BTreeSet<(String, Option<String>)> =
        inventory.packages.values().filter_map(|package| key(&package.purl)).collect();
    let root = sbom.root.purl.as_deref().and_then(key);
    let is_invented = |component: &&SbomComponent| {
        let Some(found) = component.purl.as_deref().and_then(key) else { return false };
        let of_locked = component.purl.as_deref().and_then(of_type).is_some_and(|ty| locked.contains(&ty));
        of_locked && found.1.is_some() && !known.contains(&found) && Some(&found) != root.as_ref()
    };
    sbom.packages().filter(is_invented).collect()
}
