//! vendor.txt: which distributions a package has copied into itself, as the tool `vendoring` takes them from it. What pip holds
//! stands nowhere else.

use mcpsign_schemas::inventory::Package;
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

    /// Nothing: what was copied has no metadata of its own, may have been changed, and is none of what pip says is installed.
    fn read(&self, _file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        Ok(Vec::new())
    }

    /// How many it pins, in the form of requirements.txt. Other tools (Go's `vendor/modules.txt` aside) have files of that name too:
    /// what is not of that form names nothing.
    fn passes_over(&self, file: &FileInput<'_>) -> Vec<String> {
        let listed = REQUIREMENTS.read(file).unwrap_or_default();
        let pinned = listed.iter().filter(|package| package.version.is_some()).count();
        if pinned == 0 {
            return Vec::new();
        }
        vec![format!("it pins {pinned} distributions that were copied into a package: they are not listed")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_vendored_is_a_gap() {
        let said = |text: &str| {
            let path = TreePath::try_from("pip/_vendor/vendor.txt").unwrap();
            let file = FileInput { path: &path, bytes: text.as_bytes() };
            assert_eq!(VENDORED.read(&file), Ok(Vec::new()));
            VENDORED.passes_over(&file)
        };
        let gap = "it pins 3 distributions that were copied into a package: they are not listed";
        assert_eq!(
            said("CacheControl==0.13.1  # via x\nrequests==2.31.0\n    certifi==2023.7.22\nsix\n"),
            [gap]
        );
        assert_eq!(said("What lies here was copied.\n"), [""; 0]);
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
