//! Whether the product needs a package, for lock files that say so of the project's own wishes alone.

use std::collections::{BTreeSet, HashMap, HashSet};

use mcpsign_schemas::inventory::{Origin, Package, Scope};

/// What the projects of a lock file ask for, and which edges between packages are optional.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    /// Id of the package, and what it is wanted for.
    pub(super) asked: Vec<(String, Scope)>,
    /// Of these ids those that the project at the root asks for, where the file tells it from its parts.
    pub(super) own: BTreeSet<String>,
    /// From one package's id to another's.
    pub(super) optional: HashSet<(String, String)>,
}

/// Sets scopes: required is what the product's wishes lead to, optional what only optional ones do, and development what is
/// left of the wishes for development. What nobody asks for keeps its scope.
pub(super) fn set_scopes(packages: &mut [Package], wishes: &Wishes) {
    let reached = {
        let index: HashMap<&str, &Package> =
            packages.iter().map(|package| (package.id.as_str(), package)).collect();
        let mut reached: HashMap<String, Scope> = HashMap::new();
        let mut later: Vec<&str> = Vec::new();
        for scope in [Scope::Required, Scope::Optional, Scope::Development] {
            let own = wishes.asked.iter().filter(|(_, for_)| *for_ == scope).map(|(id, _)| id.as_str());
            let mut open: Vec<&str> = own.chain(std::mem::take(&mut later)).collect();
            while let Some(id) = open.pop() {
                let Some(package) = index.get(id) else { continue };
                if reached.contains_key(id) {
                    continue;
                }
                reached.insert(id.to_owned(), scope);
                // What a project asks for stands among the wishes already.
                if matches!(package.origin, Origin::Root | Origin::Local { .. }) {
                    continue;
                }
                for next in &package.dependencies {
                    let is_optional =
                        scope == Scope::Required && wishes.optional.contains(&(id.to_owned(), next.clone()));
                    if is_optional { later.push(next) } else { open.push(next) }
                }
            }
        }
        reached
    };
    for package in packages {
        let is_own = matches!(package.origin, Origin::Root | Origin::Local { .. });
        if let Some(scope) = reached.get(&package.id).filter(|_| !is_own) {
            package.scope = *scope;
        }
    }
}

/// Marks what the project at the root asks for itself; all that any does, where none is told from the others.
pub(super) fn set_direct(packages: &mut [Package], wishes: &Wishes) {
    let asked: BTreeSet<&str> = match wishes.own.is_empty() {
        true => wishes.asked.iter().map(|(id, _)| id.as_str()).collect(),
        false => wishes.own.iter().map(String::as_str).collect(),
    };
    for package in packages {
        package.direct = package.origin != Origin::Root && asked.contains(package.id.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(id: &str, asks: &[&str]) -> Package {
        let mut package = Package::new(id, format!("pkg:npm/{id}"), id);
        package.scope = Scope::Unstated;
        package.dependencies = asks.iter().map(|id| (*id).to_owned()).collect();
        package
    }

    #[test]
    fn the_strongest_wish_counts() {
        let mut packages = [
            package("run", &["both", "native", "loop"]),
            package("both", &[]),
            package("native", &["under-native"]),
            package("under-native", &[]),
            package("test", &["both", "only-test"]),
            package("only-test", &["native"]),
            package("loop", &["run"]),
            package("nobody", &[]),
        ];
        let wishes = Wishes {
            asked: vec![
                ("test".into(), Scope::Development),
                ("run".into(), Scope::Required),
                ("gone".into(), Scope::Required),
            ],
            optional: HashSet::from([("run".to_owned(), "native".to_owned())]),
            own: BTreeSet::new(),
        };
        set_scopes(&mut packages, &wishes);
        set_direct(&mut packages, &wishes);
        let of = |scope| -> Vec<&str> {
            packages.iter().filter(|p| p.scope == scope).map(|p| p.id.as_str()).collect()
        };
        assert_eq!(of(Scope::Required), ["run", "both", "loop"]);
        assert_eq!(of(Scope::Optional), ["native", "under-native"]);
        assert_eq!(of(Scope::Development), ["test", "only-test"]);
        assert_eq!(of(Scope::Unstated), ["nobody"]);
        assert_eq!(
            packages.iter().filter(|p| p.direct).map(|p| p.id.as_str()).collect::<Vec<_>>(),
            ["run", "test"]
        );
        set_direct(&mut packages, &Wishes { own: BTreeSet::from(["run".to_owned()]), ..wishes });
        assert_eq!(packages.iter().filter(|p| p.direct).map(|p| p.id.as_str()).collect::<Vec<_>>(), ["run"]);
    }
}
