//! `cargo metadata`: of the crates that Cargo.lock pins for every feature and machine, which one build takes, and for what.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use cargo_metadata::cargo_platform::Platform;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Node, PackageId, TargetKind};
use mcpsign_schemas::inventory::{Inventory, Means, Package, Scope};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::untrusted::escape;

use super::origin;
use crate::catalog::CatalogError;

/// Says of the crates in `inventory` that Cargo.lock names whether the build that `metadata` describes takes them: at run time, for
/// building and testing alone, or not at all. None is taken out: another build of the same release may take it. `build` names the
/// machine and the features, to be recorded.
///
/// # Errors
/// When it is not what `cargo metadata` prints, or not with its graph.
pub fn narrow(inventory: &mut Inventory, metadata: &str, build: &str) -> Result<(), CatalogError> {
    let wrong = |what: String| CatalogError::Line { line: 0, what };
    let metadata = MetadataCommand::parse(metadata).map_err(|error| {
        wrong(format!("not what `cargo metadata` prints: {}", escape(&error.to_string())))
    })?;
    let graph = Graph::of(&metadata).ok_or_else(|| wrong("`cargo metadata` without its graph".into()))?;
    let roots = graph.roots(inventory);
    let taken = graph.taken(&roots);
    let declared = graph.declared(&taken);
    let is_locked = |package: &Package| {
        package.purl.starts_with("pkg:cargo/") && package.found.iter().any(|at| at.means == Means::Lockfile)
    };
    let mut left = BTreeMap::new();
    for package in inventory.packages.values_mut().filter(|package| is_locked(package)) {
        if let Some((scope, conditions)) = taken.get(&package.purl) {
            package.scope = *scope;
            package.markers.extend(conditions.iter().cloned());
        } else if !graph.purls.contains(&package.purl) {
            package.scope = Scope::Optional;
            left.insert(package.id.clone(), conditions(package, &declared));
        }
    }
    pass_on(&mut left, inventory);
    for (id, conditions) in left {
        if let Some(package) = inventory.packages.get_mut(&id) {
            package.markers.extend(conditions);
        }
    }
    inventory.resolutions.insert(format!("cargo metadata for {build}"));
    Ok(())
}

/// For what a crate is taken, and under which conditions; none where always.
type Taken = BTreeMap<String, (Scope, BTreeSet<String>)>;

/// What the crates of a build declare for other machines: name, versions, condition.
type Declared = HashMap<String, Vec<(semver::VersionReq, String)>>;

struct Graph<'m> {
    metadata: &'m Metadata,
    nodes: HashMap<&'m PackageId, &'m Node>,
    /// Package URLs, as Cargo.lock gives them.
    names: HashMap<&'m PackageId, String>,
    purls: HashSet<String>,
    /// Crates that run in the compiler.
    macros: HashSet<&'m PackageId>,
}

impl<'m> Graph<'m> {
    fn of(metadata: &'m Metadata) -> Option<Self> {
        let nodes = metadata.resolve.as_ref()?.nodes.iter().map(|node| (&node.id, node)).collect();
        let names: HashMap<&PackageId, String> = metadata
            .packages
            .iter()
            .filter_map(|package| {
                let source = package.source.as_ref().map(|source| source.repr.as_str());
                let (_, qualifier) = origin(source)?;
                let purl = Purl::cargo(package.name.as_str(), Some(&package.version.to_string())).ok()?;
                let purl = match qualifier {
                    Some((key, value)) => purl.with_qualifier(key, value).ok()?,
                    None => purl,
                };
                Some((&package.id, purl.to_string()))
            })
            .collect();
        let is_macro = |package: &&cargo_metadata::Package| {
            package.targets.iter().any(|target| target.kind.contains(&TargetKind::ProcMacro))
        };
        let macros = metadata.packages.iter().filter(is_macro).map(|package| &package.id).collect();
        Some(Self { metadata, nodes, purls: names.values().cloned().collect(), names, macros })
    }

