//! Which packages answer what a manifest asks for.
//!
//! There may be as many wishes as packages, and all of one name: what a name stands for is found once, not for each of them.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

use mcpsign_schemas::inventory::{Inventory, Means, Origin, Package, Scope};

use crate::catalog::url::shown;
use crate::catalog::{npm, pypi};

/// An ecosystem, and a name as names are compared there.
pub(super) type Key = (String, String);

/// The purl type: `pkg:npm`.
pub(super) fn ecosystem(purl: &str) -> &str {
    purl.split('/').next().unwrap_or_default()
}

/// What a package is looked up by.
pub(super) fn key(package: &Package) -> Key {
    let of = ecosystem(&package.purl);
    (of.to_owned(), if of == "pkg:pypi" { pypi::normalized(&package.name) } else { package.name.clone() })
}

/// The packages of an inventory that are there, by what they answer.
pub(super) struct Answers<'i> {
    names: HashMap<Key, Vec<&'i Package>>,
    /// Ids by `NAME@RANGE`, as yarn's files list packages.
    ranges: OnceCell<HashMap<String, BTreeSet<&'i str>>>,
}

impl<'i> Answers<'i> {
    pub(super) fn of(inventory: &'i Inventory) -> Self {
        let mut names: HashMap<Key, Vec<&Package>> = HashMap::new();
        for package in inventory.packages.values().filter(|package| package.origin != Origin::Declared) {
            names.entry(key(package)).or_default().push(package);
        }
        Self { names, ranges: OnceCell::new() }
    }

    /// Every package of the name.
    pub(super) fn called(&self, key: &Key) -> &[&'i Package] {
        self.names.get(key).map_or(&[], Vec::as_slice)
    }

    /// What `wishes` are resolved to, each for each scope once, and those that nothing answers: in yarn's files by range, else by
    /// name.
    pub(super) fn to_all<'w>(
        &self,
        wishes: impl Iterator<Item = &'w Package>,
    ) -> (BTreeSet<(String, Scope)>, Vec<&'w Package>) {
        let (mut asked, mut missing) = (BTreeSet::new(), Vec::new());
        let mut named: HashMap<(Key, Scope), bool> = HashMap::new();
        for wish in wishes {
            let ranged = self.by_range(wish);
            if !ranged.is_empty() {
                asked.extend(ranged.into_iter().map(|id| (id.to_owned(), wish.scope)));
                continue;
            }
            let is_answered = *named.entry((key(wish), wish.scope)).or_insert_with_key(|(key, scope)| {
                let ids = self.by_name(key);
                asked.extend(ids.iter().map(|id| ((*id).to_owned(), *scope)));
                !ids.is_empty()
            });
            if !is_answered {
                missing.push(wish);
            }
        }
        (asked, missing)
    }

    /// What yarn's files list as what the wish is written as.
    pub(super) fn by_range(&self, wish: &Package) -> BTreeSet<&'i str> {
        if ecosystem(&wish.purl) != "pkg:npm" {
            return BTreeSet::new();
        }
        let ranges = self.ranges.get_or_init(|| {
            let mut ranges: HashMap<String, BTreeSet<&str>> = HashMap::new();
            let of_npm = self.names.iter().filter(|((of, _), _)| of == "pkg:npm").flat_map(|(_, all)| all);
            for package in of_npm.filter(|package| is_resolved(package)) {
                for listed in package.found.iter().flat_map(|at| npm::listed_as(&at.place)) {
                    ranges.entry(listed).or_default().insert(&package.id);
                }
            }
            ranges
        });
        let descriptors = descriptors(wish);
        descriptors.iter().filter_map(|written| ranges.get(&*shown(written))).flatten().copied().collect()
    }

    /// What the lock file says that its project asks for of that name, else what is installed where the project finds it, else
    /// whatever is called so.
    pub(super) fn by_name(&self, key: &Key) -> Vec<&'i str> {
        let called: Vec<&'i Package> =
            self.called(key).iter().copied().filter(|package| is_resolved(package)).collect();
        let is_on_top = |package: &Package| {
            let file = format!("node_modules/{}/package.json", package.name);
            package.found.iter().any(|at| at.means == Means::Installed && at.file == file)
        };
        let pick = |fits: &dyn Fn(&Package) -> bool| -> Vec<&'i str> {
            called.iter().filter(|package| fits(package)).map(|package| package.id.as_str()).collect()
        };
        let ways: [&dyn Fn(&Package) -> bool; 3] = [&|package| package.direct, &is_on_top, &|_| true];
        ways.into_iter().map(pick).find(|found| !found.is_empty()).unwrap_or_default()
    }
}

/// Whether a wish may have led to it. What is built in was not installed, and who names it in passing installs nothing.
fn is_resolved(package: &Package) -> bool {
    !package.bundled && !package.means().is_hint()
}

/// How yarn's files write that somebody asks for it.
fn descriptors(wish: &Package) -> Vec<String> {
    let places = wish.found.iter().map(|at| at.place.as_str());
    let each = places.flat_map(|place| {
        wish.requested.iter().map(move |range| {
            if place == wish.name {
                format!("{place}@{range}")
            } else {
                format!("{place}@npm:{}@{range}", wish.name)
            }
        })
    });
    each.collect()
}
