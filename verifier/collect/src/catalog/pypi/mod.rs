//! Python: METADATA of wheels and installations, PKG-INFO of sdists, pyproject.toml, Pipfile, the lock files of uv, Poetry,
//! PDM, pipenv and pip, and lists of what was vendored.

mod core_metadata;
pub(crate) mod direct_url;
mod headers;
mod installed;
mod locked;
mod marker;
mod mcp_name;
mod pdm;
mod pipfile;
mod pipfile_wishes;
mod platform;
mod poetry;
mod pylock;
mod pyproject;
mod requirement;
mod requirements;
mod sources;
pub(crate) mod startup;
#[cfg(test)]
mod tests;
mod uv;
mod vendored;

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::purl::PackageIdentity;
use mcpsign_schemas::tree::TreePath;

pub use core_metadata::normalized;
pub use core_metadata::{CoreMetadata, CoreMetadataError};
pub use installed::{DIST_INFO, DistInfo, EGG_INFO, EggInfo};
pub use mcp_name::mcp_names;
pub use pdm::{PDM_LOCK, PdmLock};
pub use pipfile::{PIPFILE_LOCK, PipfileLock};
pub use pipfile_wishes::{PIPFILE, Pipfile};
pub use platform::{Platform, PlatformError};
pub use poetry::{POETRY_LOCK, PoetryLock};
pub use pylock::{PYLOCK, Pylock, lock_of_report};
pub use pyproject::{PYPROJECT, PyProject};
pub use requirement::Requirement;
pub(crate) use requirements::{Included, includes, may_be_included, set_index_of, unknown};
pub use requirements::{REQUIREMENTS, Requirements};
pub(crate) use sources::place_by_project;
pub use uv::{UV_LOCK, UvLock};
pub use vendored::{VENDORED, Vendored};

pub(crate) use pyproject::identity as project_identity;

use super::{CatalogError, Cataloger, Document, FileInput, Role};

/// What a wheel declares.
pub static METADATA: Metadata = Metadata::Wheel;
/// What an sdist declares.
pub static PKG_INFO: Metadata = Metadata::Sdist;

/// Core metadata under one of its two names.
#[derive(Debug)]
pub enum Metadata {
    /// `NAME-VERSION.dist-info/METADATA`.
    Wheel,
    /// `PKG-INFO`.
    Sdist,
}

/// The distribution that a folder says it is: by PKG-INFO at its root, or by its only `.dist-info` folder (many are an
/// environment). What is not well-formed says nothing.
pub(crate) fn identity(documents: &[Document]) -> Option<PackageIdentity> {
    let named =
        |metadata: &Metadata| documents.iter().filter(|document| metadata.wants(&document.path)).collect();
    let (sdists, wheels): (Vec<&Document>, Vec<&Document>) = (named(&PKG_INFO), named(&METADATA));
    let document = match (sdists.as_slice(), wheels.as_slice()) {
        ([document], _) | ([], [document]) => document,
        _ => return None,
    };
    CoreMetadata::parse(document.bytes()?).ok()?.identity().ok()
}

impl Cataloger for Metadata {
    fn id(&self) -> &'static str {
        match self {
            Self::Wheel => "python/metadata",
            Self::Sdist => "python/pkg-info",
        }
    }

    /// At the root alone: others are those of vendored packages.
    fn wants(&self, path: &TreePath) -> bool {
        match self {
            Self::Wheel => path.as_str().split_once('/').is_some_and(|(folder, file)| {
                file == "METADATA" && folder.strip_suffix(".dist-info").is_some_and(|name| !name.is_empty())
            }),
            Self::Sdist => path.as_str() == "PKG-INFO",
        }
    }

    fn role(&self) -> Role {
        Role::Manifest
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        CoreMetadata::parse(file.bytes)?.packages(matches!(self, Self::Wheel))
    }
}
