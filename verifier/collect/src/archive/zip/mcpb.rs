//! What makes a zip archive an MCP bundle.

use mcpsign_schemas::canonical::{Json, Limits};
use rawzip::ZipArchive;

use super::directory::Entry;
use super::raw::Positioned;
use super::read_all;
use crate::archive::{ArchiveError, Contents, Found, InnerSignature, ManifestError, Package, PackageForm};
use crate::catalog::mcpb::McpbManifest;
use crate::catalog::{Content, PackageManifestError};

/// The file at the root that says what the bundle is.
const MANIFEST: &str = "manifest.json";

/// Bytes of a manifest.json that are read to see whether it is a bundle's.
pub(super) const MAX_MANIFEST: usize = 4 << 20;

/// Schemas of manifest.json that are known: what a later one adds may change what is started.
const VERSIONS: [&str; 4] = ["0.1", "0.2", "0.3", "0.4"];

/// Whether this is a bundle's manifest.json: it has a version in a string. That of browser extensions is a number.
pub(super) fn is_manifest(bytes: &[u8]) -> bool {
    Json::parse(bytes, Limits::bytes(MAX_MANIFEST)).is_ok_and(|json| version(&json).is_some())
}

fn version(json: &Json) -> Option<&str> {
    ["manifest_version", "dxt_version"].iter().find_map(|key| json.get(key)?.as_str())
}

/// Reads the entries of a bundle.
pub(super) fn read(
    archive: &ZipArchive<Positioned<'_>>,
    entries: Vec<Entry>,
    mut contents: Contents<'_>,
    signature: InnerSignature,
) -> Result<Found, ArchiveError> {
    if entries.iter().filter(|entry| entry.path.as_str().eq_ignore_ascii_case(MANIFEST)).count() > 1 {
        return Err(ArchiveError::SecondManifest { file: MANIFEST });
    }
    let mut manifest = None;
    let needed = |path: &str| path == MANIFEST;
    read_all(archive, entries, &mut contents, Entry::is_unpacked_executable, needed, |_, content| {
        manifest = Some(content)
    })?;
    let refused = |source: ManifestError| ArchiveError::Manifest { file: MANIFEST, source };
    let bytes = match manifest {
        Some(Content::Bytes(bytes)) => bytes,
        Some(Content::Archive(_) | Content::Script(_) | Content::Opaque(_) | Content::TooLarge) => {
            return Err(refused(PackageManifestError::TooLarge.into()));
        }
        None => return Err(ArchiveError::NotThatForm { form: PackageForm::Mcpb }),
    };
    let manifest = McpbManifest::parse(&bytes).map_err(|error| refused(error.into()))?;
    let identity = manifest.identity().map_err(|error| refused(error.into()))?;
    let json = Json::parse(&bytes, Limits::bytes(MAX_MANIFEST)).ok();
    let version = json.as_ref().and_then(version).unwrap_or_default();
    if !VERSIONS.contains(&version) {
        return Err(refused(ManifestError::Schema { found: super::shown(version.as_bytes()) }));
    }
    let (files, documents) = contents.finish()?;
    let package = Package {
        form: PackageForm::Mcpb,
        mcp_name: None,
        licenses: manifest.licenses,
        files,
        has_lockfile: false,
        signature,
    };
    Ok(Found { package, identity, documents })
}
