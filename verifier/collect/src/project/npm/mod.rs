//! package.json and the tarballs that `npm pack` makes.

mod launch;
mod tarballs;

use super::folder::Folder;
use super::{Found, Launch, Places, ProjectError};
use crate::catalog::PackageManifestError;
use crate::catalog::npm::PackageJson;

const FILE: &str = "package.json";

/// What package.json releases.
pub(super) fn find(folder: &Folder, places: &Places<'_>) -> Result<Option<Found>, ProjectError> {
    let Some(bytes) = folder.read(FILE)? else { return Ok(None) };
    let unusable = |source: PackageManifestError| ProjectError::manifest(folder, FILE, &source);
    let package = PackageJson::parse(&bytes).map_err(unusable)?;
    let identity = package.identity().map_err(unusable)?;
    let version = identity.version.clone().unwrap_or_default();
    let found = tarballs::find(places, &identity.name, &version)?;

    let mut start = launch::command(folder, &identity.name, &package);
    if let (Ok(launch), Some(tarball)) = (&mut start, found.current.first()) {
        *launch = Launch {
            argv: launch.argv.clone(),
            unpack: Some(tarball.clone()),
            dependencies: places.node_modules(folder),
            ..Launch::default()
        };
    }
    Ok(Some(Found {
        file: FILE,
        mcp_name: package.mcp_name,
        artifacts: found.current,
        stale: found.stale,
        wanted: format!("release tarball {}: `npm pack` makes one", found.expected),
        launch: start,
        identity,
    }))
}
