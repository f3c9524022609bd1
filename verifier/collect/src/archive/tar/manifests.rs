//! Files that say what kind of package an archive is, and which.

use std::collections::BTreeMap;

use mcpsign_schemas::tree::TreePath;

use super::{crates, npm, sdist};
use crate::archive::{ArchiveError, PackageForm};
use crate::catalog::Content;

/// Bytes of a README that is looked at for the server's name. crates.io renders no longer ones either.
const MAX_README: u64 = 1 << 20;

/// READMEs at the root that are kept.
const MAX_READMES: usize = 4;

/// What was found so far, all below the folder at the top.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    kept: BTreeMap<PackageForm, Content>,
    /// READMEs, by their paths.
    pub(super) readmes: BTreeMap<String, Content>,
    /// Whether there is the Cargo.toml before `cargo package` rewrote it.
    pub(super) has_original: bool,
}

/// What a file is kept as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    Manifest(PackageForm),
    Readme,
}

/// The manifest of each form.
const FILES: [(PackageForm, &str); 3] = [
    (PackageForm::Npm, npm::MANIFEST),
    (PackageForm::Sdist, sdist::MANIFEST),
    (PackageForm::Crate, crates::MANIFEST),
];

impl Manifests {
    /// Whether a file is to be kept.
    pub(super) fn wants(&mut self, path: &TreePath, size: u64) -> Option<Kept> {
        if path.as_str() == crates::ORIGINAL {
            self.has_original = true;
        }
        if let Some((form, _)) = FILES.iter().find(|(_, file)| path.as_str() == *file) {
            return Some(Kept::Manifest(*form));
        }
        let is_readme = path.parent().is_none()
            && path.as_str().get(..6).is_some_and(|start| start.eq_ignore_ascii_case("readme"));
        (is_readme && size <= MAX_README && self.readmes.len() < MAX_READMES).then_some(Kept::Readme)
    }

    /// The form for which a file is a second manifest, if it is one: it stands twice, or would on a system that folds
    /// case.
    pub(super) fn second(&self, path: &TreePath) -> Option<(PackageForm, ArchiveError)> {
        let folded = path.folded();
        let is = |file: &str| {
            path.as_str().eq_ignore_ascii_case(file)
                || folded.as_ref().is_some_and(|path| path.as_str() == file)
        };
        let (form, file) = *FILES.iter().find(|(_, file)| is(file))?;
        let is_second = path.as_str() != file || self.kept.contains_key(&form);
        is_second.then_some((form, ArchiveError::SecondManifest { file }))
    }

    pub(super) fn keep(&mut self, kept: Kept, path: &TreePath, content: Content) {
        match kept {
            Kept::Manifest(form) => {
                self.kept.insert(form, content);
            }
            Kept::Readme => {
                self.readmes.insert(path.to_string(), content);
            }
        }
    }

    /// The bytes of a form's manifest, if it is there and not too large.
    pub(super) fn bytes(&self, form: PackageForm) -> Option<&[u8]> {
        match self.kept.get(&form)? {
            Content::Bytes(bytes) => Some(bytes),
            Content::Archive(_) | Content::Script(_) | Content::Opaque(_) | Content::TooLarge => None,
        }
    }
}
