//! manifest.json of an MCP bundle, and the `.mcpb` that MCPB's own tool packs.

use super::folder::Folder;
use super::{Found, Places, ProjectError};
use crate::catalog::mcpb::{McpbManifest, McpbManifestError};

const FILE: &str = "manifest.json";

/// What manifest.json releases.
pub(super) fn find(folder: &Folder, places: &Places<'_>) -> Result<Option<Found>, ProjectError> {
    let Some(bytes) = folder.read(FILE)? else { return Ok(None) };
    let manifest = match McpbManifest::parse(&bytes) {
        Ok(manifest) => manifest,
        // Web pages and browser extensions have a manifest.json too.
        Err(McpbManifestError::NotABundle) => return Ok(None),
        Err(error) => return Err(ProjectError::manifest(folder, FILE, &error)),
    };
    let identity = manifest.identity().map_err(|error| ProjectError::manifest(folder, FILE, &error))?;
    let named = [manifest.name.clone(), format!("{}-{}", manifest.name, manifest.version)];
    let (mut artifacts, mut stale) = (Vec::new(), Vec::new());
    for place in places.of_releases() {
        for file in place.files()? {
            let stem = file.strip_suffix(".mcpb").or_else(|| file.strip_suffix(".dxt"));
            let Some(stem) = stem else { continue };
            let version = stem.strip_prefix(&manifest.name).and_then(|rest| rest.strip_prefix('-'));
            if named.iter().any(|name| name == stem) {
                artifacts.push(place.path.join(&file));
            } else if version.is_some_and(|version| version.parse::<semver::Version>().is_ok()) {
                stale.push(place.path.join(&file));
            }
        }
    }
    let launch = Err(match artifacts.as_slice() {
        [] => "the bundle is not packed".into(),
        _ => "the bundle's own manifest says how it is started".into(),
    });
    Ok(Some(Found {
        file: FILE,
        mcp_name: None,
        artifacts,
        stale,
        wanted: format!("{}.mcpb: `mcpb pack` makes one", manifest.name),
        launch,
        identity,
    }))
}
