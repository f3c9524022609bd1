//! What every writer writes, whatever its format calls it.

use std::collections::BTreeSet;

use crate::canonical::Json;
use crate::digest::Sha256Digest;
use crate::inventory::{
    CatalogerState, Completeness, FileOutcome, GapKind, Inventory, Location, Means, Origin, Package,
    PackageFile, SourceFile,
};
use crate::manifest::LockfileOrigin;
use crate::party::Party;
use crate::purl::Purl;

use super::{DISTRIBUTION, checksum_name};
use crate::sbom::{RootComponent, SbomOptions};

/// A fact under a name of ours.
pub(super) type Property = (&'static str, String);

/// What is written.
pub(super) struct Model<'i> {
    pub(super) root: &'i RootComponent,
    /// The inventory's package that the root is.
    pub(super) subject: Option<&'i Package>,
    pub(super) inventory: &'i Inventory,
    pub(super) options: &'i SbomOptions,
}

/// How the data of an SBOM came about: CISA's generation context.
#[derive(Debug, Clone, Copy)]
pub(super) enum Context {
    /// From what it is built of.
    Source,
    /// From what was built.
    Analyzed,
}

impl Context {
    /// The type of SBOM, as CISA and SPDX call it.
    pub(super) const fn sbom_type(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Analyzed => "analyzed",
        }
    }

    /// The phase of the product's life, as CycloneDX calls it.
    pub(super) const fn phase(self) -> &'static str {
        match self {
            Self::Source => "pre-build",
            Self::Analyzed => "post-build",
        }
    }
}

impl<'i> Model<'i> {
    pub(super) fn new(root: &'i RootComponent, inventory: &'i Inventory, options: &'i SbomOptions) -> Self {
        let subject = inventory.subject.as_ref().and_then(|id| inventory.packages.get(id));
        Self { root, subject, inventory, options }
    }

    /// Everything but the root, in the order of ids.
    pub(super) fn components(&self) -> impl Iterator<Item = &'i Package> {
        self.inventory.dependencies()
    }

    /// When the document was made: whole seconds, because readers of SPDX and older CycloneDX tools refuse fractions.
    pub(super) fn timestamp(&self) -> String {
        self.options.timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// What the document was made from: the artifact where there is one, and files of its project or of an installation.
    pub(super) fn contexts(&self) -> impl Iterator<Item = Context> {
        let is_of_artifact = |file: &SourceFile| file.origin == LockfileOrigin::Artifact;
        let is_analyzed = self.root.digests.is_some();
        let is_source = !is_analyzed || !self.inventory.files.iter().all(is_of_artifact);
        [is_source.then_some(Context::Source), is_analyzed.then_some(Context::Analyzed)].into_iter().flatten()
    }

    pub(super) fn root_licenses(&self) -> Vec<&'i str> {
        match self.root.licenses.as_slice() {
            [] => self.subject.map(licenses).unwrap_or_default(),
            own => own.iter().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect(),
        }
    }

    /// Who made the root: as it says itself, or else whoever signs for the document.
    pub(super) fn root_authors(&self) -> Vec<&'i Party> {
        let own: Vec<&Party> = match self.root.authors.as_slice() {
            [] => self.subject.iter().flat_map(|package| &package.authors).collect(),
            stated => stated.iter().collect(),
        };
        if own.is_empty() { self.options.creator.iter().collect() } else { own }
    }

    /// Who made a component; of the project's own parts, who made the project.
    pub(super) fn authors(&self, package: &'i Package) -> Vec<&'i Party> {
        // What was installed from a folder is not of that folder's project: conda builds its packages so.
        let is_own = match package.origin {
            Origin::Root => true,
            Origin::Local { .. } => package.means() != Means::Installed,
            _ => false,
        };
        if package.authors.is_empty() && is_own {
            self.root_authors()
        } else {
            package.authors.iter().collect()
        }
    }

    /// What the root asks for: what its own package does, and every other project that the files are about. Where they name
    /// none, what they say that a project asks for.
    pub(super) fn root_dependencies(&self) -> BTreeSet<&'i str> {
        let own = self.subject.iter().flat_map(|package| &package.dependencies);
        let projects =
            self.components().filter(|package| package.origin == Origin::Root).map(|package| &package.id);
        let found: BTreeSet<&str> = own.chain(projects).map(String::as_str).collect();
        if found.is_empty() && self.subject.is_none() {
            return self.components().filter(|package| package.direct).map(|p| p.id.as_str()).collect();
        }
        found
    }

    /// Components that neither the root leads to nor anything that it leads to: nothing says who asks for them.
    pub(super) fn unplaced(&self) -> BTreeSet<&'i str> {
        let mut open: Vec<&str> = self.root_dependencies().into_iter().collect();
        let mut placed: BTreeSet<&str> = open.iter().copied().collect();
        while let Some(id) = open.pop() {
            let Some(package) = self.inventory.packages.get(id) else { continue };
            open.extend(package.dependencies.iter().map(String::as_str).filter(|next| placed.insert(next)));
        }
        self.components().map(|package| package.id.as_str()).filter(|id| !placed.contains(id)).collect()
    }

    pub(super) fn root_completeness(&self) -> Completeness {
        match self.subject {
            Some(package) if self.inventory.locks_read() && !self.inventory.has_gap(GapKind::Opaque) => {
                package.completeness
            }
            Some(package) => package.completeness.max(Completeness::Incomplete),
            // The projects found belong to the artifact somehow; which of them, nothing says.
            None if self.inventory.packages.is_empty() => Completeness::Unknown,
            None => Completeness::Incomplete,
        }
    }

    /// Whether this id means the root.
    pub(super) fn is_root(&self, id: &str) -> bool {
        self.subject.is_some_and(|package| package.id == id)
    }

    /// Facts about the root for which no format has a member.
    pub(super) fn root_properties(&self) -> Vec<Property> {
        // Of a tree: its SHA-256 is not that of one file.
        let media_type = self.root.media_type.iter().map(|of| ("mcpsign:mediaType", of.clone()));
        let scripted = self.subject.is_some_and(|package| package.install_script);
        media_type.chain(scripted.then(|| ("mcpsign:installScript", "true".to_owned()))).collect()
    }

    /// How the document came about and what it does not know.
    pub(super) fn properties(&self) -> Vec<Property> {
        let catalogers = self.inventory.catalogers.iter().map(|status| {
            let state = match &status.state {
                CatalogerState::Complete => "complete".to_owned(),
                CatalogerState::Partial { files } => format!("partial, {} not read", files.len()),
                CatalogerState::Failed { error } => format!("failed: {error}"),
            };
            ("mcpsign:cataloger", format!("{} {state}", status.id))
        });
        let gaps = self.inventory.known_gaps().into_iter().map(|gap| {
            let path = gap.path.unwrap_or_else(|| ".".to_owned());
            ("mcpsign:gap", format!("{path}: {}", gap.reason))
        });
        let resolutions = self.inventory.resolutions.iter();
        let resolutions = resolutions.map(|resolution| ("mcpsign:resolution", resolution.clone()));
        catalogers
            .chain(resolutions)
            .chain(self.inventory.files.iter().map(source_file))
            .chain(gaps)
            .collect()
    }
}

