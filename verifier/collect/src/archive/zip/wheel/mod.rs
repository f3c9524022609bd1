//! What makes a zip archive a wheel (PEP 427).

mod error;
mod name;
mod record;
mod schemes;

use std::collections::BTreeMap;

use rawzip::ZipArchive;

pub use error::WheelError;

use super::directory::Entry;
use super::raw::Positioned;
use super::read_all;
use crate::archive::{ArchiveError, Contents, Found, InnerSignature, ManifestError, Package, PackageForm};
use crate::catalog::Content;
use crate::catalog::pypi::{CoreMetadata, CoreMetadataError};

/// What the name of the folder of metadata ends with.
const DIST_INFO: &str = ".dist-info";

/// Bytes of WHEEL: some lines for each platform.
const MAX_WHEEL: usize = 1 << 20;

/// Reads the entries of a wheel. `file_name` counts where it is a wheel's.
pub(super) fn read(
    file_name: &str,
    archive: &ZipArchive<Positioned<'_>>,
    entries: Vec<Entry>,
    mut contents: Contents<'_>,
) -> Result<Found, ArchiveError> {
    let folder = dist_info(&entries)?;
    let mut files = BTreeMap::new();
    let needed = |path: &str| {
        let file = path.strip_prefix(&folder).and_then(|rest| rest.strip_prefix('/'));
        matches!(file, Some("METADATA" | "WHEEL" | "RECORD"))
    };
    read_all(archive, entries, &mut contents, Entry::is_installed_executable, needed, |path, content| {
        files.insert(path, content);
    })?;
    let mut take = |file: &'static str| match files.remove(&format!("{folder}/{file}")) {
        Some(Content::Bytes(bytes)) => Ok(bytes),
        Some(Content::Archive(_) | Content::Script(_) | Content::Opaque(_) | Content::TooLarge) => {
            Err(WheelError::TooLarge { file })
        }
        None => Err(WheelError::Missing { file }),
    };
    let (metadata, wheel, record) = (take("METADATA")?, take("WHEEL")?, take("RECORD")?);

    let refused = |error: CoreMetadataError| ArchiveError::Manifest {
        file: "METADATA",
        source: ManifestError::Python(error),
    };
    let metadata = CoreMetadata::parse(&metadata).map_err(refused)?;
    let identity = metadata.identity().map_err(refused)?;
    is_known(&wheel)?;
    name::agree(file_name, &folder, &metadata)?;
    let (files, documents) = contents.finish()?;
    record::check(&record, &folder, &files)?;
    schemes::check(&files, &folder)?;
    let package = Package {
        form: PackageForm::Wheel,
        mcp_name: metadata.mcp_name,
        licenses: metadata.licenses,
        files,
        has_lockfile: false,
        signature: InnerSignature::Absent,
    };
    Ok(Found { package, identity, documents })
}

/// The folder of metadata: the only one at the top, in whatever case.
fn dist_info(entries: &[Entry]) -> Result<String, WheelError> {
    let mut found: Option<&str> = None;
    for entry in entries {
        let top = entry.path.components().next().unwrap_or_default();
        let is_info = top.len() > DIST_INFO.len() && top.to_ascii_lowercase().ends_with(DIST_INFO);
        if is_info && found.replace(top).is_some_and(|other| other != top) {
            return Err(WheelError::DistInfo);
        }
    }
    found.filter(|folder| folder.ends_with(DIST_INFO)).map(str::to_owned).ok_or(WheelError::DistInfo)
}

/// Whether installers know the format: they refuse a major version above theirs, 1.
fn is_known(wheel: &[u8]) -> Result<(), WheelError> {
    let text = str::from_utf8(wheel).ok().filter(|text| text.len() <= MAX_WHEEL);
    let text = text.ok_or(WheelError::Version)?;
    let mut versions = text.lines().filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case("Wheel-Version").then_some(value.trim())
    });
    match (versions.next(), versions.next()) {
        (Some(version), None) if version.split_once('.').is_some_and(|(major, _)| major == "1") => Ok(()),
        _ => Err(WheelError::Version),
    }
}
