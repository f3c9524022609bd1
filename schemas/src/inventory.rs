//! What an artifact is made of, as far as the files that say so were understood.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::digest::Sha256Digest;
use crate::manifest::LockfileOrigin;
use crate::party::Party;

/// The packages found, which files said so, and what could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inventory {
    /// By id; every id that `dependencies` or `subject` names is here.
    pub packages: BTreeMap<String, Package>,
    /// The package that the artifact itself is, where one of them is.
    pub subject: Option<String>,
    /// Every file that a cataloger was given, in the order of paths.
    pub files: Vec<SourceFile>,
    /// How each cataloger fared that had something to read, in the order of the list of catalogers.
    pub catalogers: Vec<CatalogerStatus>,
    /// What else was not read and may hold packages that are not here; files that were not understood stand in `files`.
    #[serde(default)]
    pub gaps: Vec<KnownGap>,
    /// For which build an ecosystem's own tool has said what of a lock file is taken.
    #[serde(default)]
    pub resolutions: BTreeSet<String>,
}

/// Something that may hold packages and was not looked into.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KnownGap {
    /// The file or folder, as in [`SourceFile::path`]; `None` where the whole artifact is meant.
    pub path: Option<String>,
    /// Why nothing is known of it, fit to be shown.
    pub reason: String,
    /// Whether it was to be read.
    #[serde(default)]
    pub kind: GapKind,
}

/// What a gap leaves open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapKind {
    /// A file that says what is there, or may hold what does, and was not read: any package may be named in it.
    #[default]
    Unread,
    /// Code, or what somebody copied or locked for it, of which nothing that is read says what it is made of. Packages may be hidden
    /// there; of what the files say that were read it contradicts nothing.
    Opaque,
}

/// One package in one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Package {
    /// What others refer to it by. Within the answer of a cataloger: unique in the file, in whatever form suits it.
    /// In an [`Inventory`]: the purl, with `#` and a digest where several packages share one purl.
    pub id: String,
    /// Package URL; without version where that is unknown.
    pub purl: String,
    /// The name as its ecosystem writes it.
    pub name: String,
    /// Whether it is code.
    #[serde(default)]
    pub kind: PackageKind,
    /// The version; `None` where only a range is known.
    pub version: Option<String>,
    /// The ranges that were asked for, where nothing says what they resolve to.
    pub requested: BTreeSet<String>,
    /// Digests of the distributed file, lower-case hex.
    pub hashes: BTreeMap<HashAlgorithm, String>,
    /// Licences as declared, each in the words of its source.
    pub licenses: BTreeSet<String>,
    /// Whether the product needs it.
    pub scope: Scope,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether a root asks for it itself.
    pub direct: bool,
    /// Whether it is shipped inside the package that asks for it.
    pub bundled: bool,
    /// Whether installing it runs a program of its own.
    #[serde(default)]
    pub install_script: bool,
    /// When it is wanted, each condition in the words of its ecosystem (a PEP 508 marker, npm's `os` and `cpu`, Cargo's
    /// `cfg`); one of them is enough. Empty where it always is, or nothing says when.
    #[serde(default)]
    pub markers: BTreeSet<String>,
    /// Who made it, as it says itself.
    #[serde(default)]
    pub authors: BTreeSet<Party>,
    /// Name of the distributed file that `hashes` are of.
    #[serde(default)]
    pub file_name: Option<String>,
    /// The files that it may be installed from, where there are several and which of them it is depends on who installs: then no
    /// one's digests are in `hashes`.
    #[serde(default)]
    pub files: BTreeSet<PackageFile>,
    /// Which files name it.
    pub found: BTreeSet<Location>,
    /// Ids of the packages that it asks for.
    pub dependencies: BTreeSet<String>,
    /// How far `dependencies` is all of them.
    pub completeness: Completeness,
}