fn source_file(file: &SourceFile) -> Property {
    let origin = match file.origin {
        LockfileOrigin::Artifact => "artifact",
        LockfileOrigin::Project => "project",
        LockfileOrigin::Resolved => "resolved",
    };
    let outcome = match &file.outcome {
        FileOutcome::Used => "used".to_owned(),
        FileOutcome::Superseded { by } => format!("superseded by {by}"),
        FileOutcome::Unrelated => "unrelated to the artifact".to_owned(),
        FileOutcome::Failed { .. } => "not understood".to_owned(),
    };
    ("mcpsign:source", format!("{origin} {} sha256:{} {outcome}", file.path, file.sha256))
}

/// Facts about a component for which no format has a member.
pub(super) fn properties(package: &Package) -> Vec<Property> {
    let mut list = Vec::new();
    for (is, name) in [
        (package.bundled, "mcpsign:bundled"),
        (package.direct, "mcpsign:direct"),
        (package.install_script, "mcpsign:installScript"),
    ] {
        if is {
            list.push((name, "true".to_owned()));
        }
    }
    let (origin, detail) = match &package.origin {
        Origin::Root => ("root", None),
        Origin::Local { path } => {
            ("local", path.as_ref().filter(|path| !is_absolute(path)).map(|path| ("mcpsign:path", path)))
        }
        Origin::Registry { .. } => ("registry", None),
        Origin::Git { commit, .. } => ("git", commit.as_ref().map(|commit| ("mcpsign:commit", commit))),
        Origin::Archive { .. } => ("archive", None),
        Origin::Declared => ("declared", None),
    };
    list.push(("mcpsign:origin", origin.to_owned()));
    list.extend(detail.map(|(name, value)| (name, value.clone())));
    list.extend(package.requested.iter().map(|range| ("mcpsign:requested", range.clone())));
    list.extend(package.markers.iter().map(|marker| ("mcpsign:marker", marker.clone())));
    list
}

/// Whether a path is of one machine, on whatever system: it tells whose and is of no use to others.
fn is_absolute(path: &str) -> bool {
    let has_drive = || matches!(path.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic());
    path.starts_with(['/', '\\', '~']) || has_drive()
}

pub(super) fn licenses(package: &Package) -> Vec<&str> {
    package.licenses.iter().map(String::as_str).collect()
}

