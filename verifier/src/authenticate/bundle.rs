//! Sigstore's bundle, seen through the few questions that we ask of it.

use mcpsign_schemas::canonical::Json;
use sigstore_types::{
    Bundle, DerCertificate, DsseEnvelope, MediaType, SignatureBytes, SignatureContent, TimestampToken,
    TransparencyLogEntry, VerificationMaterialContent,
};

use super::shape::{self, Misfit};
use super::wire;

/// Log entries or timestamps of one bundle at the most. sigstore-python draws the line at 32, too
/// (`MAX_ALLOWED_TIMESTAMP`); real bundles have one or two.
pub(crate) const MAX_EVIDENCE: usize = 32;

/// Signatures of one checkpoint at the most: a log's own, and those of a few dozen witnesses. Each that names the log by its
/// four bytes costs a check.
const MAX_SIGNATURES: usize = 64;

/// A bundle that parsed. Nothing in it is verified.
#[derive(Debug)]
pub(crate) struct SignedBundle(Bundle);

/// What a bundle says it was signed with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Material<'b> {
    /// A certificate, alone or with its chain.
    Certificate,
    /// A key that is not in the bundle. The hint is not authenticated and selects nothing.
    Key { hint: &'b str },
}

/// Version of the bundle format, by its media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BundleVersion {
    V0_1,
    V0_2,
    V0_3,
}

/// A bundle that the Sigstore parser refuses, in its words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BundleError(String);

impl BundleVersion {
    /// The version that a media type names.
    pub(crate) fn of(media_type: &str) -> Option<Self> {
        match media_type.parse::<MediaType>().ok()? {
            MediaType::Bundle0_1 => Some(Self::V0_1),
            MediaType::Bundle0_2 => Some(Self::V0_2),
            MediaType::Bundle0_3 => Some(Self::V0_3),
            _ => None,
        }
    }
}

impl SignedBundle {
    /// Reads a bundle.
    pub(crate) fn from_json(json: Json) -> Result<Self, BundleError> {
        match shape::misfit_in_bundle(&json) {
            Some(Misfit::Member(member)) => {
                return Err(BundleError(format!("bundles have no member `{member}`")));
            }
            Some(Misfit::Form { member, expected }) => {
                return Err(BundleError(format!("`{member}` is no {expected}")));
            }
            None => {}
        }
        let bundle = wire::bundle(json).map_err(BundleError)?;
        let material = &bundle.verification_material;
        let timestamps = material.timestamp_verification_data.rfc3161_timestamps.len();
        if material.tlog_entries.len() > MAX_EVIDENCE || timestamps > MAX_EVIDENCE {
            return Err(BundleError(format!("more than {MAX_EVIDENCE} log entries or timestamps")));
        }
        if material.tlog_entries.iter().any(|entry| checkpoint_signatures(entry) > MAX_SIGNATURES) {
            return Err(BundleError(format!("a checkpoint has more than {MAX_SIGNATURES} signatures")));
        }
        match &material.content {
            VerificationMaterialContent::X509CertificateChain { certificates } if certificates.is_empty() => {
                return Err(BundleError("the certificate chain is empty".into()));
            }
            VerificationMaterialContent::Certificate(_)
            | VerificationMaterialContent::X509CertificateChain { .. }
            | VerificationMaterialContent::PublicKey(_) => {}
            _ => return Err(BundleError("unknown verification material".into())),
        }
        match &bundle.content {
            SignatureContent::DsseEnvelope(_) | SignatureContent::MessageSignature(_) => Ok(Self(bundle)),
            _ => Err(BundleError("unknown signature content".into())),
        }
    }

    pub(super) const fn inner(&self) -> &Bundle {
        &self.0
    }

    pub(crate) const fn version(&self) -> BundleVersion {
        match self.0.media_type {
            MediaType::Bundle0_3 => BundleVersion::V0_3,
            MediaType::Bundle0_2 => BundleVersion::V0_2,
            // `of` knows no other; what is unknown counts as the oldest, which may do the least.
            _ => BundleVersion::V0_1,
        }
    }

