//! From what manifests ask for to what is there: a lock file of some formats does not say what its project asks for,
//! and of installed packages none does.

use std::collections::{BTreeSet, HashMap};

use mcpsign_schemas::inventory::{Completeness, Inventory, Means, Origin, Package, Scope};

use super::choose::Declared;
use crate::catalog::{npm, pypi};

/// The purl type: `pkg:npm`.
pub(super) fn ecosystem(purl: &str) -> &str {
    purl.split('/').next().unwrap_or_default()
}

/// Names by ecosystem, as names are compared there.
struct Names<'i>(HashMap<(String, String), Vec<&'i Package>>);

impl<'i> Names<'i> {
    fn of(inventory: &'i Inventory) -> Self {
        let mut names: HashMap<(String, String), Vec<&Package>> = HashMap::new();
        for package in inventory.packages.values().filter(|package| package.origin != Origin::Declared) {
            names.entry(key(package)).or_default().push(package);
        }
        Self(names)
    }

    fn called(&self, wish: &Package) -> &[&'i Package] {
        self.0.get(&key(wish)).map_or(&[], Vec::as_slice)
    }
}

fn key(package: &Package) -> (String, String) {
    let of = ecosystem(&package.purl);
    (of.to_owned(), if of == "pkg:pypi" { pypi::normalized(&package.name) } else { package.name.clone() })
}

