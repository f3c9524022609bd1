//! The files of folders that are no artifact: the project's, and those of an installation made from the artifact.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::inventory::KnownGap;
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};

use super::archives::place;
use super::{included, untold};
use crate::catalog::unread::{OTHER_LOCKS, OTHER_MANIFESTS};
use crate::catalog::{
    CATALOGERS, Cataloger, Content, Document, InventoryError, Keeper, MAX_BYTES, Role, bundled,
    is_wanted_of_project, other_names,
};
use crate::tree::{Snapshot, read_file, walk};

/// What lies in a folder that is no artifact.
#[derive(Debug, Default)]
pub(super) struct OfFolder {
    /// The files that some cataloger reads.
    pub(super) documents: Vec<Document>,
    /// What has the name of a notice and cannot be read as one.
    pub(super) gaps: Vec<KnownGap>,
}

/// The files of a project folder that some cataloger reads: of its root alone, links not followed. Of a file that one alone.
///
/// # Errors
/// When the folder, or one of these files, cannot be read.
pub fn documents(path: &Path) -> Result<Vec<Document>, InventoryError> {
    Ok(of_folder(path)?.documents)
}

/// The same, with what is left out of it. Folders may be called as they like: `third_party` is where many keep sources.
pub(super) fn of_folder(path: &Path) -> Result<OfFolder, InventoryError> {
    let (dir, only) = match (path.is_file(), path.parent(), path.file_name()) {
        (true, Some(parent), Some(name)) if parent.as_os_str().is_empty() => (Path::new("."), Some(name)),
        (true, Some(parent), Some(name)) => (parent, Some(name)),
        _ => (path, None),
    };
    let io = |source: std::io::Error| InventoryError::Io { path: dir.to_owned(), source };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let handle = rustix::fs::open(dir, flags, Mode::empty()).map_err(|error| io(error.into()))?;
    let mut found = OfFolder::default();
    for entry in Dir::read_from(&handle).map_err(|error| io(error.into()))? {
        let entry = entry.map_err(|error| io(error.into()))?;
        // Names that no tree may have are no lock file's.
        let Ok(path) = TreePath::try_from(entry.file_name().to_bytes()) else { continue };
        let is_meant = only.is_none_or(|only| only.as_encoded_bytes() == entry.file_name().to_bytes());
        let is_read = is_wanted_of_project(&path) || (only.is_some() && other_names::usual(&path).is_some());
        if !is_meant || !is_read {
            continue;
        }
        let name: CString = entry.file_name().to_owned();
        let unread = |source| InventoryError::Io { path: dir.join(path.as_str()), source };
        let stat = rustix::fs::statat(&handle, &name, AtFlags::SYMLINK_NOFOLLOW);
        let what = match Snapshot::of(&stat.map_err(|error| unread(error.into()))?).file_type() {
            FileType::Directory => continue,
            FileType::RegularFile => {
                let bytes = read_file(&handle, &name, MAX_BYTES).map_err(unread)?;
                let sha256 = Sha256Digest::of(&bytes);
                let content = if bytes.len() > MAX_BYTES { Content::TooLarge } else { Content::Bytes(bytes) };
                found.documents.push(Document { path, sha256, content });
                continue;
            }
            FileType::Symlink => "a symbolic link, which is not followed",
            _ => "not a regular file",
        };
        if !is_notice(&path) {
            return Err(InventoryError::NotAFile { path: dir.join(path.as_str()), what });
        }
        found.gaps.push(KnownGap::unread(Some(path.to_string()), what));
    }
    included::add(&handle, &mut found.documents);
    found.documents.sort_by(|a, b| a.path.cmp(&b.path));
    found.gaps.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// Whether only what was built in could be told by it: without it nothing is resolved otherwise.
fn is_notice(path: &TreePath) -> bool {
    let unread = [OTHER_LOCKS.id(), OTHER_MANIFESTS.id()];
    let is_read = |one: &&dyn Cataloger| one.role() != Role::Notice && !unread.contains(&one.id());
    !CATALOGERS.iter().filter(|one| is_read(one)).any(|one| one.wants(path))
}

/// What was built into the packages of an installation, below its `node_modules`; or why that is not known.
pub(super) fn of_installed(dir: &Path) -> Result<Vec<Document>, KnownGap> {
    let folder = "node_modules";
    let gap = |reason: String| KnownGap::unread(Some(folder.to_owned()), reason);
    let handle = match File::open(dir.join(folder)) {
        Ok(file) => OwnedFd::from(file),
        // Not every ecosystem has one.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(gap(error.to_string())),
    };
    let below = move |path: &TreePath| TreePath::try_from(format!("{folder}/{path}").as_str()).ok();
    let keeper = Keeper::of_bundles(move |path| {
        below(path).is_some_and(|path| CATALOGERS.iter().any(|one| one.role().adds() && one.wants(&path)))
    });
    let walked = walk(&handle, &keeper).map_err(|error| gap(escape(&error.to_string())))?;
    let documents = walked.documents.into_iter();
    Ok(documents.filter_map(|file| Some(Document { path: below(&file.path)?, ..file })).collect())
}

/// Scripts of which nothing says what was built into them.
pub(super) fn silent(documents: &[Document]) -> impl Iterator<Item = KnownGap> {
    bundled::silent(documents)
        .into_iter()
        .map(|path| KnownGap::unread(Some(place(path).to_string()), bundled::SILENT))
}

/// What does not say what it is made of, and is read nowhere.
pub(super) fn untold(documents: &[Document], is_bundle: bool) -> impl Iterator<Item = KnownGap> {
    let untold = untold::untold(documents, is_bundle).into_iter();
    untold.map(|(path, opaque)| KnownGap::opaque(place(path).to_string(), opaque.reason()))
}

/// A program or an archive that was too large to be looked into: no name tells a cataloger that it is one.
pub(super) fn unread(document: &Document) -> Option<KnownGap> {
    let is_unknown =
        document.content == Content::TooLarge && !CATALOGERS.iter().any(|one| one.wants(&document.path));
    is_unknown.then(|| {
        let reason = "a program or an archive too large to be looked into";
        KnownGap::unread(Some(document.path.to_string()), reason)
    })
}
