//! node_modules: what is installed says so itself, each package in a file of its own.

use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use super::origin;
use super::package_json::PackageJson;
use crate::catalog::contents::wish;
use crate::catalog::{CatalogError, Cataloger, FileInput, PackageManifestError, Role};

/// package.json of what is installed.
pub static NODE_MODULES: NodeModules = NodeModules;

/// The cataloger of `node_modules/NAME/package.json`.
#[derive(Debug)]
pub struct NodeModules;

impl Cataloger for NodeModules {
    fn id(&self) -> &'static str {
        "javascript/node-modules"
    }

    /// Of packages alone: what lies deeper in one is a test's or a template's.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str().strip_suffix("/package.json").and_then(name_of).is_some()
    }

    fn role(&self) -> Role {
        Role::Contents
    }

    /// One package. Its place is its id, and what it asks for are names.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let place = file.path.as_str().strip_suffix("/package.json").unwrap_or_default();
        let folder = name_of(place).unwrap_or_default();
        let (manifest, whole) = PackageJson::as_npm_reads(file.bytes)?;
        let name = manifest.name.as_deref().unwrap_or(folder);
        if name.is_empty() {
            return Err(PackageManifestError::Missing("name").into());
        }
        let version = manifest.version.as_deref();
        let origin = Origin::Registry { url: None };
        let mut package = Package::new(place, origin::purl(place, name, version, &origin)?, name);
        package.version = version.map(str::to_owned);
        package.licenses = manifest.licenses.iter().cloned().collect();
        // Who needs it is known once every file was read.
        package.scope = Scope::Unstated;
        package.install_script = manifest.install_script;
        package.markers = manifest.marker.iter().map(|marker| escape(marker)).collect();
        package.completeness = if whole { Completeness::Complete } else { Completeness::Incomplete };
        package.dependencies =
            manifest.dependencies.iter().map(|asked| wish(&asked.key, asked.optional)).collect();
        package.found.insert(Location::at("", Means::Installed));
        Ok(vec![package])
    }
}

/// Folders of `node_modules` in which installers keep one copy of each package, which others link to: pnpm, bun, Deno; npm's linked
/// strategy and yarn's linker of pnpm's kind.
const STORES: [&str; 4] = [".pnpm", ".bun", ".deno", STORE];
pub(super) const STORE: &str = ".store";

/// The name under which the package in the folder `place` is installed: in `node_modules` of a folder that is no package's,
/// of a package, or of a copy in a store. In yarn's it has none.
pub(crate) fn name_of(place: &str) -> Option<&str> {
    if is_nameless_copy(place) {
        return Some("");
    }
    let (before, name) = place.rsplit_once("node_modules/")?;
    let fits = match name.split_once('/') {
        Some((scope, base)) => scope.starts_with('@') && !base.is_empty() && !base.contains('/'),
        None => !name.is_empty() && !name.starts_with(['@', '.']),
    };
    let is_inside = match before.strip_suffix('/') {
        None => before.is_empty(),
        Some(owner) => !owner.contains("node_modules/") || is_copy(owner) || name_of(owner).is_some(),
    };
    (fits && is_inside).then_some(name)
}

/// `…/node_modules/.pnpm/NAME@VERSION`.
fn is_copy(folder: &str) -> bool {
    folder.rsplit_once('/').is_some_and(|(store, copy)| {
        copy.get(1..).is_some_and(|rest| rest.contains('@'))
            && STORES.iter().any(|name| is_store(store, name))
    })
}

/// `…/node_modules/.store/NAME-npm-VERSION-DIGEST/package`.
pub(in crate::catalog) fn is_nameless_copy(folder: &str) -> bool {
    let copy = folder.strip_suffix("/package").and_then(|copy| copy.rsplit_once('/'));
    copy.is_some_and(|(store, copy)| !copy.is_empty() && is_store(store, STORE))
}

/// Whether a folder is the store `name` of a `node_modules`.
pub(super) fn is_store(folder: &str, name: &str) -> bool {
    let modules = folder.strip_suffix(name).and_then(|rest| rest.strip_suffix("node_modules/"));
    modules.is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_told_from_what_lies_in_them() {
        for (place, name) in [
            ("node_modules/a", Some("a")),
            ("server/node_modules/@s/a", Some("@s/a")),
            ("node_modules/a/node_modules/@s/b", Some("@s/b")),
            ("node_modules/.pnpm/@s+a@1.0.0_b@2/node_modules/@s/a", Some("@s/a")),
            ("node_modules/.bun/a@1.0.0/node_modules/a", Some("a")),
            ("w/node_modules/.deno/@s+a@1.0.0/node_modules/@s/a", Some("@s/a")),
            ("node_modules/.store/a@1.0.0-MFZ0/node_modules/a", Some("a")),
            ("node_modules/.store/a-npm-1.0.0-0a1b2c3d4e/package", Some("")),
            ("node_modules/.store/a-npm-1.0.0-0a1b2c3d4e/package/dist", None),
            ("node_modules/.store/package", None),
            ("x_node_modules/.store/a-npm-1.0.0-0a1b2c3d4e/package", None),
            ("node_modules/.other/a@1.0.0/node_modules/a", None),
            ("node_modules/.bun/node_modules/a", None),
            ("node_modules/.pnpm/a@1.0.0", None),
            ("node_modules/.bin", None),
            ("node_modules/.pnpm/node_modules/a", None),
            ("node_modules/a/test/node_modules/b", None),
            ("node_modules/a/dist/esm", None),
            ("node_modules/@s", None),
            ("node_modules", None),
            ("a", None),
            ("", None),
        ] {
            assert_eq!(name_of(place), name, "{place}");
        }
        let wants = |path: &str| NODE_MODULES.wants(&TreePath::try_from(path).unwrap());
        assert!(wants("node_modules/a/package.json"));
        assert!(!wants("package.json") && !wants("node_modules/package.json"));
    }
}
