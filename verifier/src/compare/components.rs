//! Does an SBOM list what the artifact's own bytes say that it is made of?
//!
//! What is in the bytes and not in the SBOM is missing there, however much of the bytes was not understood: a gap hides
//! components and makes none. The other way round it takes more: most of what a good SBOM lists is resolved when the
//! artifact is installed, and stands in no byte of it. It is invented only where the artifact brings its own lock file along,
//! and that was wholly understood.

use std::collections::BTreeSet;

use mcpsign_advisories::ecosystem;
use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::inventory::{
    CatalogerState, FileOutcome, GapKind, Inventory, Means, Origin, Package, Scope, says_what_is_there,
};
use mcpsign_schemas::manifest::LockfileOrigin;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::sbom::{Sbom, SbomComponent};

use crate::non_empty::NonEmpty;

/// Components told one by one; the rest are counted.
const TOLD: usize = 10;

const NOT_LISTED: &str = "not listed";

/// How an SBOM and an artifact agree.
#[derive(Default)]
pub(crate) struct Comparison {
    /// Components of the artifact that the SBOM lacks and must not.
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
            self.notes.extend(invented.into_iter().map(as_warning));
        }
        match NonEmpty::from_vec(self.missing) {
            Some(failed) => Err(failed),
            None => Ok(self.notes),
        }
    }
}