    pub(crate) fn material(&self) -> Material<'_> {
        match &self.0.verification_material.content {
            VerificationMaterialContent::PublicKey(key) => Material::Key { hint: &key.hint },
            _ => Material::Certificate,
        }
    }

    pub(crate) const fn envelope(&self) -> Option<&DsseEnvelope> {
        match &self.0.content {
            SignatureContent::DsseEnvelope(envelope) => Some(envelope),
            _ => None,
        }
    }

    /// The decoded payload of a DSSE envelope: the bytes that its signature covers.
    pub(crate) fn payload(&self) -> Option<&[u8]> {
        self.envelope().map(|envelope| envelope.payload.as_bytes())
    }

    pub(crate) fn log_entries(&self) -> &[TransparencyLogEntry] {
        &self.0.verification_material.tlog_entries
    }

    pub(crate) const fn timestamp_count(&self) -> usize {
        self.0.verification_material.timestamp_verification_data.rfc3161_timestamps.len()
    }

    /// The RFC 3161 tokens.
    pub(super) fn tokens(&self) -> impl Iterator<Item = &TimestampToken> {
        let timestamps = &self.0.verification_material.timestamp_verification_data;
        timestamps.rfc3161_timestamps.iter().map(|timestamp| &timestamp.signed_timestamp)
    }

    /// The one signature.
    pub(super) const fn signature(&self) -> Option<&SignatureBytes> {
        match &self.0.content {
            SignatureContent::DsseEnvelope(envelope) => Some(&envelope.signature.sig),
            SignatureContent::MessageSignature(message) => Some(&message.signature),
            _ => None,
        }
    }

    pub(crate) fn has_log_entry_or_timestamp(&self) -> bool {
        !self.log_entries().is_empty() || self.timestamp_count() > 0
    }

    /// Whether it holds anything that has to lead to a trust root.
    pub(crate) fn needs_root(&self) -> bool {
        matches!(self.material(), Material::Certificate) || self.has_log_entry_or_timestamp()
    }

    /// The certificate that is to have signed, and the issuers that come along.
    pub(super) fn certificates(&self) -> impl Iterator<Item = &DerCertificate> {
        let (one, chain) = match &self.0.verification_material.content {
            VerificationMaterialContent::Certificate(certificate) => (Some(certificate), None),
            VerificationMaterialContent::X509CertificateChain { certificates } => (None, Some(certificates)),
            _ => (None, None),
        };
        let one = one.map(|certificate| &certificate.raw_bytes).into_iter();
        one.chain(chain.into_iter().flatten().map(|certificate| &certificate.raw_bytes))
    }

    /// Whom the certificate names, without believing it: for showing what a bundle claims.
    pub(crate) fn claimed_identity(&self) -> Option<super::CertificateIdentity> {
        super::CertificateIdentity::of_der(self.certificates().next()?.as_bytes()).ok()
    }

    /// Signature checks that verifying it costs at the most, with `keys` keys to try.
    pub(crate) fn cost(&self, keys: usize) -> usize {
        // An entry: checkpoint and signed entry timestamp, checked twice. A timestamp: token and its authority's chain.
        let evidence = self.log_entries().len() + self.timestamp_count();
        let checkpoints: usize = self.log_entries().iter().map(checkpoint_signatures).sum();
        match self.material() {
            // All but the chain is looked at twice where the certificate was seen before and something is wrong. For each
            // time the chain is checked again; then log receipt and the signature itself, twice.
            Material::Certificate => 5 * evidence + 2 * checkpoints + 3,
            Material::Key { .. } => 3 * evidence + checkpoints + keys,
        }
    }
}

fn checkpoint_signatures(entry: &TransparencyLogEntry) -> usize {
    let proof = entry.inclusion_proof.as_ref();
    proof.and_then(|proof| proof.checkpoint.checkpoint()).map_or(0, |found| found.signatures().len())
}
