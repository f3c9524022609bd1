//! What an artifact is made of: one cataloger a file format, and the inventory made of what they find.
//!
//! Whoever walks a directory or an archive opens, bounds and closes; a cataloger sees bytes and a path. A new
//! format is a file here and a line in [`CATALOGERS`].

mod bounds;
pub mod bundled;
pub mod cargo;
mod contents;
mod document;
mod entries;
mod error;
pub mod go;
mod graph;
mod inventory;
mod keeping;
mod lines;
pub mod maven;
pub mod mcpb;
mod merge;
mod named;
mod nested;
pub mod npm;
pub mod nuget;
mod opaque;
pub mod os;
mod other_names;
pub mod program;
pub mod pypi;
pub mod sbom;
pub mod unread;
mod url;
pub(crate) mod yaml;

use std::path::Path;

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::purl::PackageIdentity;
use mcpsign_schemas::tree::TreePath;

pub(crate) use bounds::{Bounded, Budget, entry_path};
pub use document::{Content, Document, FileInput, MAX_BYTES};
pub(crate) use entries::each_entry;
pub use error::{CatalogError, InventoryError, PackageManifestError};
pub use inventory::{InventoryRoot, documents, inventory};
pub use keeping::TOO_MANY;
pub(crate) use keeping::{Depth, Keeper, Kept, TOO_MUCH_IN_ARCHIVES};
pub use nested::Archive;
pub use opaque::Opaque;
pub(crate) use url::UNREADABLE;

/// Reads one format of file.
pub trait Cataloger: Sync {
    /// Its name, `ecosystem/format`; stable, it stands in SBOMs.
    fn id(&self) -> &'static str;

    /// Whether it reads files of this path, relative to the root of an artifact or project.
    fn wants(&self, path: &TreePath) -> bool;

    /// Whether it reads a file of these bytes, whatever its path: programs have no names that tell.
    fn sniffs(&self, _bytes: &[u8]) -> bool {
        false
    }

    /// What its files say.
    fn role(&self) -> Role {
        Role::Lock
    }

    /// Bytes of a file that it reads by its path.
    fn max_bytes(&self) -> usize {
        MAX_BYTES
    }

    /// The packages that the file names: ids unique in it, every id in `dependencies` among them, locations without
    /// file. One that sees a single package of many ([`Role::Contents`]) writes names with a mark
    /// before them in the place of ids.
    ///
    /// # Errors
    /// When the file is not wholly understood: half of a lock file is no inventory.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError>;

    /// What of a file that it reads may be packages and cannot be told, fit to be shown: known gaps of the inventory.
    fn passes_over(&self, _file: &FileInput<'_>) -> Vec<String> {
        Vec::new()
    }
}

/// What the files of one format say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Which versions are meant: a lock file. One of an ecosystem counts.
    Lock,
    /// Which packages are asked for, where no lock file says to what they are resolved.
    Manifest,
    /// What lies in the artifact itself. Every file counts.
    Contents,
    /// What was built into a file, as its maker says without being asked. Every file counts.
    Notice,
    /// What a document in the artifact says of its parts. Every file counts, but for a project's own, which may be what was
    /// made of it before.
    Stated,
}

impl Role {
    /// Whether it says which versions are meant, not just which are asked for.
    pub const fn pins(self) -> bool {
        matches!(self, Self::Lock | Self::Contents)
    }

    /// Whether every file counts beside all others.
    pub const fn adds(self) -> bool {
        matches!(self, Self::Contents | Self::Notice | Self::Stated)
    }
}

/// Packages of one file: five times the largest lock file seen.
const MAX_PACKAGES: usize = 100_000;

/// Edges of one file. Real packages ask for five others on average.
const MAX_EDGES: usize = 500_000;
/// Said of a file that has more.
const TOO_MANY_EDGES: CatalogError =
    CatalogError::TooManyOf { what: "references between packages", limit: MAX_EDGES };

/// Every cataloger. Of the files of one ecosystem the first in this order is believed, those that pin before those
/// that do not.
pub static CATALOGERS: &[&dyn Cataloger] = &[
    &npm::SHRINKWRAP,
    &npm::PACKAGE_LOCK,
    &npm::PNPM_LOCK,
    &npm::YARN_LOCK,
    &npm::BUN_LOCK,
    &npm::HIDDEN_LOCK,
    &npm::PACKAGE_JSON,
    &npm::NODE_MODULES,
    &npm::OTHER_CASE,
    &bundled::NOTICE,
    &bundled::METAFILE,
    &bundled::SOURCE_MAP,
    &bundled::SCRIPT,
    &cargo::CARGO_LOCK,
    &cargo::CARGO_TOML,
    &cargo::CARGO_VENDORED,
    &pypi::PYLOCK,
    &pypi::UV_LOCK,
    &pypi::POETRY_LOCK,
    &pypi::PDM_LOCK,
    &pypi::PIPFILE_LOCK,
    &pypi::REQUIREMENTS,
    &pypi::METADATA,
    &pypi::PKG_INFO,
    &pypi::PYPROJECT,
    &pypi::PIPFILE,
    &pypi::DIST_INFO,
    &pypi::EGG_INFO,
    &pypi::VENDORED,
    &mcpb::MANIFEST,
    &go::GO_MOD,
    &go::GO_SUM,
    &go::GO_VENDORED,
    &nuget::PACKAGES_LOCK,
    &nuget::PACKAGES_CONFIG,
    &nuget::NUSPEC,
    &nuget::DEPS_JSON,
    &maven::GRADLE_LOCK,
    &maven::POM_PROPERTIES,
    &program::AUDITABLE,
    &program::GO_BUILD,
    &os::DPKG,
    &os::COPYRIGHT,
    &os::APK,
    &os::RPM,
    &os::OS_RELEASE,
    &sbom::EMBEDDED,
    &unread::OTHER_LOCKS,
    &unread::OTHER_MANIFESTS,
];

/// Whether some cataloger reads files of this path, or asks whether there is one.
pub(crate) fn is_wanted(path: &TreePath) -> bool {
    npm::gyp::is_build_file(path)
        || pypi::may_be_included(path)
        || pypi::startup::is_startup_file(path)
        || mcpb::is_of_server(path)
        || pypi::direct_url::is_direct_url(path.as_str())
        || cargo::is_vendored_manifest(path)
        || CATALOGERS.iter().any(|cataloger| cataloger.wants(path))
}

/// Bytes that are kept of a file of this path, which is wanted.
pub(crate) fn max_bytes(path: &TreePath) -> usize {
    let wanting = CATALOGERS.iter().filter(|cataloger| cataloger.wants(path));
    wanting.map(|cataloger| cataloger.max_bytes()).max().unwrap_or(MAX_BYTES)
}

/// Whether a file is called as one of a project that some cataloger reads, there or where it is named.
pub fn is_lockfile(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| TreePath::try_from(name.as_encoded_bytes()).ok());
    name.is_some_and(|name| is_wanted_of_project(&name) || other_names::usual(&name).is_some())
}

/// Whether some cataloger reads files of this path in a project.
fn is_wanted_of_project(path: &TreePath) -> bool {
    CATALOGERS.iter().any(|cataloger| cataloger.role() != Role::Stated && cataloger.wants(path))
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
