//! From a well-formed bundle to a statement that somebody signed. The only folder that names the Sigstore crates:
//! their backend, and the many breaking releases ahead of it, stay in here.
//!
//! Which evidence is needed is decided by the trust root and by the kind of key, never by what the bundle offers.

pub(crate) mod artifact;
mod authority;
pub(crate) mod bundle;
mod certificate;
mod chain;
mod claims;
mod error;
mod inclusion;
mod input;
mod key_only;
pub(crate) mod keys;
mod log;
mod managed;
mod memory;
mod other_keys;
pub(crate) mod root;
mod seen;
mod services;
mod shape;
mod stampers;
mod timestamp;
mod trusted_log;
mod wire;
mod witness;
mod x509;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::finding::EvidenceRef;
use mcpsign_schemas::policy::NO_ISSUER;
use mcpsign_schemas::statement::Statement;
use mcpsign_schemas::workload::{SubjectKind, Workload};

pub use self::claims::ClaimsError;
pub use self::error::AuthenticateError;
pub use self::log::LogEvidence;
pub use self::seen::Seen;
pub use self::services::{Service, ServiceKind};
pub use self::witness::{CertifiedName, Witness, witnesses};
pub use mcpsign_schemas::policy::TimeSource;

use crate::measured::MeasuredArtifact;
use crate::non_empty::NonEmpty;
use crate::parse::{Content, Unverified};
use crate::policy::Policy;
use crate::statement;
use crate::trust::{Trust, TrustedKey};
use bundle::{Material, SignedBundle};
use input::{Blob, Input};
use memory::Memory;

/// A bundle whose signature, certificate, log entries and timestamps hold. Says who signed, not whether that matters.
#[derive(Debug)]
#[must_use]
pub struct Authenticated {
    evidence: EvidenceRef,
    signer: Signer,
    roots: Vec<Sha256Digest>,
    signed: Signed,
}

/// What the signature covers.
#[derive(Debug)]
pub(crate) enum Signed {
    /// An in-toto statement: parsed from exactly the bytes that were verified.
    Statement(Statement),
    /// A blob of our digest; names no predicate, so it attests nothing.
    Blob,
}

/// Who signed. Everything in here is covered by a signature that leads to a trust anchor.
#[derive(Debug, Clone)]
pub enum Signer {
    /// The holder of a short-lived certificate.
    Certificate {
        /// Whom it names.
        identity: Arc<CertificateIdentity>,
        /// Every verified time of signing; the certificate was valid at each.
        times: NonEmpty<VerifiedTime>,
    },
    /// The holder of a key that the policy or its caller names.
    Key {
        /// SHA-256 of the key's SubjectPublicKeyInfo.
        spki_sha256: Sha256Digest,
        /// Every verified time of signing; without any, the signature counts as made now.
        times: Vec<VerifiedTime>,
    },
}

/// What a certificate says of its holder. Present claims only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateIdentity {
    /// Whom it names.
    pub subject: Option<Subject>,
    /// OpenID Connect issuer; GitHub's release attestations have none.
    pub issuer: Option<String>,
    /// Claims about the build, by the names of [`claim::CURRENT`](mcpsign_schemas::workload::claim), as received.
    pub claims: BTreeMap<&'static str, String>,
    /// Those that Fulcio has deprecated, by the names of its own table, as received.
    pub deprecated_claims: BTreeMap<&'static str, String>,
    /// What the claims say, as far as it could be read.
    pub workload: Workload,
}

/// A subject alternative name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Which kind of name.
    pub kind: SubjectKind,
    /// The name itself.
    pub name: String,
}

/// A time of signing that somebody else vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedTime {
    /// When.
    pub time: Timestamp,
    /// What kind of service says so.
    pub source: TimeSource,
    /// Which one.
    pub witness: Arc<Witness>,
}

impl Signer {
    /// Every verified time.
    pub fn times(&self) -> Vec<VerifiedTime> {
        match self {
            Self::Certificate { times, .. } => times.iter().cloned().collect(),
            Self::Key { times, .. } => times.clone(),
        }
    }
}

/// Everything that a signature may lead to.
#[derive(Debug, Clone)]
pub struct Anchors<'t> {
    roots: &'t [root::SigstoreRoot],
    keys: Vec<&'t TrustedKey>,
}

impl<'t> Anchors<'t> {
    /// The keys of the policy and of the caller, and the caller's roots.
    pub fn new(trust: &'t Trust, policy: &'t Policy) -> Self {
        let mut keys: Vec<&TrustedKey> = policy.keys().iter().collect();
        for key in &trust.keys {
            if !keys.iter().any(|known| known.spki() == key.spki()) {
                keys.push(key);
            }
        }
        Self { roots: &trust.sigstore, keys }
    }

    /// Signature checks that verifying a bundle costs at the most.
    pub(crate) fn cost(&self, bundle: &SignedBundle) -> usize {
        let roots = if bundle.needs_root() { self.roots.len().max(1) } else { 1 };
        bundle.cost(self.keys.len()).saturating_mul(roots)
    }
}

impl Authenticated {
    /// Who signed.
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Where it stands.
    pub const fn evidence(&self) -> &EvidenceRef {
        &self.evidence
    }

    pub(crate) fn into_parts(self) -> (EvidenceRef, Verified, Signed) {
        (self.evidence, Verified { signer: self.signer, roots: self.roots }, self.signed)
    }
}

