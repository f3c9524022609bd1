//! Release tarballs, by the names that `npm pack` and its likes give them.

use std::path::PathBuf;

use crate::project::{Places, ProjectError};

/// What `yarn pack` of current versions calls every tarball, in the package's own folder.
const UNNAMED: &str = "package.tgz";

/// The tarballs of one package.
pub(super) struct Tarballs {
    /// What that of this version is called.
    pub(super) expected: String,
    /// It, where it is there.
    pub(super) current: Vec<PathBuf>,
    /// Those of other versions.
    pub(super) stale: Vec<PathBuf>,
}

/// Finds the tarballs of `name`.
pub(super) fn find(places: &Places<'_>, name: &str, version: &str) -> Result<Tarballs, ProjectError> {
    let stem = stem(name);
    let expected = format!("{stem}-{version}.tgz");
    let (mut current, mut stale) = (Vec::new(), Vec::new());
    for folder in places.of_releases() {
        for file in folder.files()? {
            let of_package =
                file.strip_prefix(&stem).and_then(|rest| rest.strip_prefix('-')?.strip_suffix(".tgz"));
            // The first version of yarn writes `files-mcp-v1.0.0.tgz`.
            let of_package = of_package.map(|text| text.strip_prefix('v').unwrap_or(text));
            // `files-mcp-extra-1.0.0.tgz` is another package's: what follows the name is no version.
            let is_version = |text: &&str| *text == version || text.parse::<semver::Version>().is_ok();
            if let Some(found) = of_package.filter(is_version) {
                let into = if found == version { &mut current } else { &mut stale };
                into.push(folder.path.join(&file));
            }
        }
    }
    // Its name says no version; what it holds is seen when it is opened.
    if current.is_empty() && places.folder.has_file(UNNAMED) {
        current.push(places.folder.path.join(UNNAMED));
    }
    Ok(Tarballs { expected, current, stale })
}

/// `@scope/name` becomes `scope-name`.
fn stem(name: &str) -> String {
    name.strip_prefix('@').unwrap_or(name).replace('/', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_npm_pack() {
        assert_eq!(stem("left-pad"), "left-pad");
        assert_eq!(stem("@acme/files-mcp"), "acme-files-mcp");
    }
}
