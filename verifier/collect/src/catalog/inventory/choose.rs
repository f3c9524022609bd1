//! Which of several files of one ecosystem counts.

use std::collections::BTreeMap;

use mcpsign_schemas::inventory::{Completeness, FileOutcome, Location, Origin, Package, Scope};
use mcpsign_schemas::manifest::LockfileOrigin;
use mcpsign_schemas::purl::Purl;

use super::about::About;
use super::source::Source;
use crate::catalog::Cataloger as _;
use crate::catalog::unread::{self, OTHER_MANIFESTS};
use crate::catalog::{Role, npm, pypi};

/// What a manifest says beside the lock file that counts.
pub(super) struct Declared {
    /// The package itself.
    pub(super) root: Package,
    /// What it asks for.
    pub(super) wishes: Vec<Package>,
    /// Whether it lies in the artifact, and not in the project that the artifact was made from.
    pub(super) in_artifact: bool,
    /// Whether it is the root of a workspace, whose members ask for more.
    pub(super) has_members: bool,
    /// The members and what they ask for, where all of that is known.
    pub(super) members: Option<Vec<Package>>,
    /// The cataloger that read it, and the folder that it lies in.
    of: &'static str,
    folder: Option<String>,
}

/// Lets one file of each ecosystem count beside those that only add, and returns what manifests declare beside a lock
/// file. `own` is what the artifact says that it is, `project` what the project does.
pub(super) fn choose(
    sources: &mut [Source<'_>],
    own: Option<&About>,
    project: Option<&About>,
    member: bool,
) -> Vec<Declared> {
    // A bundle's server is a project of its own beside what lies at the bundle's root.
    let mut chosen: BTreeMap<(bool, String), (String, Role)> = BTreeMap::new();
    let mut declared = Vec::new();
    let is_installed = |source: &Source<'_>| {
        source.cataloger.id() == pypi::METADATA.id()
            && source.origin == LockfileOrigin::Artifact
            && !source.in_archive
    };
    let is_environment = sources.iter().filter(|source| is_installed(source)).count() > 1;
    for source in sources.iter_mut().filter(|source| !source.adds()) {
        if is_environment && is_installed(source) && !chosen.contains_key(&(false, "pypi".to_owned())) {
            source.packages = installed(std::mem::take(&mut source.packages));
            continue;
        }
        let Some(ecosystem) = source.ecosystem() else { continue };
        let role = source.cataloger.role();
        if source.origin == LockfileOrigin::Project
            && is_foreign(source, &ecosystem, own, project)
            && !(member && is_of_all(source))
        {
            source.outcome = FileOutcome::Unrelated;
            continue;
        }
        let key = (source.is_of_server(), ecosystem);
        match chosen.get(&key) {
            None => {
                chosen.insert(key, (source.path.to_string(), role));
            }
            Some((by, Role::Lock)) if role == Role::Manifest && source.origin != LockfileOrigin::Resolved => {
                source.outcome = FileOutcome::Superseded { by: by.clone() };
                declared.extend(declaration(source));
            }
            Some((by, _)) => source.outcome = FileOutcome::Superseded { by: by.clone() },
        }
    }
    // What is not read hides nothing where another file says what it would.
    for source in sources.iter_mut().filter(|source| source.cataloger.id() == OTHER_MANIFESTS.id()) {
        let key = (source.is_of_server(), unread::ecosystem(&source.path).to_owned());
        if let Some((by, _)) = chosen.get(&key) {
            source.outcome = FileOutcome::Superseded { by: by.clone() };
        }
    }
    for one in &mut declared {
        one.name_by_lock(sources);
    }
    declared.sort_by_key(|declared| !declared.in_artifact);
    declared
}

impl Declared {
    /// Calls what is asked for by an address as pnpm's lock file does: another package may be installed under that name.
    fn name_by_lock(&mut self, sources: &[Source<'_>]) {
        let is_address = |wish: &&mut Package| wish.requested.iter().any(|range| range.contains(['/', ':']));
        let is_lock = |source: &&Source<'_>| {
            source.cataloger.id() == npm::PNPM_LOCK.id() && source.outcome == FileOutcome::Used
        };
        let mut wishes = self.wishes.iter_mut().filter(is_address).peekable();
        if self.of != npm::PACKAGE_JSON.id() || wishes.peek().is_none() {
            return;
        }
        let lock =
            sources.iter().find(|source| is_lock(source) && source.path.parent() == self.folder.as_deref());
        let names = lock.and_then(|lock| npm::renamed(lock.document.bytes()?).ok()).unwrap_or_default();
        for wish in wishes {
            let Some(name) = names.get(&wish.id) else { continue };
            if let Ok(purl) = Purl::npm(name, None) {
                wish.purl = purl.to_string();
                wish.name.clone_from(name);
            }
        }
    }
}

/// Whether a project's file is about another package than the artifact. A lock file without a project of its own is about
/// what the project's manifest names.
fn is_foreign(source: &Source<'_>, ecosystem: &str, own: Option<&About>, project: Option<&About>) -> bool {
    let Some(own) = own.filter(|own| own.is_of(ecosystem)) else { return false };
    let names_projects =
        source.packages.iter().any(|package| matches!(package.origin, Origin::Root | Origin::Local { .. }));
    if names_projects || own.find(source.packages.iter()).is_some() {
        return own.find(source.packages.iter()).is_none();
    }
    !project.is_some_and(|project| own.is_alike(project))
}

/// Whether a lock file names none of the projects that it is of: then it is of all members of the workspace.
fn is_of_all(source: &Source<'_>) -> bool {
    let is_project = |package: &Package| matches!(package.origin, Origin::Root | Origin::Local { .. });
    source.cataloger.role() == Role::Lock && !source.packages.iter().any(is_project)
}

fn declaration(source: &Source<'_>) -> Option<Declared> {
    let path = source.path.as_str();
    let located = |package: &Package| {
        let mut package = package.clone();
        package.found =
            package.found.into_iter().map(|found| Location { file: path.into(), ..found }).collect();
        package
    };
    let root = source.packages.iter().find(|package| package.origin == Origin::Root)?;
    let wishes = source.packages.iter().filter(|package| package.origin == Origin::Declared);
    Some(Declared {
        root: located(root),
        wishes: wishes.map(located).collect(),
        in_artifact: source.origin == LockfileOrigin::Artifact,
        members: None,
        of: source.cataloger.id(),
        folder: source.path.parent().map(str::to_owned),
        has_members: source.cataloger.id() == npm::PACKAGE_JSON.id()
            && source.document.bytes().is_some_and(npm::has_members),
    })
}

/// Of what one file among many in an environment says: that its package is installed there. What it needs is not
/// followed.
fn installed(packages: Vec<Package>) -> Vec<Package> {
    let roots = packages.into_iter().filter(|package| package.origin == Origin::Root);
    roots
        .map(|mut package| {
            package.origin = Origin::Registry { url: None };
            package.scope = Scope::Unstated;
            package.dependencies.clear();
            package.completeness = Completeness::Unknown;
            package
        })
        .collect()
}
