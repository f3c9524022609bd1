//! One release artifact, read once: its digests, what it is, and what it says of itself.

mod error;
mod file;
mod look;

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use mcpsign_schemas::digest::{DigestSet, MeasuredDigests};
use mcpsign_schemas::inventory::KnownGap;
use mcpsign_schemas::purl::PackageIdentity;
use mcpsign_schemas::sbom::RootComponent;
use mcpsign_schemas::statement::Subject;
use mcpsign_schemas::tree::{EntryKind, Listing, TREE_MEDIA_TYPE};
use rustix::fs::FileType;

pub use error::ArtifactError;
pub use look::{Looked, look};

use crate::archive::{Package, PackageForm, Unpacker};
use crate::catalog::{self, Depth, Document, Keeper};
use crate::image::{self, Image, ImageError};
use crate::people;
use crate::tree::{Stamp, walk};

/// A file or directory, as it was when it was read.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// Where it was found, as given.
    pub path: PathBuf,
    /// Last component of the path as given: of a link its own name, not its target's.
    pub name: String,
    /// What it is.
    pub kind: ArtifactKind,
    /// Digests of the file, of the tree's listing, or of the image's manifest or index.
    pub digests: MeasuredDigests,
    /// What it says that it is; may be empty.
    pub identity: Vec<PackageIdentity>,
    /// Bytes of the file, of all files of the tree, or of all blobs of the image.
    pub size: u64,
    /// Files that a cataloger reads, from the same read as the digests.
    pub documents: Vec<Document>,
    /// What was not looked into.
    pub gaps: Vec<KnownGap>,
    /// Whether `documents` and `gaps` are all; otherwise there are archives or layers that [`open`] looks into.
    pub is_whole: bool,
    /// Which file, or which files and folders, it was. `None` of an image, of which nothing is started.
    pub stamp: Option<Stamp>,
    /// Whether the file system of a directory keeps execute bits; where not, its listing has none.
    pub keeps_modes: bool,
}

/// What an artifact is.
#[derive(Debug, Clone)]
pub enum ArtifactKind {
    /// A package: npm tarball, wheel, Python source distribution, crate, MCP bundle.
    Package(Package),
    /// A container image: a directory that is an OCI image layout.
    Image(Image),
    /// Any other single file.
    File,
    /// A directory.
    Tree(Listing),
}

/// Reads the file or directory at `path`, following links to it, once and from one handle.
///
/// # Errors
/// What is not there or not readable, is neither file nor directory, has an entry that no tree may have, is a
/// package that readers could take differently, or changes while it is read.
pub fn open(path: &Path) -> Result<Artifact, ArtifactError> {
    read_to(Depth::Whole, path)
}

/// The same for its digests and what it says that it is: archives in it and layers of an image stay closed, so that nobody who made
/// it decides how long that takes.
///
/// # Errors
/// As [`open`].
pub fn measure(path: &Path) -> Result<Artifact, ArtifactError> {
    read_to(Depth::Surface, path)
}

fn read_to(depth: Depth, path: &Path) -> Result<Artifact, ArtifactError> {
    let name = name_of(path)?;
    let (handle, opened) = file::open(path)?;
    if opened.file_type() == FileType::Directory && image::is_layout(&handle) {
        return open_image(path, name, &handle, depth);
    }
    if opened.file_type() == FileType::Directory {
        let keeper = Keeper::of_catalogers().to(depth);
        let mut walked =
            walk(&handle, &keeper).map_err(|source| ArtifactError::Tree { path: path.to_owned(), source })?;
        let size =
            walked.listing.entries().iter().filter(|entry| is_file(entry.kind)).map(|entry| entry.size).sum();
        let gaps = keeper.settle(&mut walked.documents).into_iter().collect();
        return Ok(Artifact {
            path: path.to_owned(),
            name,
            digests: MeasuredDigests { sha256: walked.listing.digest(), sha512: None },
            identity: catalog::identities(&walked.documents),
            kind: ArtifactKind::Tree(walked.listing),
            size,
            documents: walked.documents,
            gaps,
            is_whole: keeper.is_whole(),
            stamp: Some(walked.stamp),
            keeps_modes: walked.keeps_modes,
        });
    }
    let read = file::read(path, &name, (handle, opened), file::Purpose::Look(depth))?;
    let (kind, identity, documents) = match read.found {
        Some(found) => (ArtifactKind::Package(found.package), vec![found.identity], found.documents),
        None => (ArtifactKind::File, Vec::new(), read.itself),
    };
    Ok(Artifact {
        path: path.to_owned(),
        name,
        kind,
        digests: read.digests,
        identity,
        size: read.size,
        documents,
        gaps: read.gap.into_iter().collect(),
        is_whole: read.is_whole,
        stamp: Some(read.stamp),
        keeps_modes: true,
    })
}

