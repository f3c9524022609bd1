//! node_modules: what is installed says so itself, each package in a file of its own.

use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use super::origin;
use super::package_json::PackageJson;
use crate::catalog::contents::wish;
use crate::catalog::{CatalogError, Cataloger, FileInput, Role};

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

/// The name under which the package in the folder `place` is installed: in `node_modules` of a folder that is no package's,
/// of a package, or of a copy in pnpm's store.
pub(crate) fn name_of(place: &str) -> Option<&str> {
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
        copy.get(1..).is_some_and(|rest| rest.contains('@')) && store.ends_with("node_modules/.pnpm")
    })
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
