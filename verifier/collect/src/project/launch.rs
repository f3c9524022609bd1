//! The command that starts an npm package's server.

use std::os::fd::OwnedFd;
use std::path::Path;

use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use super::is_file_below;
use crate::catalog::npm::PackageJson;

/// `node` and the file that `bin` names: the only one, or the one that is called like the package.
///
/// # Errors
/// Why there is none, in words.
pub(super) fn command(
    root: &Path,
    dir: &OwnedFd,
    name: &str,
    package: &PackageJson,
) -> Result<Vec<String>, String> {
    let unscoped = name.rsplit('/').next().unwrap_or(name);
    let mut commands = package.bin.values();
    let bin = match (commands.next(), commands.next()) {
        (None, _) => return Err("package.json has no `bin`".to_owned()),
        (Some(only), None) => only,
        (Some(_), Some(_)) => package.bin.get(unscoped).ok_or_else(|| {
            format!("`bin` names {} commands and none is called {}", package.bin.len(), escape(unscoped))
        })?,
    };
    let relative = bin.trim_start_matches("./");
    // Absolute, or out of the package: npm installs neither.
    let inside = TreePath::try_from(relative)
        .map_err(|_| format!("`bin` is {}, no path inside the package", escape(bin)))?;
    if !is_file_below(dir, inside.as_str()) {
        return Err(format!("`bin` is {}, which is not there: build the project first", escape(bin)));
    }
    let path = root.join(inside.as_str());
    let path = path.to_str().ok_or("the project's path is not UTF-8")?;
    Ok(vec!["node".to_owned(), path.to_owned()])
}
