//! `newInstallScript`: installing a release runs no program that installing the one before did not.

use std::collections::BTreeSet;

use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::inventory::Inventory;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::sbom::{self, Sbom, SbomComponent};

use super::dependencies::{key, sboms};
use super::{Release, differs, not_comparable, shown};
use crate::attribute::Trusted;
use crate::compare::components::npm_unread;
use crate::continuity::history::Earlier;
use crate::measured::{Form, Got};

/// 1. Nothing of a remote server is installed.
/// 2. What the artifact's own bytes say runs: an SBOM that leaves it out changes nothing.
/// 3. What an SBOM of this release says runs, of packages that are not in the artifact.
/// 4. Every file of the artifact that tells npm what to run was understood.
/// 5. An SBOM of the earlier one, by a maker who says what was looked for, says that all of these ran before.
pub(super) fn added(release: &Release<'_, '_>, earlier: &Earlier<'_>) -> Vec<Finding> {
    let artifact = &release.context.measured.subject;
    if matches!(artifact.form, Form::Endpoint) {
        return Vec::new();
    }
    let Got::Some(contents) = &artifact.contents else {
        return not_comparable(earlier, "nobody looked at what the artifact runs when it is installed");
    };
    let Some(before) = earlier.sboms.iter().map(|sbom| read(sbom)).collect::<Option<Vec<_>>>() else {
        return not_comparable(earlier, "its SBOM cannot be read");
    };
    if before.is_empty() {
        return not_comparable(earlier, "it has no SBOM");
    }
    let new = |now: BTreeSet<String>| -> BTreeSet<String> {
        let lacking = before.iter().map(scripts).flat_map(|before| &now - &before);
        lacking.collect()
    };
    // One that says the least is enough, as everywhere: but never less than the bytes do.
    let least = sboms(release)
        .filter_map(read)
        .map(|sbom| new(&scripts(&sbom) | &own(contents)))
        .min_by_key(BTreeSet::len);
    let found = match least {
        Some(found) => found,
        None => match new(own(contents)) {
            nothing if nothing.is_empty() => return not_comparable(earlier, "this release has no SBOM"),
            found => found,
        },
    };
    if found.is_empty() {
        let unread = npm_unread(contents).map(|what| not_comparable(earlier, &what));
        return unread.unwrap_or_default();
    }
    if before.iter().any(|sbom| sbom.catalogers.is_empty()) {
        return not_comparable(earlier, "its SBOM does not say what was looked for");
    }
    let packages: Vec<String> = found.into_iter().collect();
    let code = code::freshness::NEW_INSTALL_SCRIPT;
    vec![differs(code, earlier, "no program that did not run before", shown(&packages))]
}

fn read(sbom: &Trusted) -> Option<Sbom> {
    sbom::read(&sbom.statement().predicate, &sbom.statement().predicate_type).ok()
}

/// Packages that run something when they are installed, by what the artifact holds. One in a folder that is called otherwise is
/// another: it takes the name of one that ran before, and nobody asked for it by that.
fn own(contents: &Inventory) -> BTreeSet<String> {
    let scripted = contents.packages.values().filter(|package| package.install_script);
    scripted
        .flat_map(|package| {
            let name = named(Some(&package.purl), &package.name);
            let others = package.found.iter().filter_map(|found| installed_as(&found.file));
            let others: Vec<String> = others
                .filter(|folder| *folder != package.name)
                .map(|folder| format!("{name} in a folder called `{folder}`"))
                .collect();
            others.into_iter().chain([name])
        })
        .collect()
}

/// The name of the folder in node_modules whose package.json this is.
fn installed_as(file: &str) -> Option<&str> {
    Some(file.strip_suffix("/package.json")?.rsplit_once("node_modules/")?.1)
}

/// The same by an SBOM, of what it describes as well.
fn scripts(sbom: &Sbom) -> BTreeSet<String> {
    let all = std::iter::once(&sbom.root).chain(sbom.packages());
    let scripted = all.filter(|component| component.install_script);
    scripted.map(|SbomComponent { purl, name, .. }| named(purl.as_deref(), name)).collect()
}

fn named(purl: Option<&str>, name: &str) -> String {
    purl.and_then(|purl| Purl::parse(purl).ok()).map_or_else(|| name.to_owned(), |purl| key(&purl))
}
