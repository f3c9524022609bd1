//! npm: package-lock.json, npm-shrinkwrap.json, package.json.

mod integrity;
mod lock;
mod package_json;
mod resolve;
#[cfg(test)]
mod tests;

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::purl::PackageIdentity;
use mcpsign_schemas::tree::TreePath;

pub use package_json::{Dependency, PackageJson};

use super::{CatalogError, Cataloger, Content, Document, FileInput};

/// The lock file that npm honours in a published package too.
pub static SHRINKWRAP: Lock = Lock { id: "javascript/npm-shrinkwrap", file: "npm-shrinkwrap.json" };
/// The lock file of a project or an installation.
pub static PACKAGE_LOCK: Lock = Lock { id: "javascript/npm-package-lock", file: "package-lock.json" };
/// Declared dependencies, where nothing says what they resolve to.
pub static PACKAGE_JSON: Manifest = Manifest;

/// One of npm's two lock files, versions 2 and 3: one format under two names.
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
    match &document.content {
        Content::Bytes(bytes) => PackageJson::parse(bytes).ok()?.identity().ok(),
        Content::TooLarge => None,
    }
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

    fn pins(&self) -> bool {
        false
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        PackageJson::parse(file.bytes)?.packages()
    }
}
