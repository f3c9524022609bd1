//! What lies in the artifact itself, one file a package or a bundle: who asks for whom, once every file was read.

use std::collections::{BTreeSet, HashMap, HashSet};

use mcpsign_schemas::inventory::{Completeness, Location, Package, Scope};

use super::npm;
use super::pypi::normalized;

/// Before a name that a package asks for, in the answer of a cataloger that sees one package alone.
const ASKED: &str = "asked:";

/// The same of what it works without.
const OPTIONAL: &str = "optional:";

/// How a cataloger that sees one package alone writes down that it asks for `name`.
pub(super) fn wish(name: &str, optional: bool) -> String {
    format!("{}{name}", if optional { OPTIONAL } else { ASKED })
}

/// What one file says.
pub(super) struct File {
    /// Its path.
    pub(super) path: String,
    /// Packages whose `dependencies` are ids within this file, or wishes. The id of what is installed is the folder in
    /// which it lies.
    pub(super) packages: Vec<Package>,
}

/// All packages, ids unique, wishes resolved as node and Python resolve them. What is built into the files of an
/// installed package that one asks for; what no package holds is marked as the artifact's own (`direct`).
pub(super) fn link(files: Vec<File>) -> Vec<Package> {
    let mut packages = Vec::new();
    let mut built_in: Vec<(String, Vec<String>)> = Vec::new();
    for File { path, packages: found } in files {
        let is_installed = |package: &Package| {
            let inside = path.strip_prefix(package.id.as_str());
            let is_inside = matches!(
                inside,
                Some(
                    "" | "/package.json"
                        | "/METADATA"
                        | "/PKG-INFO"
                        | "/EGG-INFO/PKG-INFO"
                        | "/.cargo-checksum.json"
                )
            );
            // Go lists what lies beside its list.
            is_inside || path.strip_suffix("modules.txt").is_some_and(|beside| package.id.starts_with(beside))
        };
        let mut inside = Vec::new();
        for mut package in found {
            package.found =
                package.found.into_iter().map(|found| Location { file: path.clone(), ..found }).collect();
            if !is_installed(&package) {
                let local = |id: &str| format!("{path}#{id}");
                package.dependencies = package
                    .dependencies
                    .iter()
                    .map(|id| if name_in(id).is_some() { id.clone() } else { local(id) })
                    .collect();
                package.id = local(&package.id);
                inside.push(package.id.clone());
            }
            packages.push(package);
        }
        built_in.push((path, inside));
    }
    resolve(&mut packages);
    give_to_owners(&mut packages, built_in);
    packages
}

fn name_in(wish: &str) -> Option<(&str, bool)> {
    match wish.strip_prefix(ASKED) {
        Some(name) => Some((name, false)),
        None => wish.strip_prefix(OPTIONAL).map(|name| (name, true)),
    }
}

/// Where installed packages lie that others ask for by name: the folder that holds them, unless others are linked to them, and under
/// which name.
fn place(package: &Package) -> Option<(Option<&str>, String)> {
    if npm::is_nameless_copy(&package.id) {
        return Some((None, package.name.clone()));
    }
    if package.purl.starts_with("pkg:npm/") {
        let (folder, name) = package.id.rsplit_once("node_modules/")?;
        return Some((Some(folder.strip_suffix('/').unwrap_or(folder)), name.to_owned()));
    }
    if !package.purl.starts_with("pkg:pypi/") {
        return None;
    }
    let folder = package.id.rsplit_once('/').map_or("", |(folder, _)| folder);
    Some((Some(folder), normalized(&package.name)))
}

fn resolve(packages: &mut [Package]) {
    // What packages of npm ask for, and what they work without.
    let (mut needed, mut optional) = (HashSet::new(), HashSet::new());
    let resolved: Vec<(BTreeSet<String>, bool)> = {
        let mut folders: HashMap<&str, HashMap<String, &str>> = HashMap::new();
        let mut by_name: HashMap<String, Vec<&str>> = HashMap::new();
        for package in packages.iter().filter(|package| !package.bundled && !package.id.contains('#')) {
            let Some((folder, name)) = place(package) else { continue };
            by_name.entry(name.clone()).or_default().push(&package.id);
            if let Some(folder) = folder {
                folders.entry(folder).or_default().insert(name, &package.id);
            }
        }
        let find = |from: &Package, name: &str| -> Option<String> {
            let is_npm = from.purl.starts_with("pkg:npm/");
            let name = if is_npm { name.to_owned() } else { normalized(name) };
            let mut folder = from.id.as_str();
            loop {
                if let Some(found) = folders.get(folder).and_then(|names| names.get(&name)) {
                    return Some((*found).to_owned());
                }
                if folder.is_empty() {
                    break;
                }
                folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
            }
            // pnpm links what a package asks for beside it, and links are not followed.
            match by_name.get(&name).map(Vec::as_slice) {
                Some([only]) => Some((*only).to_owned()),
                _ => None,
            }
        };
        let each = packages.iter().map(|package| {
            let is_npm = package.purl.starts_with("pkg:npm/");
            let mut all = true;
            let ids = package.dependencies.iter().filter_map(|id| match name_in(id) {
                None => Some(id.clone()),
                Some((name, is_optional)) => {
                    let found = find(package, name);
                    all &= found.is_some() || is_optional;
                    let those = if is_optional { &mut optional } else { &mut needed };
                    those.extend(found.clone().filter(|_| is_npm));
                    found
                }
            });
            (ids.collect(), all)
        });
        each.collect()
    };
    for (package, (dependencies, all)) in packages.iter_mut().zip(resolved) {
        package.dependencies = dependencies;
        if !all {
            package.completeness = package.completeness.max(Completeness::Incomplete);
        }
        if optional.contains(&package.id) && !needed.contains(&package.id) {
            package.scope = package.scope.max(Scope::Optional);
        }
    }
}

