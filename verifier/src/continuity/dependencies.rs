//! `newDependency`: a patch release asks for nothing that the one before did not.

use std::collections::BTreeSet;

use mcpsign_advisories::components;
use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::statement::predicate_type;

use super::{Release, differs, not_comparable, shown};
use crate::attribute::Trusted;
use crate::continuity::history::Earlier;
use crate::continuity::version::{is_patch, names};
use crate::require::{about_it, holds};

/// 1. Only a patch release is held to it; where nobody can tell, that is said.
/// 2. Both releases have an SBOM whose packages have names.
/// 3. An SBOM of this one holds no package that an SBOM of the earlier one lacks, in whatever version.
pub(super) fn added(release: &Release<'_, '_>, earlier: &Earlier<'_>) -> Vec<Finding> {
    let mut held = false;
    for (now, before) in names(release, earlier) {
        match is_patch(now, before) {
            Some(patch) => held |= patch,
            None => return not_comparable(earlier, "nobody can tell whether this is a patch release of it"),
        }
    }
    if !held {
        return Vec::new();
    }
    let own: BTreeSet<String> = release.candidate.packages.iter().map(key).collect();
    let packages = |sbom: &&Trusted| packages(sbom).map(|all| &all - &own);
    let Some(before) = earlier.sboms.iter().map(packages).collect::<Option<Vec<_>>>() else {
        return not_comparable(earlier, "its SBOM names no package for one of its components");
    };
    if before.is_empty() {
        return not_comparable(earlier, "it has no SBOM");
    }
    let now: Vec<&Trusted> = sboms(release).collect();
    if now.is_empty() {
        return not_comparable(earlier, "this release has no SBOM");
    }
    // One that holds is enough: another beside it may count more, and would take away from what this one proves.
    let new = |now: BTreeSet<String>| -> BTreeSet<String> {
        before.iter().flat_map(|before| now.difference(before).cloned().collect::<Vec<_>>()).collect()
    };
    match now.iter().filter_map(packages).map(new).min_by_key(BTreeSet::len) {
        None => not_comparable(earlier, "this release's SBOM names no package for one of its components"),
        Some(new) if new.is_empty() => Vec::new(),
        Some(new) => {
            let found = shown(&new.into_iter().collect::<Vec<_>>());
            vec![differs(code::freshness::NEW_DEPENDENCY, earlier, "no package that it did not need", found)]
        }
    }
}

/// The SBOMs of this release that hold: one that would be refused proves nothing.
pub(super) fn sboms<'a>(release: &Release<'a, '_>) -> impl Iterator<Item = &'a Trusted> {
    let (candidate, context) = (release.candidate, release.context);
    about_it(predicate_type::is_sbom, candidate, context).filter(move |sbom| holds(sbom, candidate, context))
}

/// The packages of an SBOM, the one that it describes among them; `None` if one of them has no name.
fn packages(sbom: &Trusted) -> Option<BTreeSet<String>> {
    let components = components::of_sbom(&sbom.statement().predicate.to_canonical()).ok()?;
    components.into_iter().map(|component| Some(key(&Purl::parse(component.purl()?).ok()?))).collect()
}

/// A package in whatever version, and wherever it is from: where packages come from is the lock file's business.
pub(super) fn key(purl: &Purl) -> String {
    let name = purl.name();
    format!("pkg:{}/{}", purl.ty(), if purl.ty() == "pypi" { Purl::pypi_name(&name) } else { name })
}
