//! A file, and what a cataloger made of it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use mcpsign_schemas::inventory::{
    CatalogerState, CatalogerStatus, Completeness, FailedFile, FileOutcome, KnownGap, Location, Means,
    Origin, Package, SourceFile,
};
use mcpsign_schemas::manifest::LockfileOrigin;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::tree::TreePath;

use super::archives::place;
use crate::catalog::npm::{self, gyp};
use crate::catalog::pypi::{self, startup};
use crate::catalog::{
    CATALOGERS, CatalogError, Cataloger, Content, Document, FileInput, bundled, mcpb, other_names,
};

/// Before the id of a cataloger that reads files in archives.
const ARCHIVES: &str = "archives/";

/// A file and a cataloger that reads it.
pub(super) struct Source<'a> {
    pub(super) document: &'a Document,
    /// Where it lies in the artifact or project: of a file in an archive that archive's path stands before its own.
    pub(super) path: Cow<'a, TreePath>,
    /// Whether it lies in an archive.
    pub(super) in_archive: bool,
    pub(super) origin: LockfileOrigin,
    pub(super) cataloger: &'static dyn Cataloger,
    pub(super) packages: Vec<Package>,
    pub(super) outcome: FileOutcome,
    /// What of it may be packages and could not be told.
    pub(super) passed_over: Vec<String>,
}

impl<'a> Source<'a> {
    /// A file in which a cataloger finds nothing is not of its format: other programs have a manifest.json too.
    pub(super) fn all(document: &'a Document, origin: LockfileOrigin) -> impl Iterator<Item = Self> {
        let wanting = CATALOGERS.iter().filter(|cataloger| is_read_by(document, **cataloger));
        let sources =
            wanting.map(move |&cataloger| Self::read(document, place(&document.path), origin, cataloger));
        sources.filter(Self::says)
    }

    /// The same of a file of a project that was named, by what others call it.
    pub(super) fn named(document: &'a Document) -> impl Iterator<Item = Self> {
        let usual = other_names::usual(&document.path);
        let wanting =
            CATALOGERS.iter().filter(move |one| usual.as_ref().is_some_and(|usual| one.wants(usual)));
        let sources =
            wanting.map(|&one| Self::read(document, place(&document.path), LockfileOrigin::Project, one));
        sources.filter(Self::says)
    }

    /// The same of a file in the folder of a bundle's server, which is a project of its own.
    pub(super) fn of_server(document: &'a Document) -> impl Iterator<Item = Self> {
        let readers = mcpb::readers(&document.path);
        let sources = readers.map(|cataloger| {
            Self::read(document, place(&document.path), LockfileOrigin::Artifact, cataloger)
        });
        sources.filter(Self::says)
    }

    /// What a cataloger makes of a file that lies at `path`.
    pub(super) fn read(
        document: &'a Document,
        path: Cow<'a, TreePath>,
        origin: LockfileOrigin,
        cataloger: &'static dyn Cataloger,
    ) -> Self {
        let file = document.bytes().map(|bytes| FileInput { path: &path, bytes });
        let read = match (&document.content, &file) {
            (Content::Script(script), _) => script.packages(),
            (_, Some(file)) => cataloger.read(file),
            _ => Err(CatalogError::TooLarge),
        };
        let (packages, outcome) = match read {
            Ok(packages) => (packages, FileOutcome::Used),
            Err(error) => (Vec::new(), FileOutcome::Failed { error: error.to_string() }),
        };
        let passed_over = match (&document.content, file) {
            _ if outcome != FileOutcome::Used => Vec::new(),
            (Content::Script(script), _) => script.gaps(),
            (_, file) => file.map(|file| cataloger.passes_over(&file)).unwrap_or_default(),
        };
        Self { document, path, in_archive: false, origin, cataloger, packages, outcome, passed_over }
    }

    /// Whether it counts beside all others.
    pub(super) fn adds(&self) -> bool {
        self.in_archive || self.cataloger.role().adds()
    }

    /// What has read it: who looks into files does not yet look into archives.
    fn reader(&self) -> String {
        format!("{}{}", if self.in_archive { ARCHIVES } else { "" }, self.cataloger.id())
    }

