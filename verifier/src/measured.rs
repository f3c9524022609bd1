//! What we saw ourselves. Made outside, by whoever opened the files and started the server.

use std::collections::BTreeSet;
use std::sync::Arc;

use mcpsign_advisories::snapshot::WholeSnapshot;
use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::digest::{DigestSet, MeasuredDigests, Sha256Digest};
use mcpsign_schemas::endpoint::ENDPOINT_MEDIA_TYPE;
use mcpsign_schemas::inventory::Inventory;
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::purl::{PackageIdentity, Purl};
use mcpsign_schemas::tree::{Listing, TREE_MEDIA_TYPE};

/// Everything that was measured for one decision.
#[derive(Debug, Clone)]
pub struct Measured {
    /// The artifact in question.
    pub subject: MeasuredArtifact,
    /// What the running server showed.
    pub observed: Got<ObservedServer>,
    /// What is known of packages. Shared: it may have a hundred megabytes.
    pub advisories: Got<Arc<WholeSnapshot>>,
    /// Who signed the manifest of those. Looked at where a rule asks for it.
    pub advisories_signed: Got<Arc<[SignedFile]>>,
    /// Lists of what was revoked. None but those of the authorities that the policy names are looked at.
    pub revocations: Got<Arc<[SignedFile]>>,
    /// Evidence of releases that were accepted before, one file a release; with the lists of that time.
    pub history: Got<Arc<[SignedFile]>>,
    /// Other servers that are used beside this one.
    pub alongside: Got<Arc<[OtherServer]>>,
}

/// What another server offers, as somebody says: nothing of it was verified, and nothing is allowed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherServer {
    /// The file or source that says so, for reports.
    pub source: String,
    /// Its name, where that is said.
    pub name: Option<String>,
    /// Artifacts that it is.
    pub subjects: BTreeSet<Sha256Digest>,
    /// Packages that it is, in whatever version.
    pub packages: Vec<Purl>,
    /// Names of its tools, in whatever profile.
    pub tools: BTreeSet<String>,
}

impl OtherServer {
    /// By which reports call it.
    pub(crate) fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.source)
    }
}

/// Signed statements that were handed in besides the claims. They are believed as far as they verify, under the same roots
/// and the same policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedFile {
    /// The file or source it came from, for reports.
    pub source: String,
    /// Number and bytes of each line, counted from 1, without line ends.
    pub lines: Vec<(u32, Vec<u8>)>,
}

/// Bytes that we hashed.
#[derive(Debug, Clone)]
pub struct MeasuredArtifact {
    /// As asked for.
    pub reference: String,
    /// Last component of its path. Never decides anything.
    pub name: String,
    /// A file, a directory or a remote server.
    pub form: Form,
    /// Of a file its bytes, of a directory its listing, of a remote server its address.
    pub digests: MeasuredDigests,
    /// What the artifact says of itself; empty where its format says nothing.
    pub identity: Vec<PackageIdentity>,
    /// Package URL by which it was asked for, where it was asked for by name.
    pub asked: Option<String>,
    /// What its bytes, and nothing but them, say that it is made of.
    pub contents: Got<Inventory>,
}

/// What was hashed.
#[derive(Debug, Clone)]
pub enum Form {
    /// A file.
    File,
    /// A directory, as this listing.
    Tree(Listing),
    /// A directory where no execute bits are kept, as a listing without any: what was signed with some cannot be told from
    /// what was changed.
    TreeWithoutModes(Listing),
    /// A remote server: its address was hashed, nothing else.
    Endpoint,
    /// What no signature can be about, whatever evidence says.
    Unfit {
        /// Why, one sentence.
        why: String,
        /// A directory without a listing: it has no digest, and [`MeasuredArtifact::digests`] says nothing of it.
        unlisted: bool,
    },
}

/// A measurement, or the reason why there is none.
#[derive(Debug, Clone)]
pub enum Got<T> {
    /// It was made.
    Some(T),
    /// It was not.
    Missing(Gap),
}

impl<T> Got<T> {
    /// Nothing asked for it.
    pub fn not_asked() -> Self {
        Self::Missing(Gap { code: code::evidence::NOT_LOOKED_AT, message: "nothing asked for it".into() })
    }
}

impl Got<ObservedServer> {
    /// The server is started, or asked, once everything else has passed ([`Report::ready_to_observe`](crate::Report)).
    pub fn awaited() -> Self {
        let code = code::evidence::OBSERVATION_AWAITED;
        Self::Missing(Gap { code, message: code.title.into() })
    }

    pub(crate) fn is_awaited(&self) -> bool {
        matches!(self, Self::Missing(gap) if gap.code == code::evidence::OBSERVATION_AWAITED)
    }
}

/// Why something was not measured or not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// `evidence/not-looked-at` where nothing asked for it; any other code where it was tried and failed.
    pub code: Code,
    /// What was missing and why, one sentence.
    pub message: String,
}

impl Measured {
    /// The artifact, and nothing else looked at.
    pub fn of(subject: MeasuredArtifact) -> Self {
        Self {
            subject,
            observed: Got::not_asked(),
            advisories: Got::not_asked(),
            advisories_signed: Got::not_asked(),
            revocations: Got::not_asked(),
            history: Got::not_asked(),
            alongside: Got::not_asked(),
        }
    }
}

impl MeasuredArtifact {
    /// As a report shows them.
    pub(crate) fn shown_digests(&self) -> DigestSet {
        match self.form {
            Form::Unfit { unlisted: true, .. } => DigestSet::default(),
            _ => DigestSet::measured(&self.digests),
        }
    }

    /// The media type that a subject must have to mean this artifact.
    pub(crate) const fn media_type(&self) -> Option<&'static str> {
        match self.form {
            Form::File => None,
            Form::Tree(_) | Form::TreeWithoutModes(_) => Some(TREE_MEDIA_TYPE),
            Form::Endpoint => Some(ENDPOINT_MEDIA_TYPE),
            Form::Unfit { unlisted: true, .. } => Some(TREE_MEDIA_TYPE),
            Form::Unfit { unlisted: false, .. } => None,
        }
    }
}
