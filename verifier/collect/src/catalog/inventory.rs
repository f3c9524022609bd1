//! From an artifact and the project that it was made from to one inventory.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::path::Path;

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::inventory::{
    CatalogerState, CatalogerStatus, Completeness, FailedFile, FileOutcome, HashAlgorithm, Inventory,
    Location, Origin, Package, Scope, SourceFile,
};
use mcpsign_schemas::manifest::LockfileOrigin;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::tree::TreePath;
use rustix::fs::{Dir, Mode, OFlags};

use super::merge::{Named, merge};
use super::pypi;
use super::{
    CATALOGERS, CatalogError, Cataloger, Content, Document, FileInput, InventoryError, MAX_BYTES, identities,
    is_wanted,
};
use crate::artifact::{Artifact, ArtifactKind};
use crate::tree::read_file;

/// Packages in the files of one artifact and its project together. 25,000: the lock files of the largest monorepos pin 15,000. A
/// document of that many has 10 MB, and making it takes 250 MB of memory.
const MAX_PACKAGES: usize = 25_000;

/// What an inventory is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct InventoryRoot<'a> {
    /// The artifact that it is about.
    pub artifact: Option<&'a Artifact>,
    /// The folder of the project that the artifact was made from: its lock file counts where the artifact has none. Or one
    /// file of it alone.
    pub project: Option<&'a Path>,
    /// The folder with the lock file of an installation that was made from the artifact: what was really resolved, so it
    /// counts before all else.
    pub resolved: Option<&'a Path>,
}

/// Makes the inventory. A file that is not understood is said in it, not an error.
///
/// # Errors
/// When the project folder cannot be read, or the files name more packages than anybody could read in an SBOM.
pub fn inventory(root: &InventoryRoot<'_>) -> Result<Inventory, InventoryError> {
    let mut sources: Vec<Source> = Vec::new();
    if let Some(artifact) = root.artifact {
        sources
            .extend(artifact.documents.iter().flat_map(|file| Source::all(file, LockfileOrigin::Artifact)));
    }
    let project = match root.project {
        Some(dir) => documents(dir)?,
        None => Vec::new(),
    };
    sources.extend(project.iter().flat_map(|file| Source::all(file, LockfileOrigin::Project)));
    let resolved = match root.resolved {
        Some(dir) => documents(dir)?,
        None => Vec::new(),
    };
    // Of the folder its lock files alone: what else lies there is how it came about.
    let locks = resolved.iter().flat_map(|file| Source::all(file, LockfileOrigin::Resolved));
    sources.extend(locks.filter(|source| source.cataloger.pins()));
    if sources.iter().map(|source| source.packages.len()).sum::<usize>() > MAX_PACKAGES {
        return Err(InventoryError::TooMany { limit: MAX_PACKAGES });
    }
    sources.sort_by_key(Source::rank);

    // Without an artifact it is the project that is asked about, and its own lock file is its own whatever it says.
    let asked = root.artifact.map(About::of).or_else(|| About::of_project(&project));
    let declared = choose(&mut sources, asked.as_ref().filter(|_| root.artifact.is_some()));
    let catalogers = statuses(&sources);
    let mut files: Vec<SourceFile> = sources.iter().map(Source::file).collect();
    files.sort_by(|a, b| (&a.path, &a.cataloger).cmp(&(&b.path, &b.cataloger)));
    let used = sources.into_iter().filter(|source| source.outcome == FileOutcome::Used);
    let packages = merge(
        used.map(|source| Named { file: source.document.path.to_string(), packages: source.packages })
            .collect(),
    );
    let subject =
        asked.as_ref().and_then(|about| about.find(packages.values())).map(|package| package.id.clone());
    let mut inventory = Inventory { packages, subject, files, catalogers, gaps: Vec::new() };
    if let Some(subject) = inventory.subject.clone() {
        add_unlocked(&mut inventory, &subject, declared);
        keep_what_counts(&mut inventory, &subject);
    }
    Ok(inventory)
}

/// A file and a cataloger that reads it.
struct Source<'a> {
    document: &'a Document,
    origin: LockfileOrigin,
    cataloger: &'static dyn Cataloger,
    packages: Vec<Package>,
    outcome: FileOutcome,
}

impl<'a> Source<'a> {
    /// A file in which a cataloger finds nothing is not of its format: other programs have a manifest.json too.
    fn all(document: &'a Document, origin: LockfileOrigin) -> impl Iterator<Item = Self> {
        let wanting = CATALOGERS.iter().filter(|cataloger| cataloger.wants(&document.path));
        let sources = wanting.map(move |&cataloger| {
            let read = match &document.content {
                Content::Bytes(bytes) => cataloger.read(&FileInput { path: &document.path, bytes }),
                Content::TooLarge => Err(CatalogError::TooLarge),
            };
            let (packages, outcome) = match read {
                Ok(packages) => (packages, FileOutcome::Used),
                Err(error) => (Vec::new(), FileOutcome::Failed { error: error.to_string() }),
            };
            Self { document, origin, cataloger, packages, outcome }
        });
        sources.filter(|source| source.outcome != FileOutcome::Used || !source.packages.is_empty())
    }

