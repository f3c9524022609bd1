//! The command that starts an npm package's server.

use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use crate::catalog::npm::PackageJson;
use crate::project::Launch;
use crate::project::folder::Folder;

/// `node` and the file that `bin` names: the only one, or the one that is called like the package.
///
/// # Errors
/// Why there is none, in words.
pub(super) fn command(folder: &Folder, name: &str, package: &PackageJson) -> Result<Launch, String> {
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
    if !folder.leads_to_file(inside.as_str()) {
        return Err(format!("`bin` is {}, which is not there: build the project first", escape(bin)));
    }
    Ok(Launch { argv: vec!["node".to_owned(), format!("{{artifact}}/{inside}")], ..Launch::default() })
}
