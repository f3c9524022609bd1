//! The artifact's own package among all that its files name.

use mcpsign_schemas::inventory::{HashAlgorithm, Origin, Package};
use mcpsign_schemas::purl::Purl;

use crate::artifact::{Artifact, ArtifactKind};
use crate::catalog::{Document, identities, pypi};

/// What is known of the artifact when its package is looked for.
pub(super) struct About {
    purls: Vec<Purl>,
    sha512: Option<String>,
    /// Of a tree none: its digest is that of no distributed file.
    sha256: Option<String>,
}

impl About {
    pub(super) fn of(artifact: &Artifact) -> Self {
        Self {
            purls: artifact.identity.iter().filter_map(|identity| identity.parsed().ok()).collect(),
            sha512: artifact.digests.sha512.map(|digest| digest.to_string()),
            sha256: (!matches!(artifact.kind, ArtifactKind::Tree(_)))
                .then(|| artifact.digests.sha256.to_string()),
        }
    }

    pub(super) fn of_project(documents: &[Document]) -> Option<Self> {
        // A folder of Python says what it will be called before anything is built from it.
        let named = identities(documents).into_iter().chain(pypi::project_identity(documents));
        let purls: Vec<Purl> = named.filter_map(|identity| identity.parsed().ok()).collect();
        (!purls.is_empty()).then_some(Self { purls, sha512: None, sha256: None })
    }

    /// Whether both speak of one package, in whatever version.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        self.purls.iter().any(|own| other.purls.iter().any(|purl| own.same_package(purl)))
    }

    /// Whether the artifact says that it is a package of this ecosystem.
    pub(super) fn is_of(&self, ecosystem: &str) -> bool {
        self.purls.iter().any(|purl| purl.ty() == ecosystem)
    }

    /// The package that the artifact is: by its digest, else the project itself, else one of its parts, else one of
    /// this name and version of which no digest is known.
    pub(super) fn find<'p>(&self, packages: impl Iterator<Item = &'p Package>) -> Option<&'p Package> {
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

/// The one project that files are about.
pub(super) fn only_project<'p>(packages: impl Iterator<Item = &'p Package>) -> Option<&'p Package> {
    let mut projects = packages.filter(|package| package.origin == Origin::Root);
    projects.next().filter(|_| projects.next().is_none())
}
