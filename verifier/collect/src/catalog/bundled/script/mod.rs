//! JavaScript itself: the comments with which bundlers name the modules that they put into a file, and the source map that may
//! stand at its end. What large bundles do not say is a known gap.

mod line;
mod map;
mod scan;
mod signs;
mod silent;
#[cfg(test)]
mod tests;

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::tree::TreePath;

pub(crate) use scan::Scanner;
pub(crate) use silent::{SILENT, silent};

use super::Bundled;
use crate::catalog::{CatalogError, Cataloger, FileInput, Role};

/// JavaScript that a bundler made.
pub static SCRIPT: ScriptCataloger = ScriptCataloger;

/// The cataloger of JavaScript.
#[derive(Debug)]
pub struct ScriptCataloger;

impl Cataloger for ScriptCataloger {
    fn id(&self) -> &'static str {
        "javascript/bundle"
    }

    /// None: of every script in an artifact a scanner sees each byte while it is hashed, and what it found is kept, not the script.
    fn wants(&self, _path: &TreePath) -> bool {
        false
    }

    fn role(&self) -> Role {
        Role::Notice
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        Scanner::all(file.bytes).map_or(Ok(Vec::new()), |script| script.packages())
    }
}

/// What is known of a file of JavaScript from its bytes alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    found: Bundled,
    /// Whether it says which modules it was made of, whosever they are.
    tells: bool,
    /// Whether it is large and was made of several modules.
    is_bundle: bool,
    /// What of it could not be read.
    unread: Option<&'static str>,
}

impl Script {
    /// The packages that it names.
    pub(in crate::catalog) fn packages(&self) -> Result<Vec<Package>, CatalogError> {
        self.found.clone().packages()
    }

    /// What of it was not read, fit to be shown.
    pub(in crate::catalog) fn gaps(&self) -> Vec<String> {
        self.unread.iter().map(|&why| why.to_owned()).collect()
    }

    /// Bytes that it takes, about.
    pub(in crate::catalog) fn bytes(&self) -> usize {
        self.found.bytes()
    }

    /// Whether it is a bundle that does not say of what.
    fn is_silent(&self) -> bool {
        self.is_bundle && !self.tells
    }
}

/// Whether a file is JavaScript, by its name.
pub(crate) fn is_script(path: &TreePath) -> bool {
    let name = path.as_str().as_bytes();
    [".js", ".mjs", ".cjs"].iter().any(|end| {
        name.len().checked_sub(end.len()).is_some_and(|at| name[at..].eq_ignore_ascii_case(end.as_bytes()))
    })
}

/// Whether a file is JavaScript, by the line that says what runs it: commands have names without an end.
pub(crate) fn is_run_as_script(bytes: &[u8]) -> bool {
    let Some(line) = bytes.strip_prefix(b"#!").and_then(|rest| rest.split(|byte| *byte == b'\n').next())
    else {
        return false;
    };
    let mut words = line.split(|byte| matches!(byte, b'/' | b' ' | b'\t' | b'\r'));
    words.any(|word| matches!(word, b"node" | b"bun" | b"deno"))
}
