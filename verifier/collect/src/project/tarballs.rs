//! Release tarballs beside package.json, by the names that `npm pack` gives them.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::Dir;

use super::is_file;

/// Names of tarballs in one folder.
pub(super) struct Tarballs {
    /// What that of this version is called.
    pub(super) expected: String,
    /// It, where it is there.
    pub(super) current: Vec<String>,
    /// Those of other versions, sorted.
    pub(super) stale: Vec<String>,
}

/// Finds the tarballs of `name` in `dir`.
pub(super) fn find(dir: &OwnedFd, name: &str, version: &str) -> io::Result<Tarballs> {
    let stem = stem(name);
    let expected = format!("{stem}-{version}.tgz");
    let (mut current, mut stale) = (Vec::new(), Vec::new());
    for entry in Dir::read_from(dir)? {
        let entry = entry?;
        let Ok(file) = entry.file_name().to_str() else { continue };
        let of_package =
            file.strip_prefix(&stem).and_then(|rest| rest.strip_prefix('-')?.strip_suffix(".tgz"));
        // `files-mcp-extra-1.0.0.tgz` is another package's: what follows the name is no version.
        let is_version = |text: &str| text == version || text.parse::<semver::Version>().is_ok();
        if of_package.is_some_and(is_version) && is_file(dir, entry.file_name()) {
            if file == expected { current.push(file.to_owned()) } else { stale.push(file.to_owned()) }
        }
    }
    stale.sort();
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