fn give_to_owners(packages: &mut [Package], built_in: Vec<(String, Vec<String>)>) {
    let index: HashMap<String, usize> =
        packages.iter().enumerate().map(|(at, package)| (package.id.clone(), at)).collect();
    for (path, ids) in built_in {
        let mut folder = path.as_str();
        let owner = loop {
            folder = match folder.rsplit_once('/') {
                Some((parent, _)) => parent,
                None => break None,
            };
            if let Some(owner) = index.get(folder) {
                break Some(*owner);
            }
        };
        match owner.and_then(|owner| packages.get_mut(owner)) {
            Some(owner) => owner.dependencies.extend(ids),
            None => {
                let own = ids.iter().filter_map(|id| index.get(id)).copied();
                for at in own.collect::<Vec<_>>() {
                    if let Some(package) = packages.get_mut(at) {
                        package.direct = true;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(place: &str, asks: &[&str]) -> File {
        let name = place.rsplit_once("node_modules/").unwrap().1;
        let mut package = Package::new(place, format!("pkg:npm/{name}@1.0.0"), name);
        package.dependencies = asks.iter().map(|name| wish(name, *name == "maybe")).collect();
        package.completeness = Completeness::Complete;
        File { path: format!("{place}/package.json"), packages: vec![package] }
    }

    fn in_yarns_store(place: &str, name: &str) -> File {
        let package = Package::new(place, format!("pkg:npm/{name}@1.0.0"), name);
        File { path: format!("{place}/package.json"), packages: vec![package] }
    }

    fn bundled(path: &str, name: &str) -> File {
        let purl = format!("pkg:npm/{name}@2.0.0");
        let package = Package { bundled: true, ..Package::new(purl.clone(), purl, name) };
        File { path: path.into(), packages: vec![package] }
    }

    #[test]
    fn the_nearest_answers_and_bundles_belong_to_who_holds_them() {
        let packages = link(vec![
            installed("node_modules/a", &["b", "c", "maybe"]),
            installed("node_modules/a/node_modules/b", &["a"]),
            installed("node_modules/b", &["gone"]),
            installed("node_modules/maybe", &[]),
            installed("node_modules/.pnpm/c@1.0.0/node_modules/c", &["d"]),
            in_yarns_store("node_modules/.store/d-npm-1.0.0-0a1b2c3d4e/package", "d"),
            bundled("node_modules/a/lib/x.js.LICENSE", "in-a"),
            bundled("dist/x.js.LICENSE", "own"),
        ]);
        let of = |id: &str| packages.iter().find(|package| package.id == id).unwrap();
        let asks = |id: &str| of(id).dependencies.iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(
            asks("node_modules/a"),
            [
                "node_modules/.pnpm/c@1.0.0/node_modules/c",
                "node_modules/a/lib/x.js.LICENSE#pkg:npm/in-a@2.0.0",
                "node_modules/a/node_modules/b",
                "node_modules/maybe"
            ]
        );
        assert_eq!(
            asks("node_modules/.pnpm/c@1.0.0/node_modules/c"),
            ["node_modules/.store/d-npm-1.0.0-0a1b2c3d4e/package"]
        );
        assert_eq!(asks("node_modules/a/node_modules/b"), ["node_modules/a"]);
        assert_eq!(of("node_modules/a").completeness, Completeness::Complete);
        assert_eq!(of("node_modules/b").completeness, Completeness::Incomplete);
        // One that only an optional wish leads to is optional.
        let scope = |id: &str| of(id).scope;
        assert_eq!(scope("node_modules/maybe"), Scope::Optional);
        assert_eq!(scope("node_modules/b"), Scope::Required);
        let direct: Vec<&str> = packages.iter().filter(|p| p.direct).map(|p| p.name.as_str()).collect();
        assert_eq!(direct, ["own"]);
    }
}
