//! From what manifests ask for to what is there: a lock file of some formats does not say what its project asks for,
//! and of installed packages none does.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use mcpsign_schemas::inventory::{Completeness, Inventory, Means, Origin, Package, Scope};

use super::answers::{Answers, Key, ecosystem, key};
use super::choose::Declared;

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
    let known: BTreeSet<Key> =
        own.dependencies.iter().filter_map(|id| inventory.packages.get(id)).map(key).collect();
    let workspaces = declared.iter().filter(|one| one.has_members && ecosystem(&one.root.purl) == of);
    let members: Option<Vec<&Vec<Package>>> = workspaces.map(|one| one.members.as_ref()).collect();
    // The lock file of the project is older than the artifact's own word.
    let declared = declared
        .iter()
        .find(|declared| ecosystem(&declared.root.purl) == of && (declared.in_artifact || !is_stated));
    let Some(Declared { root, wishes, .. }) = declared else { return };
    let (mut asked, missing, of_members) = if is_stated {
        (BTreeSet::new(), wishes.iter().filter(|wish| !known.contains(&key(wish))).collect(), None)
    } else {
        let answers = Answers::of(inventory);
        let (asked, missing) = answers.to_all(wishes.iter());
        (asked, missing, members.map(|members| OfMembers::of(&answers, members.into_iter().flatten())))
    };
    let missing: Vec<Package> =
        missing.into_iter().filter(|wish| wish.scope != Scope::Optional).cloned().collect();
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
        let OfMembers { own, asked: theirs, all: known } = of_members.unwrap_or_default();
        for member in &own {
            if let Some(package) =
                inventory.packages.get_mut(member).filter(|one| one.scope == Scope::Unstated)
            {
                package.scope = Scope::Required;
            }
        }
        // A member asks in the lock file for what it is developed with, too.
        asked.retain(|(id, _)| !own.contains(id));
        asked.extend(theirs);
        set_scopes(inventory, &asked, all && known);
    }
}

/// What the members of a workspace ask for.
#[derive(Default)]
struct OfMembers {
    /// The members that the lock file has.
    own: BTreeSet<String>,
    /// What the others are that they ask for.
    asked: BTreeSet<(String, Scope)>,
    /// Whether that is all. Of a workspace of which nobody says what its members ask for it is not.
    all: bool,
}