/// Where a component was found, in one line: `package-lock.json#node_modules/zod`.
pub(super) fn place(found: &Location) -> String {
    if found.place.is_empty() { found.file.clone() } else { format!("{}#{}", found.file, found.place) }
}

/// By what and where a component was found, in one line; `None` where nothing says so.
pub(super) fn found_by(package: &Package) -> Option<String> {
    let found = package.found.iter().map(|found| {
        let line = found.line.map(|line| format!(", line {line}")).unwrap_or_default();
        format!("{} {}{line}", found.means.as_str(), place(found))
    });
    let found: Vec<String> = found.collect();
    (!found.is_empty()).then(|| format!("found by: {}", found.join("; ")))
}

/// The address that a component comes from, and whether it is that of a repository.
pub(super) fn address(package: &Package) -> Option<(&str, bool)> {
    match &package.origin {
        Origin::Registry { url: Some(url) } | Origin::Archive { url } => Some((url, false)),
        Origin::Git { url, .. } => Some((url, true)),
        Origin::Root | Origin::Local { .. } | Origin::Registry { url: None } | Origin::Declared => None,
    }
}

/// Who distributes a component: the host that its files come from, or the registry that its package URL means.
pub(super) fn supplier(package: &Package) -> Option<Party> {
    let host = |url: &str| {
        let (scheme, rest) = url.split_once("://")?;
        let host = rest.split('/').next().filter(|host| !host.is_empty())?;
        let url = matches!(scheme, "http" | "https").then(|| format!("{scheme}://{host}"));
        Some(Party { url, ..Party::organization(host) })
    };
    if let Some((url, _)) = address(package) {
        return host(url);
    }
    let Origin::Registry { url: None } = &package.origin else { return None };
    let purl = Purl::parse(&package.purl).ok()?;
    if let Some(other) = purl.qualifier("repository_url") {
        return host(other).or_else(|| Some(Party::organization(other)));
    }
    let name = match purl.ty() {
        "npm" => "npm",
        "pypi" => "PyPI",
        "cargo" => "crates.io",
        "golang" => "Go modules",
        "nuget" => "NuGet",
        "maven" => "Maven Central",
        "gem" => "RubyGems",
        "deb" | "apk" | "rpm" => purl.namespace()?,
        _ => return None,
    };
    Some(Party::organization(name))
}

/// Name of the file that a component is distributed as, where that is known.
pub(super) fn file_name(package: &Package) -> Option<String> {
    if let Some(name) = &package.file_name {
        return Some(name.clone());
    }
    let from_url = || {
        let (url, is_repository) = address(package)?;
        let name = url.rsplit('/').next()?;
        (!is_repository && is_archive(name)).then(|| name.to_owned())
    };
    // cargo's own rule; its lock files have no address of a file.
    let crate_file = || {
        let of_registry = matches!(package.origin, Origin::Registry { .. });
        let version = package.version.as_ref()?;
        (of_registry && package.purl.starts_with("pkg:cargo/"))
            .then(|| format!("{}-{version}.crate", package.name))
    };
    from_url().or_else(crate_file)
}

/// The files that a component may be installed from, by their addresses or else their names, and facts in the place of those that
/// have neither.
pub(super) fn distributions(package: &Package) -> (Vec<(&str, &PackageFile)>, Vec<Property>) {
    let labelled = package.files.iter().filter_map(|file| Some((file.label()?, file)));
    let nameless = package.files.iter().filter(|file| file.label().is_none());
    (labelled.collect(), nameless.map(distribution).collect())
}

/// Such a file as a fact.
pub(super) fn distribution(file: &PackageFile) -> Property {
    let digests = file
        .hashes
        .iter()
        .map(|(algorithm, hex)| format!("{}:{hex}", checksum_name(*algorithm).to_ascii_lowercase()));
    let words: Vec<String> = digests.chain(file.label().map(str::to_owned)).collect();
    (DISTRIBUTION, words.join(" "))
}

/// Whether a file of this name is an archive of a package.
pub(super) fn is_archive(name: &str) -> bool {
    let ends = [".tgz", ".tar.gz", ".whl", ".zip", ".crate", ".nupkg", ".jar", ".mcpb"];
    ends.iter().any(|end| name.ends_with(end))
}

/// A version 8 UUID (RFC 9562 §5.8, by the method of its appendix B.2): the first 16 bytes of a SHA-256, so that two
/// documents share it only if what was hashed is equal.
pub(super) fn uuid(content: Sha256Digest) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&content.as_bytes()[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex::encode(bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// An object of these members.
pub(super) fn object(members: impl IntoIterator<Item = (&'static str, Json)>) -> Json {
    Json::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// A list of strings.
pub(super) fn strings<'s>(texts: impl IntoIterator<Item = &'s str>) -> Json {
    texts.into_iter().map(Json::from).collect::<Vec<_>>().into()
}