    /// The inventory's own crate where it is one of the workspace's, else all of those.
    fn roots(&self, inventory: &Inventory) -> Vec<&'m PackageId> {
        let subject = inventory.subject.as_ref().and_then(|id| inventory.packages.get(id));
        let members = &self.metadata.workspace_members;
        let own: Vec<&PackageId> = members
            .iter()
            .filter(|id| subject.is_some_and(|subject| self.names.get(id) == Some(&subject.purl)))
            .collect();
        if own.is_empty() { members.iter().collect() } else { own }
    }

    /// Whatever `from` leads to by edges that one `follows`.
    fn reach(&self, from: &[&'m PackageId], follows: impl Fn(Edge<'m>) -> bool) -> HashSet<&'m PackageId> {
        let mut reached = HashSet::new();
        let mut open = from.to_vec();
        while let Some(id) = open.pop() {
            if reached.insert(id) {
                open.extend(self.edges(id).filter(|edge| follows(*edge)).map(|edge| edge.to));
            }
        }
        reached
    }

    fn edges(&self, id: &PackageId) -> impl Iterator<Item = Edge<'m>> {
        let dependencies = self.nodes.get(id).into_iter().flat_map(|node| &node.deps);
        dependencies.flat_map(|dependency| {
            let to = &dependency.pkg;
            let is_macro = self.macros.contains(to);
            dependency.dep_kinds.iter().map(move |kind| Edge {
                to,
                runs: kind.kind == DependencyKind::Normal && !is_macro,
                condition: kind.target.as_ref(),
            })
        })
    }

    fn taken(&self, roots: &[&'m PackageId]) -> Taken {
        let all = self.reach(roots, |_| true);
        let runs = self.reach(roots, |edge| edge.runs);
        let always = self.reach(roots, |edge| edge.runs && edge.condition.is_none());
        // A condition of what asks for a crate is one of the crate, as long as nobody asks for it without.
        let mut conditions: HashMap<&PackageId, BTreeSet<String>> = HashMap::new();
        let mut open: Vec<&PackageId> = always.iter().copied().collect();
        while let Some(id) = open.pop() {
            let inherited = conditions.get(id).cloned().unwrap_or_default();
            for edge in self.edges(id).filter(|edge| edge.runs && !always.contains(edge.to)) {
                let own = conditions.entry(edge.to).or_default();
                let before = own.len();
                match edge.condition {
                    Some(condition) => _ = own.insert(escape(&condition.to_string())),
                    None => own.extend(inherited.iter().cloned()),
                }
                if own.len() > before {
                    open.push(edge.to);
                }
            }
        }
        let each = all.into_iter().filter_map(|id| {
            let scope = if runs.contains(id) { Scope::Required } else { Scope::Development };
            Some((self.names.get(id)?.clone(), (scope, conditions.remove(id).unwrap_or_default())))
        });
        each.collect()
    }

    fn declared(&self, taken: &Taken) -> Declared {
        let mut declared = Declared::new();
        for package in &self.metadata.packages {
            if !self.names.get(&package.id).is_some_and(|name| taken.contains_key(name)) {
                continue;
            }
            for wish in package.dependencies.iter().filter(|wish| wish.kind != DependencyKind::Development) {
                if let Some(target) = &wish.target {
                    let condition = (wish.req.clone(), escape(&target.to_string()));
                    declared.entry(wish.name.clone()).or_default().push(condition);
                }
            }
        }
        declared
    }
}

#[derive(Clone, Copy)]
struct Edge<'m> {
    to: &'m PackageId,
    /// Whether it is for run time, and not for building or testing.
    runs: bool,
    condition: Option<&'m Platform>,
}

/// Under which conditions the crates of a build would ask for one that it does not take.
fn conditions(package: &Package, declared: &Declared) -> BTreeSet<String> {
    let version = package.version.as_deref().and_then(|version| semver::Version::parse(version).ok());
    let wishes = declared.get(&package.name).into_iter().flatten();
    let fits = |req: &semver::VersionReq| version.as_ref().is_some_and(|version| req.matches(version));
    wishes.filter(|(req, _)| fits(req)).map(|(_, condition)| condition.clone()).collect()
}

/// Lets what is not taken pass its conditions on to what it alone asks for.
fn pass_on(left: &mut BTreeMap<String, BTreeSet<String>>, inventory: &Inventory) {
    let mut open: Vec<String> =
        left.iter().filter(|(_, own)| !own.is_empty()).map(|(id, _)| id.clone()).collect();
    while let Some(id) = open.pop() {
        let own = left.get(&id).cloned().unwrap_or_default();
        let asked = inventory.packages.get(&id).into_iter().flat_map(|package| &package.dependencies);
        for next in asked {
            let Some(conditions) = left.get_mut(next) else { continue };
            let before = conditions.len();
            conditions.extend(own.iter().cloned());
            if conditions.len() > before {
                open.push(next.clone());
            }
        }
    }
}