/// A file that a package is distributed as, one of several.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PackageFile {
    /// Its name; `None` where only its digests are told.
    pub name: Option<String>,
    /// Its address as recorded, without credentials, which ends in its name.
    pub url: Option<String>,
    /// Its digests, lower-case hex.
    pub hashes: BTreeMap<HashAlgorithm, String>,
}

/// Whether a package is code. Of two statements about one package the last in this order counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackageKind {
    /// It is.
    #[default]
    Library,
    /// A data set.
    Data,
    /// A machine-learning model.
    Model,
}

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Origin {
    /// The project that the file is about.
    Root,
    /// Its source tree: a workspace member, a path dependency.
    Local {
        /// Relative to the file, `/`-separated, where the file says so.
        path: Option<String>,
    },
    /// A package registry.
    Registry {
        /// The file's address as recorded, without credentials; `None` where the file does not say.
        url: Option<String>,
    },
    /// A git repository.
    Git {
        /// Its address, without credentials.
        url: String,
        /// The commit, where the file pins one.
        commit: Option<String>,
    },
    /// An archive at an address that is no registry's.
    Archive {
        /// The address, without credentials.
        url: String,
    },
    /// Asked for by name; what it resolves to is not known.
    Declared,
}

/// Whether the product needs a package. Of two statements about one package the first in this order counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// At run time.
    Required,
    /// The file does not say (Cargo.lock never does).
    Unstated,
    /// The product works without it.
    Optional,
    /// For development only: not part of the product.
    Development,
}

/// How far a list of dependencies is all of them. Of two statements about one package the last counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completeness {
    /// All.
    Complete,
    /// Some are missing, or not resolved to a version.
    Incomplete,
    /// Nobody looked.
    Unknown,
}

/// A digest's algorithm, as package ecosystems use them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HashAlgorithm {
    /// 16 bytes; of old lock files. Proves nothing.
    Md5,
    /// 20 bytes; of old lock files. Proves nothing.
    Sha1,
    /// 32 bytes.
    Sha256,
    /// 48 bytes.
    Sha384,
    /// 64 bytes.
    Sha512,
}

impl HashAlgorithm {
    /// The algorithm called so, whatever a format makes of its name: `SHA-256`, `SHA256`, `sha256`.
    pub fn find(name: &str) -> Option<Self> {
        Some(match name.replace('-', "").to_ascii_lowercase().as_str() {
            "md5" => Self::Md5,
            "sha1" => Self::Sha1,
            "sha256" => Self::Sha256,
            "sha384" => Self::Sha384,
            "sha512" => Self::Sha512,
            _ => return None,
        })
    }

    /// Whether `hex` can be a digest.
    pub fn fits(self, hex: &str) -> bool {
        hex.len() == 2 * self.bytes() && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// Length of a digest in bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// Where a package was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Location {
    /// Path of the file, as in [`SourceFile::path`]; empty in a cataloger's answer, which knows one file only.
    pub file: String,
    /// Where in it: the key of a map, the name of a table.
    pub place: String,
    /// The line on which that begins, from 1, where it was counted.
    #[serde(default)]
    pub line: Option<u32>,
    /// What kind of word it is.
    pub means: Means,
}

impl Location {
    /// In the one file that a cataloger reads.
    pub fn at(place: impl Into<String>, means: Means) -> Self {
        Self { file: String::new(), place: place.into(), line: None, means }
    }
}

/// What says that a package is there: the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    /// Its own metadata lie where it is installed or unpacked.
    Installed,
    /// A compiler wrote it into the program.
    Binary,
    /// A lock file, which says what will be installed.
    Lockfile,
    /// A manifest, which says what is asked for.
    Manifest,
    /// An SBOM that lies in the artifact.
    EmbeddedSbom,
    /// A notice that a bundler made: a licence text, a source map.
    BundleNotice,
}