    /// Whether its file is one of these, and not of the same path in an archive.
    pub(super) fn is_among(&self, documents: &[Document]) -> bool {
        documents.as_ptr_range().contains(&std::ptr::from_ref(self.document))
    }

    /// Whether something came of the file.
    pub(super) fn says(&self) -> bool {
        self.outcome != FileOutcome::Used || !self.packages.is_empty() || !self.passed_over.is_empty()
    }

    /// The gaps that it leaves where it counts.
    pub(super) fn gaps(&self) -> impl Iterator<Item = KnownGap> {
        let told = self.passed_over.iter().filter(|_| self.outcome == FileOutcome::Used);
        told.map(|reason| KnownGap::unread(Some(self.path.to_string()), reason))
    }

    /// Which of two files of one ecosystem counts: the lower.
    pub(super) fn rank(&self) -> (bool, u8, Option<usize>) {
        let place = CATALOGERS.iter().position(|cataloger| cataloger.id() == self.cataloger.id());
        let origin = match self.origin {
            LockfileOrigin::Resolved => 0,
            LockfileOrigin::Artifact => 1,
            LockfileOrigin::Project => 2,
        };
        (!self.pins(), origin, place)
    }

    /// Whether it says which versions are meant. A requirements.txt may be a lock file, or a list of wishes.
    fn pins(&self) -> bool {
        let is_list = self.cataloger.id() == pypi::REQUIREMENTS.id();
        self.cataloger.role().pins()
            && (!is_list || self.packages.iter().all(|package| package.version.is_some()))
    }

    /// Whether its file is one of the project that a bundle's server is.
    pub(super) fn is_of_server(&self) -> bool {
        !self.in_archive && mcpb::is_of_server(&self.path)
    }

    /// The purl type of what it names.
    pub(super) fn ecosystem(&self) -> Option<String> {
        let first = self.packages.first()?;
        first.purl.strip_prefix("pkg:")?.split('/').next().map(str::to_owned)
    }

    pub(super) fn file(&self) -> SourceFile {
        SourceFile {
            path: self.path.to_string(),
            origin: self.origin,
            sha256: self.document.sha256,
            cataloger: self.reader(),
            pins: self.pins(),
            outcome: self.outcome.clone(),
        }
    }
}

/// Whether a cataloger reads what was kept of a file.
pub(super) fn is_read_by(document: &Document, cataloger: &dyn Cataloger) -> bool {
    if matches!(document.content, Content::Script(_)) {
        return cataloger.id() == bundled::SCRIPT.id();
    }
    if matches!(document.content, Content::Opaque(_)) {
        return false;
    }
    cataloger.wants(&document.path) || document.bytes().is_some_and(|bytes| cataloger.sniffs(bytes))
}

/// Lets what PDM's lock files list be of the index that the pyproject.toml beside them names: they do not say it.
pub(super) fn set_indexes(sources: &mut [Source<'_>]) {
    let is_of = |source: &Source<'_>, cataloger: &dyn Cataloger| {
        source.cataloger.id() == cataloger.id() && !source.in_archive && source.outcome == FileOutcome::Used
    };
    let projects: Vec<(LockfileOrigin, Option<String>, &Document)> = sources
        .iter()
        .filter(|source| is_of(source, &pypi::PYPROJECT))
        .map(|source| (source.origin, source.path.parent().map(str::to_owned), source.document))
        .collect();
    for source in sources.iter_mut().filter(|source| is_of(source, &pypi::PDM_LOCK)) {
        let is_beside = |(origin, folder, _): &&(LockfileOrigin, Option<String>, &Document)| {
            *origin == source.origin && folder.as_deref() == source.path.parent()
        };
        let Some(bytes) = projects.iter().find(is_beside).and_then(|(.., document)| document.bytes()) else {
            continue;
        };
        let gap = pypi::place_by_project(bytes, &mut source.packages);
        source
            .passed_over
            .extend(gap.map_or_else(|error| Some(error.to_string()), |gap| gap.map(str::to_owned)));
    }
}