/// Compares `sbom` with what the catalogers found in the artifact. Where it is not `demanded` that they agree an SBOM may lack
/// what its maker did not look for: what no cataloger has found that the SBOM says to have run.
pub(crate) fn compare(sbom: &Sbom, inventory: &Inventory, demanded: bool) -> Comparison {
    let listed = Listed::of(sbom);
    let mut comparison = Comparison::default();
    let (mut missing, mut unseen, mut hinted, mut other) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut held = 0_usize;
    for package in inventory.dependencies().filter(|package| must_be_listed(package)) {
        if listed.has(package) {
            held += 1;
        } else if package.means().is_hint() {
            hinted.push(package);
        } else if package.means() == Means::Lockfile && listed.has_name(package) {
            // Not every installer follows a lock file that lies in a package.
            held += 1;
            other.push(package);
        } else if package.means() == Means::Lockfile && !is_followed(package) {
            other.push(package);
        } else if demanded || has_looked(sbom, inventory, package) {
            missing.push(package);
        } else {
            unseen.push(package);
        }
    }
    let unlisted = |package: &Package, what: &str| {
        let versions = listed.versions(package);
        lacking(package, what).found(if versions.is_empty() { NOT_LISTED.to_owned() } else { versions })
    };
    comparison.missing.extend(told(&missing, |package| {
        unlisted(package, "a component is in the artifact and not in its SBOM")
    }));
    comparison.notes.extend(told(&unseen, |package| {
        as_warning(unlisted(
            package,
            "a component is in the artifact and not in its SBOM, whose maker does not say to have looked for such",
        ))
    }));
    let of_type = |purl: &str| Purl::parse(purl).ok().map(|purl| purl.ty().to_owned());
    let types: BTreeSet<String> =
        sbom.packages().filter_map(|component| of_type(component.purl.as_deref()?)).collect();
    // Of an archive nobody says that it is used: it may be a template or a test's.
    let is_packed = |package: &Package| package.found.iter().all(|found| found.file.contains("!/"));
    // What lies there installed is what the artifact is made of, whatever anybody looks for: a list of nothing, or of other
    // ecosystems alone, is no list of it.
    let is_other = |package: &&Package| {
        !is_packed(package)
            && (is_there(package) || of_type(&package.purl).is_some_and(|ty| types.contains(&ty)))
    };
    if held == 0 && (!missing.is_empty() || unseen.iter().any(is_other)) {
        comparison.missing.push(
            Finding::new(code::sbom::UNRELATED, "the SBOM lists nothing of what the artifact is made of")
                .expected(format!("{} components of the artifact", missing.len() + unseen.len()))
                .found(format!("{} others", sbom.components.len())),
        );
    }
    comparison.invented.extend(told(&other, |package| {
        let versions = listed.versions(package);
        if versions.is_empty() {
            lacking(
                package,
                "a lock file in the artifact that no installer reads there names a component that is not in its SBOM",
            )
            .found(NOT_LISTED)
        } else {
            Finding::new(
                code::sbom::COMPONENT_INVENTED,
                "the SBOM has another version than the artifact's own lock file",
            )
            .expected(told_as(package))
            .found(versions)
        }
    }));
    comparison.notes.extend(told(&hinted, |package| {
        as_warning(lacking(
            package,
            "a notice or an SBOM in the artifact names a component that is not in its SBOM",
        ))
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

/// A component of the artifact that the SBOM lacks.
fn lacking(package: &Package, what: &str) -> Finding {
    Finding::new(code::sbom::COMPONENT_MISSING, what).expected(told_as(package))
}

fn told_as(package: &Package) -> String {
    format!("{} ({})", package.purl, places(package))
}

fn as_warning(mut finding: Finding) -> Finding {
    finding.level = code::Level::Warning;
    finding
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

/// Whether it lies in the artifact itself.
fn is_there(package: &Package) -> bool {
    matches!(package.means(), Means::Installed | Means::Binary)
}

/// What is shipped, or asked for in any case. What somebody's platform or wish decides may lawfully be left out, unless the
/// bytes have it; and the package that the artifact is in another ecosystem is itself, however its manifest calls it.
fn must_be_listed(package: &Package) -> bool {
    if package.origin == Origin::Root && package.means() == Means::Manifest {
        return false;
    }
    match package.scope {
        Scope::Development => false,
        Scope::Optional => is_there(package) || (package.version.is_some() && package.bundled),
        Scope::Required | Scope::Unstated => package.version.is_some() || package.markers.is_empty(),
    }
}

/// Whether installers follow the lock file that names a package from where it lies in an artifact. Most they read in a project
/// alone; and what is locked for some platforms is not installed on all.
pub(super) fn is_followed(package: &Package) -> bool {
    let followed = |file: &str| {
        let is = |name: &str| file.strip_suffix(name).is_some_and(|dir| dir.is_empty() || dir.ends_with('/'));
        is("npm-shrinkwrap.json") || is("node_modules/.package-lock.json") || is("Cargo.lock")
    };
    package.markers.is_empty() && package.found.iter().any(|found| followed(&found.file))
}

/// What is said where one of the files was not understood by which npm decides what an artifact brings along and runs. npm reads
/// more than is read here; what hides in such a file is nobody's to guess.
pub(crate) fn npm_unread(inventory: &Inventory) -> Option<String> {
    // Files in archives have a reader of another name: npm does not look there.
    const READERS: [&str; 4] = [
        "javascript/package-json",
        "javascript/node-modules",
        "javascript/npm-shrinkwrap",
        "javascript/other-case",
    ];
    not_understood(inventory, |reader| READERS.contains(&reader))
}

/// What is said where a file was not understood that says what lies installed in the artifact, or was compiled into it: by npm's
/// rules, or by those of any other ecosystem.
pub(crate) fn unread(inventory: &Inventory) -> Option<String> {
    npm_unread(inventory).or_else(|| not_understood(inventory, says_what_is_there))
}

fn not_understood(inventory: &Inventory, counts: impl Fn(&str) -> bool) -> Option<String> {
    let unread = inventory.files.iter().find_map(|file| match &file.outcome {
        FileOutcome::Failed { error } if counts(&file.cataloger) => {
            Some(format!("`{}` in the artifact was not understood: {error}", file.path))
        }
        _ => None,
    });
    // Nothing at all was kept of it.
    let nothing = || inventory.gaps.iter().find(|gap| gap.path.is_none() && inventory.files.is_empty());
    unread
        .or_else(|| nothing().map(|gap| format!("what the artifact is made of is not known: {}", gap.reason)))
}

/// Whether the SBOM says that a cataloger has run that found the package.
fn has_looked(sbom: &Sbom, inventory: &Inventory, package: &Package) -> bool {
    inventory.files.iter().any(|file| {
        sbom.catalogers.contains(&file.cataloger) && package.found.iter().any(|found| found.file == file.path)
    })
}

/// The files that name it.
pub(super) fn places(package: &Package) -> String {
    let places: Vec<&str> = package.found.iter().map(|found| found.file.as_str()).collect();
    let places: BTreeSet<&str> = places.into_iter().filter(|file| !file.is_empty()).collect();
    places.into_iter().take(3).collect::<Vec<_>>().join(", ")
}

/// What an SBOM lists, by package and version however its package URLs are spelled.
struct Listed {
    packages: BTreeSet<(String, Option<String>)>,
    /// The same with versions as they stand there.
    written: BTreeSet<(String, Option<String>)>,
    /// Components without package URL, by [`plain`] name.
    plain: BTreeSet<(String, Option<String>)>,
}

impl Listed {
    fn of(sbom: &Sbom) -> Self {
        let all = || std::iter::once(&sbom.root).chain(sbom.packages());
        let is_plain = |component: &&SbomComponent| component.purl.as_deref().and_then(key).is_none();
        let name = |component: &SbomComponent| {
            let names = [component.name.clone(), plain(&component.name)];
            names.map(|name| {
                (name, component.version.as_deref().map(|v| v.trim_start_matches('v').to_owned()))
            })
        };
        Self {
            packages: all().flat_map(|component| keys(component, ecosystem::normal)).collect(),
            written: all().flat_map(|component| keys(component, |_, version| version.to_owned())).collect(),
            plain: all().filter(is_plain).flat_map(name).collect(),
        }
    }

    fn has(&self, package: &Package) -> bool {
        let purl = Purl::parse(&package.purl).ok();
        let version = purl.as_ref().and_then(Purl::version).or(package.version.as_deref());
        let is_listed = |purl: &Purl| match version {
            Some(version) => self.packages.contains(&(name(purl), Some(ecosystem::normal(purl, version)))),
            None => of_name(&self.packages, &name(purl)).next().is_some(),
        };
        // A name alone says no version, and so contradicts none.
        let is_named = |(_, listed): &(String, Option<String>)| {
            listed.is_none()
                || version.is_none()
                || version.map(|version| version.trim_start_matches('v')) == listed.as_deref()
        };
        purl.as_ref().is_some_and(is_listed) || of_name(&self.plain, &plain_name(package)).any(is_named)
    }

    fn has_name(&self, package: &Package) -> bool {
        key(&package.purl).is_some_and(|(name, _)| of_name(&self.packages, &name).next().is_some())
            || of_name(&self.plain, &plain_name(package)).next().is_some()
    }

    /// Other versions of the same package.
    fn versions(&self, package: &Package) -> String {
        let name = key(&package.purl).map(|(name, _)| name).unwrap_or_default();
        let plain = plain_name(package);
        let all = of_name(&self.written, &name).chain(of_name(&self.plain, &plain));
        let versions: Vec<&str> =
            all.map(|(_, version)| version.as_deref().unwrap_or("no version")).collect();
        versions.join(", ")
    }
}

fn of_name<'l>(
    all: &'l BTreeSet<(String, Option<String>)>,
    name: &str,
) -> impl Iterator<Item = &'l (String, Option<String>)> {
    let name = name.to_owned();
    all.range((name.clone(), None)..).take_while(move |(other, _)| *other == name)
}

/// The name that a component without package URL has of an ecosystem that tells names apart by neither case nor punctuation.
fn plain(name: &str) -> String {
    format!("~{}", Purl::pypi_name(name))
}

fn plain_name(package: &Package) -> String {
    match Purl::parse(&package.purl) {
        Ok(purl) if matches!(purl.ty(), "pypi" | "nuget" | "golang" | "composer") => plain(&package.name),
        _ => package.name.clone(),
    }
}

/// Package and version of a component; of one that contradicts itself both versions, of one without package URL none.
fn keys(component: &SbomComponent, spelled: fn(&Purl, &str) -> String) -> Vec<(String, Option<String>)> {
    let Some(purl) = component.purl.as_deref().and_then(|purl| Purl::parse(purl).ok()) else {
        return Vec::new();
    };
    let name = name(&purl);
    let stated = [purl.version(), component.version.as_deref()];
    let versions: BTreeSet<String> =
        stated.into_iter().flatten().map(|version| spelled(&purl, version)).collect();
    if versions.is_empty() {
        return vec![(name, None)];
    }
    versions.into_iter().map(|version| (name.clone(), Some(version))).collect()
}

/// A package whatever its URL's spelling, and its version in one of its spellings. Where it comes from does not count: that is
/// another question.
fn key(purl: &str) -> Option<(String, Option<String>)> {
    let purl = Purl::parse(purl).ok()?;
    Some((name(&purl), purl.version().map(|version| ecosystem::normal(&purl, version))))
}

fn name(purl: &Purl) -> String {
    format!("pkg:{}/{}", purl.ty(), purl.compared_name())
}

/// Components of the ecosystems that the artifact locks itself, and that its lock does not have.
fn invented<'s>(sbom: &'s Sbom, inventory: &Inventory) -> Vec<&'s SbomComponent> {
    let whole = !inventory.has_gap(GapKind::Unread)
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
