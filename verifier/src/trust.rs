//! Whom a verification may believe at all; for what is the policy's business.

use jiff::Timestamp;

use crate::authenticate::keys;
use mcpsign_schemas::digest::Sha256Digest;

pub use crate::authenticate::keys::TrustedKeyError;
pub use crate::authenticate::root::{SigstoreRoot, TrustRootError};

/// Trust anchors. Bundles with certificates, log entries or timestamps need a root, bundles signed by keys need the
/// key, here or in the policy.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Sigstore instances, each with its certificate authorities, logs and timestamp authorities. A bundle has to hold
    /// against one of them alone: nothing of one is ever combined with another's.
    pub sigstore: Vec<SigstoreRoot>,
    /// Public keys besides those of the policy. A key that the policy does not name authenticates and is then refused
    /// by its right name, `identity/signer-not-allowed`; when a key counts is said by the policy alone.
    pub keys: Vec<TrustedKey>,
}

impl Trust {
    /// Names of the roots of this digest.
    pub(crate) fn names_of(&self, root: Sha256Digest) -> impl Iterator<Item = &str> {
        let roots = self.sigstore.iter().filter(move |each| each.digest() == root);
        roots.filter_map(|root| root.origin().map(|origin| origin.name.as_str()))
    }
}

/// Where a Sigstore root was taken from. Only what says how long it counts is judged; the rest is for reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootOrigin {
    /// Name of the instance, or the file.
    pub name: String,
    /// Where it was taken from.
    pub source: RootSource,
    /// What its repository says of it, where it comes from one. A root without counts at all times.
    pub tuf: Option<TufOrigin>,
}

/// Where a Sigstore root was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootSource {
    /// A file that was named.
    File,
    /// Built in.
    Embedded,
    /// The store, fetched from a TUF repository.
    Cache,
    /// The store, imported from a file.
    Imported,
}

/// A root that a TUF repository distributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TufOrigin {
    /// Version of the repository's own `root.json`.
    pub root_version: u64,
    /// Until when that one counts, and what it leads to with it.
    pub expires: Timestamp,
    /// When the repository was asked last.
    pub as_of: Timestamp,
}

impl RootSource {
    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Embedded => "embedded",
            Self::Cache => "cache",
            Self::Imported => "imported",
        }
    }
}

/// A public key with the time in which it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    name: String,
    spki: Vec<u8>,
    spki_sha256: Sha256Digest,
    window: KeyWindow,
    time: TimePolicy,
}

/// When signatures by a key count. Judged against every verified time of a signature, or against `now` if it has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyWindow {
    /// Signatures before this are refused.
    pub not_before: Option<Timestamp>,
    /// Signatures after this are refused.
    pub not_after: Option<Timestamp>,
    /// Signatures at or after this are refused.
    pub compromised_since: Option<Timestamp>,
}

/// Whether a signature by a key needs a verified time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimePolicy {
    /// A log entry or timestamp must prove when it was made.
    Require,
    /// Without either it counts as made now.
    AllowUnverified,
}

impl TrustedKey {
    /// Reads a PEM public key (`BEGIN PUBLIC KEY`, SubjectPublicKeyInfo); counts at all times.
    ///
    /// # Errors
    /// When it is not exactly one public key of a kind that signatures are verified with.
    pub fn from_pem(name: &str, pem: &[u8], time: TimePolicy) -> Result<Self, TrustedKeyError> {
        let spki = keys::spki_from_pem(pem)?;
        let spki_sha256 = Sha256Digest::of(&spki);
        Ok(Self { name: name.into(), spki, spki_sha256, window: KeyWindow::default(), time })
    }

    /// The same key, counting in this window only.
    #[must_use]
    pub fn with_window(mut self, window: KeyWindow) -> Self {
        self.window = window;
        self
    }

    /// By which name reports call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// DER of its SubjectPublicKeyInfo.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The key as PEM.
    pub fn to_pem(&self) -> String {
        keys::pem(&self.spki)
    }

    /// SHA-256 of [`Self::spki`]; its base64 is the hint in bundles.
    pub const fn spki_sha256(&self) -> Sha256Digest {
        self.spki_sha256
    }

    /// When it counts.
    pub const fn window(&self) -> KeyWindow {
        self.window
    }

    /// Whether its signatures need a verified time.
    pub const fn time(&self) -> TimePolicy {
        self.time
    }
}