    /// Which of two files of one ecosystem counts: the lower.
    fn rank(&self) -> (bool, u8, Option<usize>) {
        let place = CATALOGERS.iter().position(|cataloger| cataloger.id() == self.cataloger.id());
        let origin = match self.origin {
            LockfileOrigin::Resolved => 0,
            LockfileOrigin::Artifact => 1,
            LockfileOrigin::Project => 2,
        };
        (!self.cataloger.pins(), origin, place)
    }

    /// The purl type of what it names.
    fn ecosystem(&self) -> Option<String> {
        let first = self.packages.first()?;
        first.purl.strip_prefix("pkg:")?.split('/').next().map(str::to_owned)
    }

    fn file(&self) -> SourceFile {
        SourceFile {
            path: self.document.path.to_string(),
            origin: self.origin,
            sha256: self.document.sha256,
            cataloger: self.cataloger.id().to_owned(),
            pins: self.cataloger.pins(),
            outcome: self.outcome.clone(),
        }
    }
}

/// Lets one file of each ecosystem count, and returns what the artifact's own manifest declares beside a lock file.
fn choose(sources: &mut [Source<'_>], about: Option<&About>) -> Vec<Package> {
    let mut chosen: BTreeMap<String, String> = BTreeMap::new();
    let mut declared = Vec::new();
    let is_installed = |source: &Source<'_>| {
        source.cataloger.id() == pypi::METADATA.id() && source.origin == LockfileOrigin::Artifact
    };
    let is_environment = sources.iter().filter(|source| is_installed(source)).count() > 1;
    for source in sources {
        if is_environment && is_installed(source) && !chosen.contains_key("pypi") {
            source.packages = installed(std::mem::take(&mut source.packages));
            continue;
        }
        let Some(ecosystem) = source.ecosystem() else { continue };
        let foreign = source.origin == LockfileOrigin::Project
            && about
                .is_some_and(|about| about.is_of(&ecosystem) && about.find(source.packages.iter()).is_none());
        if foreign {
            source.outcome = FileOutcome::Unrelated;
            continue;
        }
        match chosen.get(&ecosystem) {
            None => {
                chosen.insert(ecosystem, source.document.path.to_string());
            }
            Some(by) => {
                source.outcome = FileOutcome::Superseded { by: by.clone() };
                if source.origin == LockfileOrigin::Artifact && !source.cataloger.pins() {
                    let asked = source.packages.iter().filter(|package| package.origin == Origin::Declared);
                    let path = source.document.path.as_str();
                    declared.extend(asked.cloned().map(|mut package| {
                        package.found = package
                            .found
                            .into_iter()
                            .map(|found| Location { file: path.into(), ..found })
                            .collect();
                        package
                    }));
                }
            }
        }
    }
    declared
}

/// Of what one file among many in an environment says: that its package is installed there. What it needs is not
/// followed.
fn installed(packages: Vec<Package>) -> Vec<Package> {
    let roots = packages.into_iter().filter(|package| package.origin == Origin::Root);
    roots
        .map(|mut package| {
            package.origin = Origin::Registry { url: None };
            package.scope = Scope::Unstated;
            package.dependencies.clear();
            package.completeness = Completeness::Unknown;
            package
        })
        .collect()
}

