//! OCI image layouts in the folder or in `dist/`.

use std::path::PathBuf;

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
            if let Some(folder) =
                place.below(&name).filter(|folder| LAYOUT.iter().all(|file| folder.has_file(file)))
            {
                layouts.push(folder.path);
            }
        }
    }
    Ok(layouts)
}
