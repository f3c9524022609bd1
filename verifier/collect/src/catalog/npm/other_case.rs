//! Files by which npm decides what to install and run, where only a system that folds case finds them: what they say there is
//! said to nobody here, and that is said.

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::tree::TreePath;

use super::{NODE_MODULES, PACKAGE_JSON, SHRINKWRAP, gyp};
use crate::catalog::{CatalogError, Cataloger, FileInput, Role};

/// `Package.json`, `Node_Modules/NAME/package.json` and the like.
pub static OTHER_CASE: OtherCase = OtherCase;

/// The cataloger that reads none of them.
#[derive(Debug)]
pub struct OtherCase;

impl Cataloger for OtherCase {
    fn id(&self) -> &'static str {
        "javascript/other-case"
    }

    fn wants(&self, path: &TreePath) -> bool {
        // Nearly all files are called otherwise, whatever the case.
        let name = path.as_str().rsplit('/').next().unwrap_or_default();
        let may_be =
            !name.is_ascii() || name.to_ascii_lowercase().ends_with(".json") || name.ends_with(['p', 'P']);
        may_be && path.folded().is_some_and(|folded| is_read(&folded)) && !is_read(path)
    }

    fn role(&self) -> Role {
        Role::Contents
    }

    fn read(&self, _: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        Err(CatalogError::Unread { what: "npm reads it on systems that fold case, and not on others" })
    }
}

/// Whether npm reads a file of this path.
fn is_read(path: &TreePath) -> bool {
    [&PACKAGE_JSON as &dyn Cataloger, &SHRINKWRAP, &NODE_MODULES].iter().any(|reader| reader.wants(path))
        || gyp::is_build_file(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_some_systems_find_is_told_from_what_all_do() {
        let wants = |path: &str| OTHER_CASE.wants(&TreePath::try_from(path).unwrap());
        for path in [
            "Package.json",
            "PACKAGE.JSON",
            "package.j\u{17f}on",
            "Npm-Shrinkwrap.json",
            "Binding.gyp",
            "BINDING.GYP",
            "node_modules/a/Package.json",
            "Node_Modules/a/package.json",
            "node_modules/a/node_Modules/@s/b/package.json",
            "node_modules/a/binding.GYP",
        ] {
            assert!(wants(path), "{path}");
        }
        for path in [
            "package.json",
            "binding.gyp",
            "node_modules/JSONStream/package.json",
            "node_modules/JSONStream/binding.gyp",
            "node_modules/a/test/Package.json",
            "src/Package.json",
            "Package.lock.json",
            "a.js",
        ] {
            assert!(!wants(path), "{path}");
        }
    }
}