/// Reads the image layout behind `handle`.
fn open_image(path: &Path, name: String, handle: &OwnedFd, depth: Depth) -> Result<Artifact, ArtifactError> {
    let keeper = Keeper::of_catalogers().to(depth);
    let mut image = image::read(handle, &keeper).map_err(|source| match source {
        ImageError::Io { path: at, source } => ArtifactError::of(&path.join(at), source),
        ImageError::Changed { path: at } => ArtifactError::Changed { path: path.join(at) },
        source => {
            let digests = MeasuredDigests { sha256: image::index_digest(handle), sha512: None };
            ArtifactError::Image { path: path.to_owned(), digests: Box::new(digests), source }
        }
    })?;
    Ok(Artifact {
        path: path.to_owned(),
        name,
        digests: MeasuredDigests { sha256: image.top.digest, sha512: None },
        identity: Vec::new(),
        size: image.size,
        documents: std::mem::take(&mut image.documents),
        gaps: std::mem::take(&mut image.gaps),
        is_whole: keeper.is_whole(),
        kind: ArtifactKind::Image(image),
        stamp: None,
        keeps_modes: true,
    })
}

/// Reads a file again, its package through `unpacker`.
///
/// # Errors
/// As [`open`].
pub(crate) fn reread(
    path: &Path,
    unpacker: &mut Unpacker,
) -> Result<(MeasuredDigests, Option<Package>), ArtifactError> {
    let name = name_of(path)?;
    let opened = file::open(path)?;
    if opened.1.file_type() == FileType::Directory {
        return Err(ArtifactError::Changed { path: path.to_owned() });
    }
    let read = file::read(path, &name, opened, file::Purpose::Unpack(unpacker))?;
    Ok((read.digests, read.found.map(|found| found.package)))
}

impl Artifact {
    /// The package that it is.
    pub const fn package(&self) -> Option<&Package> {
        match &self.kind {
            ArtifactKind::Package(package) => Some(package),
            ArtifactKind::Image(_) | ArtifactKind::File | ArtifactKind::Tree(_) => None,
        }
    }

    /// The server's name in the MCP registry, where the artifact itself names it.
    pub fn mcp_name(&self) -> Option<&str> {
        match &self.kind {
            ArtifactKind::Package(package) => package.mcp_name.as_deref(),
            ArtifactKind::Image(image) => image.mcp_name.as_deref(),
            ArtifactKind::File | ArtifactKind::Tree(_) => None,
        }
    }

    /// Its licences, as it states them.
    pub fn licenses(&self) -> &[String] {
        match &self.kind {
            ArtifactKind::Package(package) => &package.licenses,
            ArtifactKind::Image(image) => &image.licenses,
            ArtifactKind::File | ArtifactKind::Tree(_) => &[],
        }
    }

    /// Subjects of statements about it, names unique. More than one where it is made of parts that are fetched by
    /// their own digests.
    pub fn subjects(&self) -> Vec<Subject> {
        let mut subjects = vec![self.subject()];
        if let ArtifactKind::Image(image) = &self.kind {
            // Whoever runs an image pulls the manifest of his platform.
            subjects.extend(image.manifests.iter().map(|manifest| Subject {
                name: format!("{}@sha256:{}", self.name, manifest.digest),
                digest: DigestSet::sha256(manifest.digest),
                media_type: None,
            }));
        }
        subjects
    }

    /// The subject that stands for all of it: the first of [`Self::subjects`].
    pub fn subject(&self) -> Subject {
        let (digest, media_type) = match &self.kind {
            // npm's own statements and lock files name SHA-512.
            ArtifactKind::Package(package) if package.form == PackageForm::Npm => {
                (DigestSet::measured(&self.digests), None)
            }
            ArtifactKind::Package(_) | ArtifactKind::Image(_) | ArtifactKind::File => {
                (DigestSet::sha256(self.digests.sha256), None)
            }
            ArtifactKind::Tree(_) => {
                (DigestSet::sha256(self.digests.sha256), Some(TREE_MEDIA_TYPE.to_owned()))
            }
        };
        Subject { name: self.name.clone(), digest, media_type }
    }

    /// The root of an SBOM of it.
    pub fn root_component(&self) -> RootComponent {
        let identity = self.identity.first();
        RootComponent {
            name: identity.map_or_else(|| self.name.clone(), |identity| identity.name.clone()),
            version: identity.and_then(|identity| identity.version.clone()),
            purl: identity.map(|identity| identity.purl.clone()),
            digests: Some(self.digests),
            media_type: self.subject().media_type,
            licenses: self.licenses().to_vec(),
            file_name: matches!(self.kind, ArtifactKind::Package(_) | ArtifactKind::File)
                .then(|| self.name.clone()),
            authors: people::authors(&self.documents),
        }
    }
}

const fn is_file(kind: EntryKind) -> bool {
    matches!(kind, EntryKind::File | EntryKind::Executable)
}

/// The last component of `path` as given; of paths without one (`.`, `..`, `a/..`) that of the directory meant.
fn name_of(path: &Path) -> Result<String, ArtifactError> {
    let refused = || ArtifactError::Name { path: path.to_owned() };
    let resolved;
    let given = match path.components().next_back() {
        Some(std::path::Component::Normal(name)) => name,
        _ => {
            resolved = path.canonicalize().map_err(|source| ArtifactError::of(path, source))?;
            resolved.file_name().ok_or_else(refused)?
        }
    };
    let name = given.to_str().ok_or_else(refused)?;
    // It goes into statements, and into the name of the evidence file beside the artifact.
    if name.chars().any(mcpsign_schemas::untrusted::is_deceptive) {
        return Err(refused());
    }
    Ok(name.to_owned())
}