fn statuses(sources: &[Source<'_>]) -> Vec<CatalogerStatus> {
    let mut statuses = Vec::new();
    for cataloger in CATALOGERS {
        let own: Vec<&Source<'_>> =
            sources.iter().filter(|source| source.cataloger.id() == cataloger.id()).collect();
        let failed: Vec<FailedFile> = own
            .iter()
            .filter_map(|source| match &source.outcome {
                FileOutcome::Failed { error } => {
                    Some(FailedFile { path: source.document.path.to_string(), error: error.clone() })
                }
                _ => None,
            })
            .collect();
        let state = match failed.as_slice() {
            _ if own.is_empty() => continue,
            [] => CatalogerState::Complete,
            [first, ..] if failed.len() == own.len() => CatalogerState::Failed { error: first.error.clone() },
            _ => CatalogerState::Partial { files: failed },
        };
        statuses.push(CatalogerStatus { id: cataloger.id().to_owned(), state });
    }
    statuses
}

/// What is known of the artifact when its package is looked for.
struct About {
    purls: Vec<Purl>,
    sha512: Option<String>,
    /// Of a tree none: its digest is that of no distributed file.
    sha256: Option<String>,
}

impl About {
    fn of(artifact: &Artifact) -> Self {
        Self {
            purls: artifact.identity.iter().filter_map(|identity| identity.parsed().ok()).collect(),
            sha512: artifact.digests.sha512.map(|digest| digest.to_string()),
            sha256: (!matches!(artifact.kind, ArtifactKind::Tree(_)))
                .then(|| artifact.digests.sha256.to_string()),
        }
    }

    fn of_project(documents: &[Document]) -> Option<Self> {
        let purls: Vec<Purl> =
            identities(documents).iter().filter_map(|identity| identity.parsed().ok()).collect();
        (!purls.is_empty()).then_some(Self { purls, sha512: None, sha256: None })
    }

    /// Whether the artifact says that it is a package of this ecosystem.
    fn is_of(&self, ecosystem: &str) -> bool {
        self.purls.iter().any(|purl| purl.ty() == ecosystem)
    }

    /// The package that the artifact is: by its digest, else the project itself, else one of its parts, else one of
    /// this name and version of which no digest is known.
    fn find<'p>(&self, packages: impl Iterator<Item = &'p Package>) -> Option<&'p Package> {
        packages
            .filter_map(|package| Some((self.rank(package)?, package)))
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, p)| p)
    }

    fn rank(&self, package: &Package) -> Option<u8> {
        let purl = Purl::parse(&package.purl).ok()?;
        let own = self.purls.iter().find(|own| own.same_package(&purl))?;
        let digest = |algorithm, own: Option<&String>| {
            package.hashes.get(&algorithm).zip(own).map(|(theirs, own)| theirs == own)
        };
        let digests = [
            digest(HashAlgorithm::Sha512, self.sha512.as_ref()),
            digest(HashAlgorithm::Sha256, self.sha256.as_ref()),
        ];
        let same_version = own.version() == purl.version();
        match &package.origin {
            _ if digests.contains(&Some(false)) => None,
            _ if digests.contains(&Some(true)) && same_version => Some(0),
            // Before a release the version of the project moves first and that in its lock file later.
            Origin::Root => Some(1),
            Origin::Local { .. } => Some(2),
            Origin::Registry { .. } | Origin::Archive { .. } if same_version => Some(3),
            Origin::Registry { .. } | Origin::Archive { .. } | Origin::Git { .. } | Origin::Declared => None,
        }
    }
}

/// Whether both are of one name: Python's are written in many ways.
fn is_called_alike(a: &Package, b: &Package) -> bool {
    let is_python = a.purl.starts_with("pkg:pypi/");
    a.name == b.name || (is_python && pypi::normalized(&a.name) == pypi::normalized(&b.name))
}

/// What the artifact's manifest asks for and the lock file does not know was added after locking, or kept out of it:
/// it is installed all the same.
fn add_unlocked(inventory: &mut Inventory, subject: &str, declared: Vec<Package>) {
    let Some(package) = inventory.packages.get(subject) else { return };
    let locked: Vec<&Package> =
        package.dependencies.iter().filter_map(|id| inventory.packages.get(id)).collect();
    let missing: Vec<Package> = declared
        .into_iter()
        .filter(|wish| !locked.iter().any(|known| is_called_alike(known, wish)))
        .collect();
    for mut wish in missing {
        if wish.scope == Scope::Optional {
            continue;
        }
        wish.id = wish.purl.clone();
        let id = wish.id.clone();
        inventory.packages.entry(id.clone()).or_insert(wish);
        if let Some(package) = inventory.packages.get_mut(subject) {
            package.dependencies.insert(id);
            package.completeness = package.completeness.max(Completeness::Incomplete);
        }
    }
}

/// Where the artifact is one package of a larger project, or of an installation, the others are not its business.
fn keep_what_counts(inventory: &mut Inventory, subject: &str) {
    let is_root = inventory.packages.get(subject).is_some_and(|package| package.origin == Origin::Root);
    if is_root {
        return;
    }
    let ecosystem = |purl: &str| purl.split('/').next().map(str::to_owned);
    let reachable = inventory.reachable(subject);
    let own = ecosystem(subject);
    inventory.packages.retain(|id, package| reachable.contains(id) || ecosystem(&package.purl) != own);
    let direct =
        inventory.packages.get(subject).map(|package| package.dependencies.clone()).unwrap_or_default();
    for (id, package) in &mut inventory.packages {
        if ecosystem(&package.purl) == own {
            package.direct = direct.contains(id);
        }
    }
}

/// The files of a project folder that some cataloger reads: of its root alone, links not followed. Of a file that one alone.
///
/// # Errors
/// When the folder, or one of these files, cannot be read.
pub fn documents(path: &Path) -> Result<Vec<Document>, InventoryError> {
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
        if is_meant && is_wanted(&path) {
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