impl OfMembers {
    fn of<'p>(answers: &Answers<'_>, members: impl Iterator<Item = &'p Package>) -> Self {
        let (roots, wishes): (Vec<&Package>, Vec<&Package>) =
            members.partition(|package| package.origin == Origin::Root);
        let named: BTreeSet<Key> = roots.iter().map(|root| key(root)).collect();
        let is_local = |package: &&&Package| matches!(package.origin, Origin::Local { .. });
        let own = named.iter().flat_map(|key| answers.called(key).iter().filter(is_local));
        let own = own.map(|package| package.id.clone()).collect();
        let (asked, missing) = answers.to_all(wishes.into_iter().filter(|wish| !named.contains(&key(wish))));
        let all = missing.iter().all(|wish| wish.scope == Scope::Optional);
        Self { own, asked, all }
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
fn set_scopes(inventory: &mut Inventory, asked: &BTreeSet<(String, Scope)>, all: bool) {
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
    let answered: Gone = {
        let answers = Answers::of(inventory);
        let installed = |ids: &mut dyn Iterator<Item = &str>| -> Rc<[String]> {
            let is_installed = |id: &&str| {
                inventory.packages.get(*id).is_some_and(|package| package.means() == Means::Installed)
            };
            ids.filter(is_installed).map(str::to_owned).collect()
        };
        let mut named: HashMap<Key, Rc<[String]>> = HashMap::new();
        let wishes = inventory.packages.values().filter(|package| package.origin == Origin::Declared);
        let each = wishes.map(|wish| {
            let ranged = answers.by_range(wish);
            let by_name = |key: &Key| installed(&mut answers.by_name(key).into_iter());
            let ids = match ranged.is_empty() {
                true => Rc::clone(named.entry(key(wish)).or_insert_with_key(by_name)),
                false => installed(&mut ranged.into_iter()),
            };
            (wish.id.clone(), ids)
        });
        each.filter(|(_, found)| !found.is_empty()).collect()
    };
    let is_optional =
        |wish: &String| inventory.packages.get(wish).is_some_and(|wish| wish.scope == Scope::Optional);
    let (optional, required): (Vec<_>, Vec<_>) = answered.iter().partition(|(wish, _)| is_optional(wish));
    let ids = |wishes: Vec<(&String, &Rc<[String]>)>| -> Vec<String> {
        distinct(wishes.iter().map(|(_, ids)| *ids)).flat_map(|ids| ids.iter().cloned()).collect()
    };
    // What anybody requires is required.
    let direct = [(ids(required), Scope::Required), (ids(optional), Scope::Optional)];
    inventory.packages.retain(|id, _| !answered.contains_key(id));
    redirect(inventory, &answered);
    for (ids, scope) in direct {
        for id in &ids {
            let Some(package) = inventory.packages.get_mut(id) else { continue };
            package.direct = true;
            if matches!((package.scope, scope), (Scope::Unstated, _) | (Scope::Optional, Scope::Required)) {
                package.scope = scope;
            }
        }
        pass_on(inventory, ids, scope);
    }
}

/// Lets what is installed for packages of npm be needed as they are. What only optional wishes lead to is optional already.
fn pass_on(inventory: &mut Inventory, from: Vec<String>, scope: Scope) {
    let mut open = from;
    while let Some(id) = open.pop() {
        let Some(asking) = inventory.packages.get(&id).filter(|package| package.scope == scope) else {
            continue;
        };
        for next in asking.dependencies.clone() {
            let is_open = |package: &&mut Package| {
                package.scope == Scope::Unstated
                    && package.means() == Means::Installed
                    && ecosystem(&package.purl) == "pkg:npm"
            };
            if let Some(package) = inventory.packages.get_mut(&next).filter(is_open) {
                package.scope = scope;
                open.push(next);
            }
        }
    }
}

/// Packages that are gone, and those that stand for each: of a name the same list.
type Gone = HashMap<String, Rc<[String]>>;

/// Every list once, however often it is meant.
fn distinct<'g>(lists: impl Iterator<Item = &'g Rc<[String]>>) -> impl Iterator<Item = &'g Rc<[String]>> {
    let mut seen = HashSet::new();
    lists.filter(move |list| seen.insert(Rc::as_ptr(list)))
}

/// Lets a notice that tells no version confirm the one package of its name that another file tells the version of.
pub(super) fn confirm_versions(inventory: &mut Inventory) {
    let confirmed: Vec<(String, String)> = {
        let answers = Answers::of(inventory);
        let versionless = inventory
            .packages
            .values()
            .filter(|package| package.version.is_none() && package.means() == Means::BundleNotice);
        let each = versionless.filter_map(|notice| {
            let mut versioned =
                answers.called(&key(notice)).iter().filter(|package| package.version.is_some());
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
    let confirmed = confirmed.into_iter().map(|(notice, id)| (notice, Rc::from([id]))).collect();
    redirect(inventory, &confirmed);
}

/// Lets who asks for a package that is gone ask for those that stand for it.
fn redirect(inventory: &mut Inventory, gone: &Gone) {
    for package in inventory.packages.values_mut() {
        let asked: Vec<String> =
            package.dependencies.iter().filter(|id| gone.contains_key(*id)).cloned().collect();
        package.dependencies.retain(|id| !gone.contains_key(id));
        let others = distinct(asked.iter().filter_map(|id| gone.get(id))).flat_map(|ids| ids.iter());
        let others: Vec<String> = others.filter(|other| **other != package.id).cloned().collect();
        package.dependencies.extend(others);
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