/// Names the project of a package.json without a name after its folder, as npm does.
pub(super) fn name_after_folder(sources: &mut [Source<'_>], folder: &Path) {
    let is_nameless = |source: &&mut Source<'_>| {
        source.cataloger.id() == npm::PACKAGE_JSON.id()
            && !source.packages.is_empty()
            && source.packages.iter().all(|package| package.origin == Origin::Declared)
    };
    let whole = folder.canonicalize().ok();
    let name = whole.as_deref().and_then(Path::file_name).and_then(OsStr::to_str);
    let Some(purl) = name.and_then(|name| Purl::npm(name, None).ok()) else { return };
    for source in sources.iter_mut().filter(is_nameless) {
        let mut root = Package::new("", purl.to_string(), purl.name());
        root.origin = Origin::Root;
        root.dependencies = source.packages.iter().map(|package| package.id.clone()).collect();
        root.completeness = Completeness::Incomplete;
        root.found.insert(Location::at("", Means::Manifest));
        source.packages.push(root);
    }
}

/// Lets the packages of an artifact run what npm builds them with: a file beside their package.json says it by being there.
pub(super) fn add_builds(sources: &mut [Source<'_>], documents: &[Document]) {
    let is_build_file = |document: &&Document| gyp::is_build_file(&document.path);
    let there: BTreeSet<&str> =
        documents.iter().filter(is_build_file).map(|document| document.path.as_str()).collect();
    let readers = [npm::PACKAGE_JSON.id(), npm::NODE_MODULES.id()];
    let sources = sources.iter_mut().filter(|source| !source.in_archive);
    for source in sources.filter(|source| readers.contains(&source.cataloger.id())) {
        let is_built = gyp::beside(&source.path).is_some_and(|file| there.contains(file.as_str()))
            && source.document.bytes().is_some_and(gyp::builds);
        let own = source.packages.iter_mut().filter(|package| package.origin != Origin::Declared);
        own.for_each(|package| package.install_script |= is_built);
    }
}

/// Lets a wheel run what Python runs of it whenever it starts. Where several lie unpacked in one folder, an environment, it is open
/// whose that is.
pub(super) fn add_startup(sources: &mut [Source<'_>], documents: &[Document]) {
    let runs = documents
        .iter()
        .filter(|document| startup::is_startup_file(&document.path))
        .any(|document| startup::runs(&document.path, document.bytes()));
    let is_wheel =
        |source: &&mut Source<'_>| !source.in_archive && source.cataloger.id() == pypi::METADATA.id();
    let mut wheels = sources.iter_mut().filter(is_wheel);
    if let (Some(only), None) = (wheels.next(), wheels.next()) {
        let own = only.packages.iter_mut().filter(|package| package.origin != Origin::Declared);
        own.for_each(|package| package.install_script |= runs);
    }
}

/// How each cataloger fared, in the order of the list; what they did in archives after it.
pub(super) fn statuses(sources: &[Source<'_>]) -> Vec<CatalogerStatus> {
    let each = [false, true].into_iter().flat_map(|inside| CATALOGERS.iter().map(move |one| (*one, inside)));
    each.filter_map(|(cataloger, inside)| status(cataloger, inside, sources)).collect()
}

fn status(cataloger: &dyn Cataloger, inside: bool, sources: &[Source<'_>]) -> Option<CatalogerStatus> {
    let is_own =
        |source: &&Source<'_>| source.in_archive == inside && source.cataloger.id() == cataloger.id();
    let own: Vec<&Source<'_>> = sources.iter().filter(is_own).collect();
    let failed: Vec<FailedFile> = own
        .iter()
        .filter_map(|source| match &source.outcome {
            FileOutcome::Failed { error } => {
                Some(FailedFile { path: source.path.to_string(), error: error.clone() })
            }
            _ => None,
        })
        .collect();
    let state = match failed.as_slice() {
        _ if own.is_empty() => return None,
        [] => CatalogerState::Complete,
        [first, ..] if failed.len() == own.len() => CatalogerState::Failed { error: first.error.clone() },
        _ => CatalogerState::Partial { files: failed },
    };
    Some(CatalogerStatus { id: own.first()?.reader(), state })
}
