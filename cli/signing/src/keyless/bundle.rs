//! A bundle as it grows: signature, timestamps, log entries; verified each time that something was added, as whoever reads
//! it will.

use jiff::Timestamp;
use mcpsign_schemas::canonical::{self, Limits};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::evidence_file::MAX_PAYLOAD;
use mcpsign_schemas::statement::{PAYLOAD_TYPE, Statement, predicate_type};
use mcpsign_verifier::bundle::{Artifact, ArtifactError, Expected, LogEvidence, authenticate_signer};
use sigstore_crypto::{KeyPair, sha256};
use sigstore_types::bundle::{
    CertificateContent, MediaType, MessageDigest, MessageSignature, Rfc3161Timestamp, SignatureContent,
    TimestampVerificationData, VerificationMaterial, VerificationMaterialContent,
};
use sigstore_types::dsse::{self, DsseEnvelope, DsseSignature};
use sigstore_types::{
    Bundle, DerCertificate, DigestBytes, HashAlgorithm, KeyId, PayloadBytes, Sha256Hash, SignatureBytes,
    TimestampToken, TransparencyLogEntry,
};

use super::certificate::Certificate;
use super::error::KeylessError;
use super::instance::Instance;

/// One statement on its way, or one artifact.
pub(super) struct Draft {
    /// SHA-256 of the statement's payload, or of the artifact.
    pub(super) digest: Sha256Digest,
    /// Whether it is a tool manifest, which binds the other statements of its run.
    pub(super) binds: bool,
    pub(super) content: SignatureContent,
    pub(super) signature: SignatureBytes,
    /// SHA-256 of what the signature is over: the pre-authentication encoding, or the artifact.
    pub(super) signed: Sha256Hash,
    certificate: DerCertificate,
    timestamps: Vec<TimestampToken>,
    entries: Vec<TransparencyLogEntry>,
}

impl Draft {
    /// Signs the payload of a statement, byte for byte as given.
    ///
    /// # Errors
    /// When it is no statement with a SHA-256 subject, or the library does not sign.
    pub(super) fn statement(
        payload: &[u8],
        key: &KeyPair,
        certificate: &Certificate,
    ) -> Result<Self, KeylessError> {
        let statement: Statement = canonical::from_slice(payload, Limits::bytes(MAX_PAYLOAD))
            .map_err(|_| KeylessError::Statement)?;
        let mut digests = statement.subject.iter().filter_map(|subject| subject.digest.get("sha256"));
        if !digests.any(|hex| hex.parse::<Sha256Digest>().is_ok()) {
            return Err(KeylessError::Statement);
        }
        let encoded = dsse::pae(PAYLOAD_TYPE, payload);
        let signature = key.sign(&encoded).map_err(KeylessError::Crypto)?;
        let envelope = DsseEnvelope::new(
            PAYLOAD_TYPE,
            PayloadBytes::from_bytes(payload),
            DsseSignature::new(signature.clone(), KeyId::default()),
        );
        Ok(Self {
            digest: Sha256Digest::of(payload),
            binds: statement.predicate_type == predicate_type::TOOL_MANIFEST,
            content: SignatureContent::DsseEnvelope(envelope),
            signature,
            signed: sha256(&encoded),
            certificate: certificate.der.clone(),
            timestamps: Vec::new(),
            entries: Vec::new(),
        })
    }

    /// Signs an artifact itself.
    ///
    /// # Errors
    /// When the library does not sign.
    pub(super) fn artifact(
        artifact: &[u8],
        key: &KeyPair,
        certificate: &Certificate,
    ) -> Result<Self, KeylessError> {
        let signature = key.sign(artifact).map_err(KeylessError::Crypto)?;
        let signed = sha256(artifact);
        let digest = MessageDigest::new(HashAlgorithm::Sha2256, DigestBytes::new(signed.as_bytes().to_vec()));
        let message = MessageSignature::new(signature.clone()).with_message_digest(digest);
        Ok(Self {
            digest: Sha256Digest::of(artifact),
            binds: false,
            content: SignatureContent::MessageSignature(message),
            signature,
            signed,
            certificate: certificate.der.clone(),
            timestamps: Vec::new(),
            entries: Vec::new(),
        })
    }

    pub(super) fn add_timestamp(&mut self, token: TimestampToken) {
        self.timestamps.push(token);
    }

    pub(super) fn add_entry(&mut self, entry: TransparencyLogEntry) {
        self.entries.push(entry);
    }

    /// Verifies everything that it holds so far with the instance's trust root, and that `certificate`'s holder signed it;
    /// without entries, all but them.
    ///
    /// # Errors
    /// The first check that fails; a bundle that has no JSON form verifies no more than one that is none.
    pub(super) fn verify(
        &self,
        instance: &Instance,
        certificate: &Certificate,
        now: Timestamp,
    ) -> Result<Bundle, ArtifactError> {
        let bundle = self.bundle();
        let expected =
            Expected::Identity { subject: certificate.subject(), issuer: Some(certificate.issuer()) };
        let evidence = match self.entries.as_slice() {
            [] => LogEvidence::NotLoggedYet,
            _ => LogEvidence::InclusionProofRequired,
        };
        let json = bundle.to_json().unwrap_or_default();
        let artifact = Artifact::Sha256(self.digest);
        authenticate_signer(json.as_bytes(), artifact, instance.root(), expected, evidence, now)?;
        Ok(bundle)
    }

    fn bundle(&self) -> Bundle {
        let certificate =
            VerificationMaterialContent::Certificate(CertificateContent::new(self.certificate.clone()));
        let timestamps = self.timestamps.iter().cloned().map(Rfc3161Timestamp::new).collect();
        let material = VerificationMaterial::new(certificate)
            .with_tlog_entries(self.entries.clone())
            .with_timestamp_verification_data(TimestampVerificationData::new(timestamps));
        Bundle::new(MediaType::Bundle0_3, material, self.content.clone())
    }
}