impl Means {
    /// The word in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Binary => "binary",
            Self::Lockfile => "lockfile",
            Self::Manifest => "manifest",
            Self::EmbeddedSbom => "embedded-sbom",
            Self::BundleNotice => "bundle-notice",
        }
    }

    /// The means called `word`.
    pub fn find(word: &str) -> Option<Self> {
        [
            Self::Installed,
            Self::Binary,
            Self::Lockfile,
            Self::Manifest,
            Self::EmbeddedSbom,
            Self::BundleNotice,
        ]
        .into_iter()
        .find(|means| means.as_str() == word)
    }

    /// Whether it is no more than somebody's word about what is inside: it may name what was dropped again.
    pub const fn is_hint(self) -> bool {
        matches!(self, Self::EmbeddedSbom | Self::BundleNotice)
    }
}

/// A file that a cataloger read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SourceFile {
    /// Relative to the artifact or the project, `/`-separated.
    pub path: String,
    /// Which of the two.
    pub origin: LockfileOrigin,
    /// SHA-256 of its bytes.
    pub sha256: Sha256Digest,
    /// The cataloger's id.
    pub cataloger: String,
    /// Whether it says which versions are meant (a lock file), not just which are asked for.
    pub pins: bool,
    /// What came of it.
    pub outcome: FileOutcome,
}

/// Catalogers of what lies installed in an artifact, was compiled into it, or was noted of it by who installed it.
const OF_WHAT_IS_THERE: [&str; 14] = [
    "dotnet/deps-json",
    "go/build-information",
    "go/vendored",
    "java/pom-properties",
    "javascript/node-modules",
    "javascript/other-case",
    "os/apk",
    "os/dpkg",
    "os/rpm",
    "python/dist-info",
    "python/egg-info",
    "python/metadata",
    "rust/cargo-auditable",
    "rust/vendored",
];

/// Whether a cataloger's files say what lies in the artifact: one that it did not understand may be of anything. npm does not look
/// into archives, and others do.
pub fn says_what_is_there(cataloger: &str) -> bool {
    let packed = cataloger.strip_prefix("archives/").filter(|reader| !reader.starts_with("javascript/"));
    OF_WHAT_IS_THERE.contains(&packed.unwrap_or(cataloger))
}

/// What came of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum FileOutcome {
    /// Its packages are in the inventory.
    Used,
    /// Another file of its folder says the same more exactly.
    Superseded {
        /// That file's path.
        by: String,
    },
    /// It resolves another project than the artifact's.
    Unrelated,
    /// It was not understood.
    Failed {
        /// Why.
        error: String,
    },
}

/// How a cataloger fared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CatalogerStatus {
    /// Its id.
    pub id: String,
    /// What it achieved.
    pub state: CatalogerState,
}

/// What a cataloger achieved with the files that it wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum CatalogerState {
    /// Every file was read.
    Complete,
    /// Some files were not.
    Partial {
        /// Those that were not, each with the reason.
        files: Vec<FailedFile>,
    },
    /// No file was.
    Failed {
        /// The first reason.
        error: String,
    },
}

/// A file that was not understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FailedFile {
    /// Its path.
    pub path: String,
    /// Why.
    pub error: String,
}

impl KnownGap {
    /// Of what was to be read.
    pub fn unread(path: Option<String>, reason: impl Into<String>) -> Self {
        Self { path, reason: reason.into(), kind: GapKind::Unread }
    }

    /// Of what says nothing by itself.
    pub fn opaque(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: Some(path.into()), reason: reason.into(), kind: GapKind::Opaque }
    }
}

impl Package {
    /// A package of which nothing else is known yet: required, from a registry, found nowhere.
    pub fn new(id: impl Into<String>, purl: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            purl: purl.into(),
            name: name.into(),
            kind: PackageKind::Library,
            version: None,
            requested: BTreeSet::new(),
            hashes: BTreeMap::new(),
            licenses: BTreeSet::new(),
            scope: Scope::Required,
            origin: Origin::Registry { url: None },
            direct: false,
            bundled: false,
            install_script: false,
            markers: BTreeSet::new(),
            authors: BTreeSet::new(),
            file_name: None,
            files: BTreeSet::new(),
            found: BTreeSet::new(),
            dependencies: BTreeSet::new(),
            completeness: Completeness::Unknown,
        }
    }

    /// The surest word for it.
    pub fn means(&self) -> Means {
        self.found.iter().map(|found| found.means).min().unwrap_or(Means::BundleNotice)
    }
}