impl Unverified {
    /// Verifies everything that the bundle holds, and that it holds what its kind needs:
    /// 1. a certificate: chain, log receipt, log entries with inclusion proofs, at least one verified time;
    /// 2. a key with log entries or timestamps: all of them, and the signature by one of the keys;
    /// 3. a key alone: the signature by one of the keys.
    ///
    /// Then reads the statement from the bytes that the signature covers. `subject` matters only to signed blobs: of
    /// statements it is judged later, so that other bytes are called that and not a bad signature.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn authenticate(
        self,
        subject: &MeasuredArtifact,
        anchors: &Anchors<'_>,
        now: Timestamp,
    ) -> Result<Authenticated, AuthenticateError> {
        let verified = self.verified(subject, anchors, now, &mut Memory::default())?;
        self.signed(verified)
    }

    /// The same for a line of which more or less may have been verified before; `line` are the bytes that this was parsed
    /// from.
    pub(crate) fn authenticate_again(
        self,
        line: &[u8],
        subject: &MeasuredArtifact,
        anchors: &Anchors<'_>,
        now: Timestamp,
        seen: &mut Seen,
    ) -> Result<Authenticated, AuthenticateError> {
        let key = seen.key_of(line, &self.content, subject, anchors, now);
        if let Some(verified) = key.as_ref().and_then(|key| seen.get(key, now)) {
            return self.signed(verified);
        }
        let verified = self.verified(subject, anchors, now, seen.parts())?;
        if let Some(key) = key {
            seen.remember(key, &verified);
        }
        self.signed(verified)
    }

    fn verified(
        &self,
        subject: &MeasuredArtifact,
        anchors: &Anchors<'_>,
        now: Timestamp,
        memory: &mut Memory,
    ) -> Result<Verified, AuthenticateError> {
        let input = Input { content: &self.content, blob: Blob::Sha256(subject.digests.sha256) };
        verified(&self.bundle, input, anchors, LogEvidence::InclusionProofRequired, now, memory)
    }

    /// What a signature that holds covers.
    fn signed(self, Verified { signer, roots }: Verified) -> Result<Authenticated, AuthenticateError> {
        let mut evidence = self.evidence;
        let signed = match self.content {
            Content::Statement { json, payload, length } => {
                evidence.payload = Some(payload);
                Signed::Statement(statement::read(json, length, self.bundle.version())?)
            }
            Content::Blob => Signed::Blob,
        };
        Ok(Authenticated { evidence, signer, roots, signed })
    }
}

/// Who signed, and which roots it led to.
#[derive(Debug, Clone)]
pub(crate) struct Verified {
    pub(crate) signer: Signer,
    /// Digests of the roots that held, in their order; none is needed for a key alone.
    pub(crate) roots: Vec<Sha256Digest>,
}

/// Verifies a bundle by the rules of its key material.
fn verified(
    bundle: &SignedBundle,
    input: Input<'_>,
    anchors: &Anchors<'_>,
    log_evidence: LogEvidence,
    now: Timestamp,
    memory: &mut Memory,
) -> Result<Verified, AuthenticateError> {
    match bundle.material() {
        Material::Certificate => against_each_root(anchors.roots, now, |root| {
            certificate::verify(bundle, input, root, log_evidence, now, memory)
        }),
        Material::Key { .. } if bundle.has_log_entry_or_timestamp() => {
            against_each_root(anchors.roots, now, |root| {
                managed::verify(bundle, input, root, &anchors.keys, log_evidence, now)
            })
        }
        Material::Key { hint } => {
            let signer = key_only::verify(bundle, hint, &anchors.keys)?;
            Ok(Verified { signer, roots: Vec::new() })
        }
    }
}

/// Holds a bundle against each root whole, so that nothing of one instance is combined with another's. Every root that
/// holds is told, since a policy may ask for one of them by name; the times are those of the bundle, and the first says whose.
/// Of the roots that do not hold, the one that it got furthest with says why; unless one has expired, which might have held.
fn against_each_root(
    roots: &[root::SigstoreRoot],
    now: Timestamp,
    mut verify: impl FnMut(&root::SigstoreRoot) -> Result<Signer, AuthenticateError>,
) -> Result<Verified, AuthenticateError> {
    let mut refusal = AuthenticateError::NoTrustRoot;
    let mut held: Option<Verified> = None;
    for root in roots {
        let error = match root.expired(now) {
            Some(expires) => {
                let name = root.origin().map(|origin| origin.name.clone()).unwrap_or_default();
                AuthenticateError::TrustRootExpired { name, expires }
            }
            None => match verify(root) {
                Ok(signer) => {
                    held.get_or_insert(Verified { signer, roots: Vec::new() }).roots.push(root.digest());
                    continue;
                }
                Err(error) => error,
            },
        };
        if error.progress() > refusal.progress() {
            refusal = error;
        }
    }
    held.ok_or(refusal)
}

impl CertificateIdentity {
    /// The issuer as policies, revocations and approvals write it: [`NO_ISSUER`] where the certificate names none.
    pub fn issuer_name(&self) -> &str {
        self.issuer.as_deref().unwrap_or(NO_ISSUER)
    }

    /// The subject alternative name, whatever its kind.
    pub fn subject_name(&self) -> Option<&str> {
        self.subject.as_ref().map(|subject| subject.name.as_str())
    }
}

impl std::fmt::Display for CertificateIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let issuer = self.issuer.as_deref().unwrap_or("(no issuer)");
        write!(f, "{issuer} {}", self.subject_name().unwrap_or("(no subject)"))
    }
}
