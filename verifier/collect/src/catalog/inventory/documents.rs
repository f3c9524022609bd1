//! The files of folders that are no artifact: the project's, and those of an installation made from the artifact.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::inventory::KnownGap;
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;
use rustix::fs::{Dir, Mode, OFlags};

use crate::catalog::{
    CATALOGERS, Content, Document, InventoryError, Keeper, MAX_BYTES, is_wanted, is_wanted_of_project,
};
use crate::tree::{read_file, walk};

/// The files of a project folder that some cataloger reads: of its root alone, links not followed. Of a file that one alone.
///
/// # Errors
/// When the folder, or one of these files, cannot be read.
pub fn of_folder(path: &Path) -> Result<Vec<Document>, InventoryError> {
    let (dir, only) = match (path.is_file(), path.parent(), path.file_name()) {
        (true, Some(parent), Some(name)) if parent.as_os_str().is_empty() => (Path::new("."), Some(name)),
        (true, Some(parent), Some(name)) => (parent, Some(name)),
        _ => (path, None),
    };
    let io = |source: std::io::Error| InventoryError::Io { path: dir.to_owned(), source };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let handle = rustix::fs::open(dir, flags, Mode::empty()).map_err(|error| io(error.into()))?;
    let mut found = Vec::new();
    for entry in Dir::read_from(&handle).map_err(|error| io(error.into()))? {
        let entry = entry.map_err(|error| io(error.into()))?;
        // Names that no tree may have are no lock file's.
        let Ok(path) = TreePath::try_from(entry.file_name().to_bytes()) else { continue };
        let is_meant = only.is_none_or(|only| only.as_encoded_bytes() == entry.file_name().to_bytes());
        if is_meant && is_wanted_of_project(&path) {
            let name: CString = entry.file_name().to_owned();
            let bytes = read_file(&handle, &name, MAX_BYTES)
                .map_err(|source| InventoryError::Io { path: dir.join(path.as_str()), source })?;
            let sha256 = Sha256Digest::of(&bytes);
            let content = if bytes.len() > MAX_BYTES { Content::TooLarge } else { Content::Bytes(bytes) };
            found.push(Document { path, sha256, content });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// What was built into the packages of an installation, below its `node_modules`; or why that is not known.
pub(super) fn of_installed(dir: &Path) -> Result<Vec<Document>, KnownGap> {
    let folder = "node_modules";
    let gap = |reason: String| KnownGap { path: Some(folder.to_owned()), reason };
    let handle = match File::open(dir.join(folder)) {
        Ok(file) => OwnedFd::from(file),
        // Not every ecosystem has one.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(gap(error.to_string())),
    };
    let below = move |path: &TreePath| TreePath::try_from(format!("{folder}/{path}").as_str()).ok();
    let keeper = Keeper::of(move |path| {
        below(path).is_some_and(|path| CATALOGERS.iter().any(|one| one.role().adds() && one.wants(&path)))
    });
    let walked = walk(&handle, &keeper).map_err(|error| gap(escape(&error.to_string())))?;
    let documents = walked.documents.into_iter();
    Ok(documents.filter_map(|file| Some(Document { path: below(&file.path)?, ..file })).collect())
}

/// A program or an archive that was too large to be looked into: no name tells a cataloger that it is one.
pub(super) fn unread(document: &Document) -> Option<KnownGap> {
    let is_unknown = document.content == Content::TooLarge && !is_wanted(&document.path);
    is_unknown.then(|| KnownGap {
        path: Some(document.path.to_string()),
        reason: "a program or an archive too large to be looked into".to_owned(),
    })
}
