//! What an artifact is made of: one cataloger a file format, and the inventory made of what they find.
//!
//! Whoever walks a directory or an archive opens, bounds and closes; a cataloger sees bytes and a path. A new
//! format is a file here and a line in [`CATALOGERS`].

pub mod cargo;
mod document;
mod error;
mod inventory;
pub mod mcpb;
mod merge;
pub mod npm;
pub mod pypi;
mod url;

use std::path::Path;

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::purl::PackageIdentity;
use mcpsign_schemas::tree::TreePath;

pub use document::{Content, Document, FileInput, MAX_BYTES};
pub use error::{CatalogError, InventoryError, PackageManifestError};
pub use inventory::{InventoryRoot, documents, inventory};

/// Reads one format of file.
pub trait Cataloger: Sync {
    /// Its name, `ecosystem/format`; stable, it stands in SBOMs.
    fn id(&self) -> &'static str;

    /// Whether it reads files of this path, relative to the root of an artifact or project.
    fn wants(&self, path: &TreePath) -> bool;

    /// Whether the file says which versions are meant (a lock file), not just which are asked for.
    fn pins(&self) -> bool {
        true
    }

    /// The packages that the file names: ids unique in it, every id in `dependencies` among them, locations without
    /// file.
    ///
    /// # Errors
    /// When the file is not wholly understood: half of a lock file is no inventory.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError>;
}

/// Every cataloger. Of the files of one ecosystem the first in this order is believed, those that pin before those
/// that do not.
pub static CATALOGERS: &[&dyn Cataloger] = &[
    &npm::SHRINKWRAP,
    &npm::PACKAGE_LOCK,
    &npm::PACKAGE_JSON,
    &cargo::CARGO_LOCK,
    &cargo::CARGO_TOML,
    &pypi::PYLOCK,
    &pypi::METADATA,
    &pypi::PKG_INFO,
    &mcpb::MANIFEST,
];

/// Whether some cataloger reads files of this path.
pub(crate) fn is_wanted(path: &TreePath) -> bool {
    CATALOGERS.iter().any(|cataloger| cataloger.wants(path))
}

/// Whether a file is called as one that some cataloger reads.
pub fn is_lockfile(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| TreePath::try_from(name.as_encoded_bytes()).ok());
    name.is_some_and(|name| is_wanted(&name))
}

/// Every package that a folder says it is, by the files at its root: usually one.
pub(crate) fn identities(documents: &[Document]) -> Vec<PackageIdentity> {
    let found = [
        npm::identity(documents),
        pypi::identity(documents),
        cargo::identity(documents),
        mcpb::identity(documents),
    ];
    found.into_iter().flatten().collect()
}
