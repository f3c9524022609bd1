//! What is catalogued and not signed: of a folder nothing is refused that keeps it from being a tree.

use std::path::Path;

use mcpsign_schemas::digest::MeasuredDigests;
use mcpsign_schemas::sbom::RootComponent;
use mcpsign_schemas::tree::Listing;
use rustix::fs::FileType;

use super::{Artifact, ArtifactError, ArtifactKind, file, name_of, open};
use crate::catalog::{self, Keeper};
use crate::tree;

/// An artifact, or a folder of which only that is known which packages are in it.
#[derive(Debug)]
pub struct Looked {
    /// As far as it was read: of a folder that is no tree the listing is empty.
    pub artifact: Artifact,
    is_tree: bool,
}

impl Looked {
    /// The root of an SBOM of it. What is no tree has no digest.
    pub fn root_component(&self) -> RootComponent {
        let root = self.artifact.root_component();
        if self.is_tree { root } else { RootComponent { digests: None, media_type: None, ..root } }
    }
}

/// Reads what lies at `path`. A folder may hold what no tree may, as virtual environments and root file systems do: links out of it,
/// names that are not UTF-8. Links are not followed; what could not be read is a gap.
///
/// # Errors
/// As [`open`], but for what keeps a folder from being a tree.
pub fn look(path: &Path) -> Result<Looked, ArtifactError> {
    let refused = match open(path) {
        Ok(artifact) => return Ok(Looked { artifact, is_tree: true }),
        Err(error @ ArtifactError::Tree { .. }) => error,
        Err(error) => return Err(error),
    };
    let (handle, opened) = file::open(path)?;
    if opened.file_type() != FileType::Directory {
        return Err(refused);
    }
    let of_tree = |source| ArtifactError::Tree { path: path.to_owned(), source };
    let keeper = Keeper::of_catalogers();
    let (mut documents, mut gaps) = tree::look(&handle, &keeper).map_err(of_tree)?;
    gaps.extend(keeper.settle(&mut documents));
    let listing = Listing::new(Vec::new()).map_err(|_| refused)?;
    let artifact = Artifact {
        path: path.to_owned(),
        name: name_of(path)?,
        digests: MeasuredDigests { sha256: listing.digest(), sha512: None },
        identity: catalog::identities(&documents),
        kind: ArtifactKind::Tree(listing),
        size: 0,
        documents,
        gaps,
        is_whole: true,
        stamp: None,
        keeps_modes: false,
    };
    Ok(Looked { artifact, is_tree: false })
}