impl PackageFile {
    /// By what it is told from others: its address, or else its name.
    pub fn label(&self) -> Option<&str> {
        self.url.as_deref().or(self.name.as_deref())
    }

    /// Whether two lists of files may be of one package: none of one name has two digests, and they have a file in common unless one
    /// lists none.
    pub fn agree(a: &BTreeSet<Self>, b: &BTreeSet<Self>) -> bool {
        let mut known: BTreeMap<(&str, HashAlgorithm), &str> = BTreeMap::new();
        let mut digests: BTreeSet<&str> = BTreeSet::new();
        for file in a {
            digests.extend(file.hashes.values().map(String::as_str));
            let name = file.base_name();
            known.extend(file.hashes.iter().filter_map(|(of, hex)| Some(((name?, *of), hex.as_str()))));
        }
        let is_known = |file: &Self, of: HashAlgorithm, hex: &str| {
            file.base_name().and_then(|name| known.get(&(name, of))).is_none_or(|other| *other == hex)
        };
        let mut is_shared = a.is_empty() || b.is_empty();
        for file in b {
            for (of, hex) in &file.hashes {
                if !is_known(file, *of, hex) {
                    return false;
                }
                is_shared |= digests.contains(hex.as_str());
            }
        }
        is_shared
    }

    fn base_name(&self) -> Option<&str> {
        self.name.as_deref().or_else(|| self.url.as_deref()?.rsplit('/').next())
    }
}

impl Inventory {
    /// Everything that may hold packages which are not here: files that were not understood, and the other gaps.
    pub fn known_gaps(&self) -> Vec<KnownGap> {
        let failed = self.files.iter().filter_map(|file| match &file.outcome {
            FileOutcome::Failed { error } => Some(KnownGap::unread(Some(file.path.clone()), error.clone())),
            FileOutcome::Used | FileOutcome::Superseded { .. } | FileOutcome::Unrelated => None,
        });
        let mut gaps: Vec<KnownGap> = failed.chain(self.gaps.iter().cloned()).collect();
        // Two catalogers may say the same of one file.
        gaps.dedup();
        gaps
    }

    /// Whether every lock file was understood. One that was not may name packages that are not here; a manifest that
    /// was not says nothing that a lock file does not say better.
    pub fn locks_read(&self) -> bool {
        !self.files.iter().any(|file| file.pins && matches!(file.outcome, FileOutcome::Failed { .. }))
    }

    /// Whether there is a gap of this kind besides the files that were not understood.
    pub fn has_gap(&self, kind: GapKind) -> bool {
        self.gaps.iter().any(|gap| gap.kind == kind)
    }

    /// Packages that are no part of the artifact's own source: what it depends on.
    pub fn dependencies(&self) -> impl Iterator<Item = &Package> {
        self.packages.values().filter(|package| Some(&package.id) != self.subject.as_ref())
    }

    /// Ids of every package that `start` needs, itself included, as far as `dependencies` go.
    pub fn reachable(&self, start: &str) -> BTreeSet<String> {
        self.reachable_from([start])
    }

    /// The same of several: each package is gone through once, from however many it is needed.
    pub fn reachable_from<'s>(&self, starts: impl IntoIterator<Item = &'s str>) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<String> = starts.into_iter().map(str::to_owned).collect();
        while let Some(id) = open.pop() {
            let Some(package) = self.packages.get(&id) else { continue };
            if seen.insert(id) {
                open.extend(package.dependencies.iter().filter(|next| !seen.contains(*next)).cloned());
            }
        }
        seen
    }
}
