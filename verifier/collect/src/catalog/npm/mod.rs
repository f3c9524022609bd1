//! JavaScript: the lock files of npm, pnpm, yarn and bun, package.json, node_modules.

mod bun;
pub(super) mod gyp;
mod installed;
mod integrity;
mod lock;
mod lock_v1;
mod origin;
mod other_case;
mod package_json;
mod pnpm;
mod resolve;
#[cfg(test)]
mod tests;
mod workspace;
mod yarn;

use mcpsign_schemas::inventory::{Location, Origin, Package};
use mcpsign_schemas::purl::PackageIdentity;
use mcpsign_schemas::tree::TreePath;

pub use bun::{BUN_LOCK, BunLock};
pub use installed::{NODE_MODULES, NodeModules};
pub use other_case::{OTHER_CASE, OtherCase};
pub use package_json::{Dependency, PackageJson};
pub use pnpm::{PNPM_LOCK, PnpmLock};
pub use yarn::{YARN_LOCK, YarnLock};

pub(super) use installed::is_nameless_copy;
pub(super) use pnpm::renamed;
pub(super) use workspace::has_members;
pub(crate) use workspace::pnpm_members;
pub(super) use yarn::listed_as;

use super::{CatalogError, Cataloger, Document, FileInput, Role, lines};

/// The lock file that npm honours in a published package too.
pub static SHRINKWRAP: Lock = Lock { id: "javascript/npm-shrinkwrap", file: "npm-shrinkwrap.json" };
/// The lock file of a project or an installation.
pub static PACKAGE_LOCK: Lock = Lock { id: "javascript/npm-package-lock", file: "package-lock.json" };
/// What npm notes of an installation in its folder.
pub static HIDDEN_LOCK: Lock =
    Lock { id: "javascript/npm-hidden-lock", file: "node_modules/.package-lock.json" };
/// Declared dependencies, where nothing says what they resolve to.
pub static PACKAGE_JSON: Manifest = Manifest;

/// One of npm's lock files, versions 1 to 3: one format under three names.
#[derive(Debug)]
pub struct Lock {
    id: &'static str,
    file: &'static str,
}

/// package.json.
#[derive(Debug)]
pub struct Manifest;

/// The package that a folder says it is: by a well-formed package.json at its root. What is not well-formed says
/// nothing.
pub(crate) fn identity(documents: &[Document]) -> Option<PackageIdentity> {
    let document = documents.iter().find(|document| PACKAGE_JSON.wants(&document.path))?;
    PackageJson::parse(document.bytes()?).ok()?.identity().ok()
}

impl Cataloger for Lock {
    fn id(&self) -> &'static str {
        self.id
    }

    /// At the root alone: one that lies deeper resolves a template, a test or an example.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == self.file
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        lock::read(file.bytes)
    }
}

impl Cataloger for Manifest {
    fn id(&self) -> &'static str {
        "javascript/package-json"
    }

    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "package.json"
    }

    fn role(&self) -> Role {
        Role::Manifest
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let mut packages = PackageJson::parse(file.bytes)?.packages()?;
        for list in package_json::LISTS {
            let lines = lines::members(file.bytes, &[list]);
            for package in packages.iter_mut().filter(|package| package.origin == Origin::Declared) {
                if let Some(line) = lines.get(package.id.as_str()) {
                    let found = std::mem::take(&mut package.found).into_iter();
                    package.found = found.map(|at| Location { line: Some(*line), ..at }).collect();
                }
            }
        }
        Ok(packages)
    }
}
