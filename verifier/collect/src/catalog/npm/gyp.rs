//! binding.gyp: npm builds a package that has one and no script that does.

use mcpsign_schemas::tree::TreePath;

use super::installed::name_of;
use super::package_json::PackageJson;

/// The file's name.
const NAME: &str = "binding.gyp";

/// Whether npm looks whether there is a file of this path: beside the package.json of the artifact or of what is installed.
pub(crate) fn is_build_file(path: &TreePath) -> bool {
    let folder = path.as_str().strip_suffix(NAME);
    folder.is_some_and(|folder| folder.is_empty() || folder.strip_suffix('/').and_then(name_of).is_some())
}

/// The build file beside a package.json.
pub(crate) fn beside(path: &TreePath) -> Option<String> {
    path.as_str().strip_suffix("package.json").map(|folder| format!("{folder}{NAME}"))
}

/// Whether a package whose package.json has these bytes is built by the file beside it.
pub(crate) fn builds(package_json: &[u8]) -> bool {
    PackageJson::as_npm_reads(package_json).is_ok_and(|(package, _)| package.builds_by_gyp)
}
