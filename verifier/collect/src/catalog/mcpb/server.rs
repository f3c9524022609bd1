//! The folder of a bundle's server. Nearly every bundle keeps one, with manifests and lock files of its own: what they name may be
//! built into the server's files.

use mcpsign_schemas::tree::TreePath;

use super::MANIFEST;
use crate::catalog::{CATALOGERS, Cataloger, Document, Role, pypi};

/// Where bundles keep their server.
const FOLDER: &str = "server/";

/// Whether the files are those of a bundle.
pub(in crate::catalog) fn is_bundle(documents: &[Document]) -> bool {
    super::identity(documents).is_some()
}

/// Whether a file is a manifest or lock file of a bundle's server, or would be where there is a bundle.
pub(in crate::catalog) fn is_of_server(path: &TreePath) -> bool {
    readers(path).next().is_some()
}

/// Which catalogers read a file of the server's as one at the root of a project.
pub(in crate::catalog) fn readers(path: &TreePath) -> impl Iterator<Item = &'static dyn Cataloger> {
    let own = path.as_str().strip_prefix(FOLDER).and_then(|own| TreePath::try_from(own).ok());
    own.into_iter()
        .flat_map(|own| CATALOGERS.iter().copied().filter(move |one| is_of_projects(*one) && one.wants(&own)))
}

/// Whether it reads manifests or lock files of projects, and not what was packed or is installed.
fn is_of_projects(cataloger: &dyn Cataloger) -> bool {
    let others = [MANIFEST.id(), pypi::METADATA.id(), pypi::PKG_INFO.id()];
    matches!(cataloger.role(), Role::Lock | Role::Manifest) && !others.contains(&cataloger.id())
}
