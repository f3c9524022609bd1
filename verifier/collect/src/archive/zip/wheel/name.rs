//! Names of a wheel: of the file, of the folder of metadata, in METADATA.

use mcpsign_schemas::untrusted::escape;

use super::{DIST_INFO, WheelError};
use crate::catalog::pypi::CoreMetadata;

/// Checks that the folder, and the file if it is called like a wheel, have METADATA's name and version.
pub(super) fn agree(file: &str, folder: &str, metadata: &CoreMetadata) -> Result<(), WheelError> {
    let bare = folder.strip_suffix(DIST_INFO).unwrap_or(folder);
    same("its folder of metadata", bare, bare.split_once('-'), metadata)?;
    let Some((bare, extension)) = file.rsplit_once('.') else { return Ok(()) };
    if !extension.eq_ignore_ascii_case("whl") {
        // The content made it a wheel; under this name nobody installs it.
        return Ok(());
    }
    let parts: Vec<&str> = bare.split('-').collect();
    let pair = match parts.as_slice() {
        [name, version, _, _, _] => Some((*name, *version)),
        [name, version, build, _, _, _] if build.starts_with(|c: char| c.is_ascii_digit()) => {
            Some((*name, *version))
        }
        _ => None,
    };
    if pair.is_none() || parts.iter().any(|part| part.is_empty()) {
        return Err(WheelError::FileName { name: escape(file) });
    }
    same("the file's name", bare, pair, metadata)
}

fn same(
    what: &'static str,
    whole: &str,
    pair: Option<(&str, &str)>,
    metadata: &CoreMetadata,
) -> Result<(), WheelError> {
    let agrees = pair.is_some_and(|(name, version)| {
        // `-` separates the parts, so that it is written `_` in a version.
        metadata.is_called(name)
            && (metadata.is_version(version) || metadata.is_version(&version.replace('_', "-")))
    });
    if agrees {
        return Ok(());
    }
    let stated = format!("{}-{}", metadata.name, metadata.version);
    Err(WheelError::Disagree { what, found: escape(whole), stated: escape(&stated) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(file: &str, folder: &str) -> Result<(), WheelError> {
        let metadata = b"Metadata-Version: 2.1\nName: Files.MCP\nVersion: 1.0+local.1\n";
        agree(file, folder, &CoreMetadata::parse(metadata).unwrap())
    }

    #[test]
    fn names_agree_after_normalisation() {
        for file in [
            "files_mcp-1.0+local.1-py3-none-any.whl",
            "Files.MCP-1.0.0+LOCAL_1-1b-py2.py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.WHL",
            "under-another-name",
        ] {
            assert_eq!(judge(file, "files_mcp-1.0+local.1.dist-info"), Ok(()), "{file}");
        }
        for file in ["files_mcp-1.0+local.1.whl", "a-1-x-py3-none-any.whl", "a--py3-none-any.whl"] {
            let result = judge(file, "files_mcp-1.0+local.1.dist-info");
            assert!(matches!(result, Err(WheelError::FileName { .. })), "{file}: {result:?}");
        }
        for (file, folder) in [
            ("files_mcp-1.1-py3-none-any.whl", "files_mcp-1.0+local.1.dist-info"),
            ("file_mcp-1.0+local.1-py3-none-any.whl", "files_mcp-1.0+local.1.dist-info"),
            ("files_mcp-1.0+local.1-py3-none-any.whl", "files_mcp-1.0.dist-info"),
            // Read as build 1.0+local.1 of version `mcp`.
            ("files-mcp-1.0+local.1-py3-none-any.whl", "files_mcp-1.0+local.1.dist-info"),
            ("x", "files_mcp.dist-info"),
            ("x", "files-mcp-1.0+local.1.dist-info"),
        ] {
            let result = judge(file, folder);
            assert!(matches!(result, Err(WheelError::Disagree { .. })), "{file} {folder}: {result:?}");
        }
    }
}
