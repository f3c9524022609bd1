//! OCI image layouts in the folder or in `dist/`.

use std::path::PathBuf;

use super::folder::Folder;
use super::{Places, ProjectError};

/// Folders that hold what was installed or built, never a release.
const NOT_LOOKED_INTO: [&str; 3] = ["node_modules", "target", "dist"];

/// What makes a folder an image layout.
const LAYOUT: [&str; 2] = ["oci-layout", "index.json"];

/// Every image layout that lies there. Which version an image is of, nothing in it need say.
pub(super) fn find(places: &Places<'_>) -> Result<Vec<PathBuf>, ProjectError> {
    let mut layouts = Vec::new();
    for place in places.own_releases() {
        for name in place.folders()? {
            if name.starts_with('.') || NOT_LOOKED_INTO.contains(&name.as_str()) {
                continue;
            }
            if let Some(folder) = place.below(&name).filter(is_layout) {
                layouts.push(folder.path);
            }
        }
    }
    Ok(layouts)
}

/// Whether a folder is one itself.
pub(super) fn is_layout(folder: &Folder) -> bool {
    LAYOUT.iter().all(|file| folder.has_file(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::discover;

    #[test]
    fn inside_a_layout_it_is_said_how_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for file in LAYOUT {
            std::fs::write(folder.path().join(file), "{}").unwrap();
        }
        let error = discover(folder.path()).unwrap_err();
        assert!(matches!(error, ProjectError::Layout { .. }), "{error}");
        assert!(error.hint().unwrap().contains("attest ."));
        // One that lies in a folder is what is released from there.
        let around = tempfile::tempdir().unwrap();
        std::fs::rename(folder.path(), around.path().join("image")).unwrap();
        assert_eq!(discover(around.path()).unwrap().projects[0].artifacts.len(), 1);
    }
}
