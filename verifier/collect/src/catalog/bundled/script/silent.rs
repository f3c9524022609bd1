//! Bundles that do not say of what they were made, where no other file does.

use std::collections::HashSet;

use mcpsign_schemas::tree::TreePath;

use super::Script;
use crate::catalog::bundled::{METAFILE, NOTICE, notice};
use crate::catalog::sbom::EMBEDDED;
use crate::catalog::{Cataloger, Content, Document, FileInput};

/// Why such a bundle is a known gap.
pub(crate) const SILENT: &str = "a JavaScript bundle that does not say which packages are built into it";

/// Those among the files of one artifact, or of one archive in it: in none of `documents` is their source map, nor, in their
/// folder or above it, a notice, a bundler's account or an SBOM that names a package.
pub(crate) fn silent(documents: &[Document]) -> Vec<&TreePath> {
    let candidates: Vec<&TreePath> = documents
        .iter()
        .filter(|document| matches!(&document.content, Content::Script(script) if Script::is_silent(script)))
        .map(|document| &document.path)
        .collect();
    if candidates.is_empty() {
        return candidates;
    }
    let telling: Vec<&TreePath> =
        documents.iter().filter(|file| tells(file)).map(|file| &file.path).collect();
    let paths: HashSet<&str> = documents.iter().map(|document| document.path.as_str()).collect();
    let has_map = |path: &TreePath| paths.contains(format!("{path}.map").as_str());
    let is_told = |path: &TreePath| telling.iter().any(|file| is_about(file, path)) || has_map(path);
    candidates.into_iter().filter(|path| !is_told(path)).collect()
}

/// Whether a file names a package that was built into another one.
fn tells(document: &Document) -> bool {
    let readers: [&dyn Cataloger; 3] = [&NOTICE, &METAFILE, &EMBEDDED];
    let Some(bytes) = document.bytes() else { return false };
    let file = FileInput { path: &document.path, bytes };
    let mut wanting = readers.iter().filter(|reader| reader.wants(&document.path));
    wanting.any(|reader| reader.read(&file).is_ok_and(|packages| !packages.is_empty()))
}

/// Whether what `file` names may be in `script`: it lies beside it under its name, or is about a whole folder.
fn is_about(file: &TreePath, script: &TreePath) -> bool {
    if let Some(of) = notice::script_of(file) {
        return of.eq_ignore_ascii_case(script.as_str());
    }
    let below = match file.parent() {
        Some(folder) => script.as_str().strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')),
        None => Some(script.as_str()),
    };
    // Of what is installed below it the account of a folder says nothing.
    below.is_some_and(|below| !below.split('/').any(|name| name == "node_modules"))
}