/// What a wish is resolved to: in yarn's files by its range, else what the lock file says that its project asks for, else
/// what is installed where the project finds it, else whatever is called so.
fn answers(names: &Names<'_>, wish: &Package) -> Vec<String> {
    let called: Vec<&Package> =
        names.called(wish).iter().copied().filter(|package| is_resolved(package)).collect();
    let descriptors = descriptors(wish);
    let by_range = |package: &Package| {
        package
            .found
            .iter()
            .any(|at| descriptors.iter().any(|descriptor| npm::answers(&at.place, descriptor)))
    };
    let is_on_top = |package: &Package| {
        package.found.iter().any(|at| {
            at.means == Means::Installed && at.file == format!("node_modules/{}/package.json", package.name)
        })
    };
    let pick = |fits: &dyn Fn(&Package) -> bool| -> Vec<String> {
        called.iter().filter(|package| fits(package)).map(|package| package.id.clone()).collect()
    };
    [pick(&by_range), pick(&|package| package.direct), pick(&is_on_top), pick(&|_| true)]
        .into_iter()
        .find(|found| !found.is_empty())
        .unwrap_or_default()
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

/// The project, where the lock file that counts does not name it: as its manifest does.
pub(super) fn add_root(inventory: &mut Inventory, declared: &[Declared]) -> Option<String> {
    let is_named = |root: &Package| {
        inventory.packages.values().any(|package| {
            package.origin == Origin::Root && ecosystem(&package.purl) == ecosystem(&root.purl)
        })
    };
    let root = &declared.iter().find(|declared| !is_named(&declared.root))?.root;
    let mut root = root.clone();
    root.id = root.purl.clone();
    root.dependencies.clear();
    root.completeness = Completeness::Unknown;
    let id = root.id.clone();
    inventory.packages.entry(id.clone()).or_insert(root);
    Some(id)
}

/// Lets the project have the version and licences that its manifest tells, where its lock file tells none.
pub(super) fn complete_project(inventory: &mut Inventory, declared: &[Declared]) {
    let Some(mut own) = inventory.subject.as_ref().and_then(|id| inventory.packages.get(id)).cloned() else {
        return;
    };
    let told = declared.iter().map(|declared| &declared.root).find(|root| key(root) == key(&own));
    let Some(told) = told.filter(|_| own.origin == Origin::Root) else { return };
    let former = own.id.clone();
    if own.licenses.is_empty() {
        own.licenses.clone_from(&told.licenses);
    }
    // Of several that share a name none is told apart by a version.
    if own.version.is_none() && own.id == own.purl && !inventory.packages.contains_key(&told.purl) {
        own.version.clone_from(&told.version);
        own.purl.clone_from(&told.purl);
        own.id.clone_from(&told.purl);
    }
    inventory.packages.remove(&former);
    for package in inventory.packages.values_mut() {
        if package.dependencies.remove(&former) {
            package.dependencies.insert(own.id.clone());
        }
    }
    inventory.subject = Some(own.id.clone());
    inventory.packages.insert(own.id.clone(), own);
}

/// Lets `subject` ask for what its manifest declares: where the lock file does not say what it asks for, for what that
/// was resolved to; what the lock file does not know was added after locking, or kept out of it, and is installed all the
/// same.
pub(super) fn add_wishes(inventory: &mut Inventory, subject: &str, declared: &[Declared]) {
    let Some(own) = inventory.packages.get(subject) else { return };
    let of = ecosystem(&own.purl).to_owned();
    // yarn's files list what the project asks for, and not whether for development alone.
    let is_scoped = of != "pkg:npm"
        || !inventory.packages.values().any(|package| {
            package.scope == Scope::Unstated
                && package.means() == Means::Lockfile
                && !matches!(package.origin, Origin::Root | Origin::Local { .. })
                && ecosystem(&package.purl) == of
        });
    let is_stated = own.completeness != Completeness::Unknown && is_scoped;
    let known: BTreeSet<(String, String)> =
        own.dependencies.iter().filter_map(|id| inventory.packages.get(id)).map(key).collect();
    // What the members of a workspace ask for nobody says here.
    let is_all = !declared.iter().any(|one| one.has_members && ecosystem(&one.root.purl) == of);
    // The lock file of the project is older than the artifact's own word.
    let declared = declared
        .iter()
        .find(|declared| ecosystem(&declared.root.purl) == of && (declared.in_artifact || !is_stated));
    let Some(Declared { root, wishes, .. }) = declared else { return };
    let (mut asked, mut missing) = (Vec::new(), Vec::new());
    {
        let names = Names::of(inventory);
        for wish in wishes {
            if is_stated && known.contains(&key(wish)) {
                continue;
            }
            let found = if is_stated { Vec::new() } else { answers(&names, wish) };
            if found.is_empty() {
                if wish.scope != Scope::Optional {
                    missing.push(wish.clone());
                }
            } else {
                asked.extend(found.into_iter().map(|id| (id, wish.scope)));
            }
        }
    }
    let all = missing.is_empty() && root.completeness != Completeness::Unknown;
    let mut ids: BTreeSet<String> = asked.iter().map(|(id, _)| id.clone()).collect();
    for mut wish in missing {
        wish.id = wish.purl.clone();
        ids.insert(wish.id.clone());
        inventory.packages.entry(wish.id.clone()).or_insert(wish);
    }
    for id in &ids {
        if let Some(package) = inventory.packages.get_mut(id) {
            package.direct = true;
        }
    }
    if let Some(package) = inventory.packages.get_mut(subject) {
        package.dependencies.extend(ids);
        package.completeness = match (is_stated, all) {
            (false, true) => Completeness::Complete,
            (_, false) => package.completeness.min(Completeness::Incomplete).max(Completeness::Incomplete),
            (true, true) => package.completeness,
        };
    }
    if !is_stated {
        set_scopes(inventory, &asked, all && is_all);
    }
}

/// What the artifact declares of other ecosystems than its own: a bundle is no npm package, and holds one with its manifest.
pub(super) fn add_others(inventory: &mut Inventory, declared: &[Declared]) {
    let own = inventory.subject.as_deref().map(ecosystem).unwrap_or_default().to_owned();
    for one in declared.iter().filter(|declared| declared.in_artifact) {
        let of = ecosystem(&one.root.purl);
        if of == own {
            continue;
        }
        let named = key(&one.root);
        let roots = || {
            let all = inventory.packages.values().filter(|package| package.origin == Origin::Root);
            all.filter(|package| ecosystem(&package.purl) == of)
        };
        let own = roots().find(|root| key(root) == named).or_else(|| roots().next());
        let one = std::slice::from_ref(one);
        let root = own.map(|root| root.id.clone()).or_else(|| add_root(inventory, one));
        if let Some(root) = root {
            add_wishes(inventory, &root, one);
        }
    }
}

/// Lets the artifact run what its own manifest says, whatever the lock file beside that says of it: npm runs the scripts of
/// package.json.
pub(super) fn add_install_scripts(inventory: &mut Inventory, declared: &[Declared]) {
    for Declared { root, .. } in declared.iter().filter(|one| one.in_artifact && one.root.install_script) {
        let (named, of) = (key(root), ecosystem(&root.purl));
        let is_named = inventory.packages.values().any(|package| key(package) == named);
        for package in inventory.packages.values_mut() {
            package.install_script |= if is_named {
                key(package) == named
            } else {
                // The lock file calls the project otherwise.
                package.origin == Origin::Root && ecosystem(&package.purl) == of
            };
        }
    }
}

/// Scopes of what no file gives one: required is what the wishes lead to. What they do not lead to in a lock file is there
/// for development, if they are known to be all, and so is what those ask for to which they lead.
fn set_scopes(inventory: &mut Inventory, asked: &[(String, Scope)], all: bool) {
    let reach = |for_: Scope| -> BTreeSet<String> {
        let from = asked.iter().filter(|(_, scope)| *scope == for_);
        inventory.reachable_from(from.map(|(id, _)| id.as_str()))
    };
    let (required, optional) = (reach(Scope::Required), reach(Scope::Optional));
    let mut reached = required.iter().chain(&optional).filter_map(|id| inventory.packages.get(id));
    let all = all && reached.all(|package| package.completeness != Completeness::Incomplete);
    let of: BTreeSet<String> = asked
        .iter()
        .filter_map(|(id, _)| inventory.packages.get(id))
        .map(|package| ecosystem(&package.purl).to_owned())
        .collect();
    for (id, package) in &mut inventory.packages {
        if package.scope != Scope::Unstated || !of.contains(ecosystem(&package.purl)) {
            continue;
        }
        package.scope = if required.contains(id) {
            Scope::Required
        } else if optional.contains(id) {
            Scope::Optional
        } else if all && package.means() == Means::Lockfile {
            Scope::Development
        } else {
            Scope::Unstated
        };
    }
}

/// Lets what is installed stand for what was only asked for: a wish that something on the spot answers is none any more.
pub(super) fn answer_by_installed(inventory: &mut Inventory) {
    let answered: HashMap<String, Vec<String>> = {
        let names = Names::of(inventory);
        let is_installed = |id: &String| {
            inventory.packages.get(id).is_some_and(|package| package.means() == Means::Installed)
        };
        let wishes = inventory.packages.values().filter(|package| package.origin == Origin::Declared);
        let each = wishes.map(|wish| {
            (wish.id.clone(), answers(&names, wish).into_iter().filter(|id| is_installed(id)).collect())
        });
        each.filter(|(_, found): &(String, Vec<String>)| !found.is_empty()).collect()
    };
    inventory.packages.retain(|id, _| !answered.contains_key(id));
    redirect(inventory, &answered);
    for id in answered.values().flatten() {
        if let Some(package) = inventory.packages.get_mut(id) {
            package.direct = true;
            if package.scope == Scope::Unstated {
                package.scope = Scope::Required;
            }
        }
    }
}

/// Lets a notice that tells no version confirm the one package of its name that another file tells the version of.
pub(super) fn confirm_versions(inventory: &mut Inventory) {
    let confirmed: Vec<(String, String)> = {
        let names = Names::of(inventory);
        let versionless = inventory
            .packages
            .values()
            .filter(|package| package.version.is_none() && package.means() == Means::BundleNotice);
        let each = versionless.filter_map(|notice| {
            let mut versioned = names.called(notice).iter().filter(|package| package.version.is_some());
            match (versioned.next(), versioned.next()) {
                (Some(only), None) => Some((notice.id.clone(), only.id.clone())),
                _ => None,
            }
        });
        each.collect()
    };
    for (notice, id) in &confirmed {
        let Some(removed) = inventory.packages.remove(notice) else { continue };
        if let Some(package) = inventory.packages.get_mut(id) {
            package.found.extend(removed.found);
            package.licenses.extend(removed.licenses);
            package.scope = package.scope.min(removed.scope);
            package.direct |= removed.direct;
        }
    }
    let confirmed = confirmed.into_iter().map(|(notice, id)| (notice, vec![id])).collect();
    redirect(inventory, &confirmed);
}

/// Lets who asks for a package that is gone ask for those that stand for it.
fn redirect(inventory: &mut Inventory, gone: &HashMap<String, Vec<String>>) {
    for package in inventory.packages.values_mut() {
        let asked: Vec<String> =
            package.dependencies.iter().filter(|id| gone.contains_key(*id)).cloned().collect();
        for id in asked {
            package.dependencies.remove(&id);
            let others = gone.get(&id).into_iter().flatten().filter(|other| **other != package.id);
            package.dependencies.extend(others.cloned());
        }
    }
}

/// Lets the artifact's package hold what is built into its own files.
pub(super) fn add_built_in(inventory: &mut Inventory, subject: &str) {
    let is_own = |package: &Package| package.direct && (package.bundled || package.means().is_hint());
    let own: Vec<String> = inventory.packages.values().filter(|p| is_own(p)).map(|p| p.id.clone()).collect();
    if let Some(package) = inventory.packages.get_mut(subject) {
        package.dependencies.extend(own.into_iter().filter(|id| id != subject));
    }
}

/// Where the artifact is one package of a larger project, or of an installation, the others are not its business. What
/// lies in the artifact itself is.
pub(super) fn keep_what_counts(inventory: &mut Inventory, subject: &str, member: bool) {
    let is_part = |package: &&Package| member || package.origin != Origin::Root;
    let Some(own) = inventory.packages.get(subject).filter(is_part) else { return };
    let of = ecosystem(&own.purl).to_owned();
    let direct = own.dependencies.clone();
    let reachable = inventory.reachable(subject);
    inventory.packages.retain(|id, package| {
        let is_inside = !matches!(package.means(), Means::Lockfile | Means::Manifest);
        reachable.contains(id) || is_inside || ecosystem(&package.purl) != of
    });
    // Of what was left out nobody must speak.
    let left: BTreeSet<String> = inventory.packages.keys().cloned().collect();
    for (id, package) in &mut inventory.packages {
        package.dependencies.retain(|id| left.contains(id));
        if ecosystem(&package.purl) == of {
            package.direct = direct.contains(id);
        }
    }
}
