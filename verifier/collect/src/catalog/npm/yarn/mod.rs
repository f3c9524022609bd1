//! yarn.lock: two formats under one name.

mod berry;
mod classic;

use std::collections::{BTreeSet, HashMap};

use mcpsign_schemas::inventory::{Completeness, Package};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use super::origin;
use crate::catalog::url::shown;
use crate::catalog::{CatalogError, Cataloger, FileInput};

/// yarn.lock.
pub static YARN_LOCK: YarnLock = YarnLock;

/// The cataloger of yarn.lock.
#[derive(Debug)]
pub struct YarnLock;

impl Cataloger for YarnLock {
    fn id(&self) -> &'static str {
        "javascript/yarn-lock"
    }

    /// At the root alone, as with npm's.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "yarn.lock"
    }

    /// The first version says nothing of the project, both nothing of what is for development alone: package.json
    /// tells it.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let text = str::from_utf8(file.bytes).map_err(|_| malformed("yarn.lock", "not UTF-8"))?;
        let is_berry = text.lines().any(|line| line.trim_end() == "__metadata:");
        if is_berry { berry::read(file.bytes) } else { classic::read(text) }
    }
}

/// A package as listed, with what it asks for: `NAME@RANGE`, and whether it works without.
struct Listed {
    package: Package,
    asks: Vec<(String, bool)>,
}

/// Where a package is listed: what it was asked for as, fit to be shown.
fn place<'d>(descriptors: impl Iterator<Item = &'d str>) -> String {
    descriptors.map(shown).collect::<Vec<_>>().join(", ")
}

/// What the package listed at `place` answers: every `NAME@RANGE` there, also without what the second format writes before ranges
/// of the registry and behind folders.
pub(crate) fn listed_as(place: &str) -> Vec<String> {
    let each = place.split(", ").flat_map(|listed| {
        let (name, range) = origin::split(listed).unwrap_or_default();
        let bare = range.strip_prefix("npm:").map(|range| format!("{name}@{range}"));
        let free = listed.split_once(berry::BOUND).map(|(free, _)| free.to_owned());
        [Some(listed.to_owned()), bare, free].into_iter().flatten()
    });
    each.collect()
}

/// Lets packages ask for each other. `descriptors` leads from `NAME@RANGE` to ids. What the project's `resolutions` force on
/// others stands under the forced range alone, while those others still ask for theirs: they get the one that there is.
fn link(listed: Vec<Listed>, descriptors: &HashMap<String, String>) -> Vec<Package> {
    let mut named: HashMap<&str, BTreeSet<&String>> = HashMap::new();
    for (descriptor, id) in descriptors {
        if let Some((name, _)) = origin::split(descriptor) {
            named.entry(name).or_default().insert(id);
        }
    }
    let target = |descriptor: &str| {
        descriptors.get(descriptor).or_else(|| {
            let (name, range) = origin::split(descriptor)?;
            let only = || named.get(name).filter(|ids| ids.len() == 1).and_then(BTreeSet::first).copied();
            descriptors.get(&format!("{name}@npm:{range}")).or_else(only)
        })
    };
    listed
        .into_iter()
        .map(|Listed { mut package, asks }| {
            for (descriptor, optional) in asks {
                match target(&descriptor) {
                    Some(id) => {
                        package.dependencies.insert(id.clone());
                    }
                    None if optional => {}
                    None => package.completeness = Completeness::Incomplete,
                }
            }
            package
        })
        .collect()
}

/// The package that `NAME@RANGE` means: another one where it is installed under this name.
fn real_name(descriptor: &str) -> Option<&str> {
    let (name, range) = origin::split(descriptor)?;
    let aliased = range.strip_prefix("npm:").and_then(origin::split);
    Some(aliased.map_or(name, |(real, _)| real))
}

fn malformed(at: &str, what: &'static str) -> CatalogError {
    CatalogError::Malformed { at: escape(&shown(at)), what }
}
