//! A bundle as it grows: signature, timestamps, log entries; verified each time that something was added.

use mcpsign_schemas::canonical::{self, Limits};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::evidence_file::MAX_PAYLOAD;
use mcpsign_schemas::statement::{PAYLOAD_TYPE, Statement, predicate_type};
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
use sigstore_verify::VerificationPolicy;

use super::error::{KeylessError, Service};
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
    /// SHA-256 of one of the statement's subjects, or of the artifact, which verification asks for.
    subject: Sha256Hash,
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
        certificate: &DerCertificate,
    ) -> Result<Self, KeylessError> {
        let statement: Statement = canonical::from_slice(payload, Limits::bytes(MAX_PAYLOAD))
            .map_err(|_| KeylessError::Statement)?;
        let subject = statement.subject.iter().find_map(|subject| subject.digest.get("sha256"));
        let subject =
            subject.and_then(|hex| Sha256Hash::from_hex(hex).ok()).ok_or(KeylessError::Statement)?;
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
            subject,
            certificate: certificate.clone(),
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
        certificate: &DerCertificate,
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
            subject: signed,
            certificate: certificate.clone(),
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

    /// Verifies everything that it holds so far with the instance's trust root; without entries, all but them.
    ///
    /// # Errors
    /// The first check that fails, as the fault of `service`, whose answer was added last.
    pub(super) fn verify(&self, instance: &Instance, service: Service) -> Result<Bundle, KeylessError> {
        let bundle = self.bundle();
        let mut policy = VerificationPolicy::any_identity();
        if self.entries.is_empty() {
            policy = policy.skip_tlog_unsafe();
        }
        if !instance.receipts {
            policy = policy.skip_sct();
        }
        instance
            .verifier
            .verify(self.subject, &bundle, &policy)
            .map_err(|error| KeylessError::Unverified { service, why: error.to_string() })?;
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
