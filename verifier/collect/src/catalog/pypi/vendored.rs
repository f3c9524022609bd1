//! vendor.txt: which distributions a package has copied into itself, as the tool `vendoring` takes them from it. What pip holds
//! stands nowhere else.

use mcpsign_schemas::inventory::{Location, Means, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;

use super::REQUIREMENTS;
use crate::catalog::{CatalogError, Cataloger, FileInput, Role};

/// A list of vendored distributions.
pub static VENDORED: Vendored = Vendored;

/// The cataloger of `_vendor/vendor.txt`.
#[derive(Debug)]
pub struct Vendored;

/// Where such a list lies, and how it is called.
const FOLDERS: [&str; 2] = ["_vendor", "vendor"];
const NAMES: [&str; 2] = ["vendor.txt", "vendored.txt"];

impl Cataloger for Vendored {
    fn id(&self) -> &'static str {
        "python/vendored"
    }

    fn wants(&self, path: &TreePath) -> bool {
        let mut parts = path.components().rev();
        let mut is_one_of = |words: &[&str]| parts.next().is_some_and(|part| words.contains(&part));
        is_one_of(&NAMES) && is_one_of(&FOLDERS)
    }

    fn role(&self) -> Role {
        Role::Notice
    }

    /// In the form of requirements.txt. Other tools (Go's `vendor/modules.txt` aside) have files of that name too: what is not of
    /// that form names nothing.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let Ok(listed) = REQUIREMENTS.read(file) else { return Ok(Vec::new()) };
        let vendored = listed.into_iter().map(|mut package| {
            if package.origin == Origin::Declared {
                package.origin = Origin::Registry { url: None };
                package.requested.clear();
            }
            package.scope = Scope::Required;
            package.bundled = true;
            package.found =
                package.found.into_iter().map(|at| Location { means: Means::BundleNotice, ..at }).collect();
            package
        });
        Ok(vendored.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_vendored_is_bundled() {
        let read = |text: &str| {
            let path = TreePath::try_from("pip/_vendor/vendor.txt").unwrap();
            VENDORED.read(&FileInput { path: &path, bytes: text.as_bytes() }).unwrap()
        };
        let found = read("CacheControl==0.13.1  # via x\nrequests==2.31.0\n    certifi==2023.7.22\nsix\n");
        let purls: Vec<&str> = found.iter().map(|package| package.purl.as_str()).collect();
        assert_eq!(
            purls,
            [
                "pkg:pypi/cachecontrol@0.13.1",
                "pkg:pypi/requests@2.31.0",
                "pkg:pypi/certifi@2023.7.22",
                "pkg:pypi/six"
            ]
        );
        assert!(found.iter().all(|package| package.bundled && package.means() == Means::BundleNotice));
        assert_eq!(found[2].found.first().and_then(|at| at.line), Some(3));
        assert_eq!(read("What lies here was copied.\n"), []);
    }

    #[test]
    fn the_list_lies_where_the_copies_do() {
        let wants = |path: &str| VENDORED.wants(&TreePath::try_from(path).unwrap());
        assert!(wants("pip/_vendor/vendor.txt") && wants("pipenv/vendor/vendor.txt"));
        assert!(wants("pkg_resources/_vendor/vendored.txt"));
        for path in ["vendor.txt", "a/vendor.txt", "_vendor/a.txt", "_vendor/vendor.txt/x"] {
            assert!(!wants(path), "{path}");
        }
    }
}
