//! Entries of Rekor v2 for keys that the Sigstore crate does not read there: it knows P-256 with SHA-256 alone. What such
//! entries say is held against the bundle here, and the crate verifies the bundle without them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpsign_schemas::canonical::{Json, Limits};
use sigstore_crypto::KeyAlgorithm;
use sigstore_types::{
    Bundle, DerCertificate, DerPublicKey, DsseEnvelope, HashAlgorithm, KindVersion, TransparencyLogEntry,
};

use super::AuthenticateError;
use super::bundle::SignedBundle;

/// Bytes of a body at the most: it holds a digest, a signature and a certificate, some 4 KB in all.
const MAX_BODY: usize = 64 << 10;

/// The kind of key that the crate reads.
const KNOWN: &str = "PKIX_ECDSA_P256_SHA_256";

/// Kinds of keys read here, by their names in sigstore_common.proto, and the hash that signatures of envelopes by them are over.
const KINDS: [(&str, KeyAlgorithm, HashAlgorithm); 4] = [
    ("PKIX_ECDSA_P384_SHA_384", KeyAlgorithm::EcdsaP384, HashAlgorithm::Sha2384),
    ("PKIX_RSA_PKCS1V15_2048_SHA256", KeyAlgorithm::Rsa, HashAlgorithm::Sha2256),
    ("PKIX_RSA_PKCS1V15_3072_SHA256", KeyAlgorithm::Rsa, HashAlgorithm::Sha2256),
    ("PKIX_RSA_PKCS1V15_4096_SHA256", KeyAlgorithm::Rsa, HashAlgorithm::Sha2256),
];

/// What is to have signed, as an entry names it.
#[derive(Debug, Clone, Copy)]
enum SignedBy<'a> {
    /// A certificate, which is for this key.
    Certificate(&'a DerCertificate, &'a DerPublicKey),
    /// A key alone.
    Key(&'a DerPublicKey),
}

/// Whether entries are all of Rekor v2, and not all for keys that the crate reads. One that only looks so is refused whoever
/// reads it.
pub(super) fn has_entries_for_other_keys(bundle: &SignedBundle) -> bool {
    let entries = bundle.log_entries();
    let is_v2 = |entry: &TransparencyLogEntry| {
        entry.kind_version == KindVersion::HashedRekordV002 && entry.inclusion_promise.is_none()
    };
    let is_known = |entry: &TransparencyLogEntry| {
        str::from_utf8(entry.canonicalized_body.as_bytes()).is_ok_and(|body| body.contains(KNOWN))
    };
    entries.iter().all(is_v2) && !entries.iter().all(is_known)
}

/// What is left for the crate to verify.
pub(super) fn without_entries(bundle: &SignedBundle) -> Bundle {
    let mut bundle = bundle.inner().clone();
    bundle.verification_material.tlog_entries.clear();
    bundle
}

/// Refuses a bundle with an entry that is of anything but its signature by this key. That the entry is in its log, and that
/// the key did sign, is found elsewhere.
pub(super) fn entries_are_of_key(bundle: &SignedBundle, key: &DerPublicKey) -> Result<(), AuthenticateError> {
    entries_are_of(bundle, SignedBy::Key(key))
}

/// The same for the certificate of the bundle.
pub(super) fn entries_are_of_certificate(bundle: &SignedBundle) -> Result<(), AuthenticateError> {
    let certificate = bundle.certificates().next().ok_or(AuthenticateError::CertificateUnverified)?;
    let claimed = sigstore_crypto::parse_certificate_info(certificate)
        .map_err(|error| AuthenticateError::Certificate { detail: error.to_string() })?;
    entries_are_of(bundle, SignedBy::Certificate(certificate, &claimed.public_key))
}

fn entries_are_of(bundle: &SignedBundle, by: SignedBy<'_>) -> Result<(), AuthenticateError> {
    bundle.log_entries().iter().try_for_each(|entry| {
        let body = Json::parse(entry.canonicalized_body.as_bytes(), Limits::bytes(MAX_BODY));
        let body = body.map_err(|error| AuthenticateError::LogEntry {
            detail: format!("its body cannot be read: {error}"),
        })?;
        let body = Body(&body);
        let Some(envelope) = bundle.envelope() else { return Err(body.not_read()) };
        body.is_of(envelope, by)
    })
}

/// `hashedrekord` 0.0.2.
struct Body<'a>(&'a Json);

impl Body<'_> {
    /// 1. It is of the kind and version that the bundle says.
    /// 2. Its key is of a kind that is read here, the one that signed is of that kind, and the hash is that kind's.
    /// 3. The digest is that of what was signed, and the signature is the bundle's.
    /// 4. It was shown what signed, and nothing else.
    fn is_of(&self, envelope: &DsseEnvelope, by: SignedBy<'_>) -> Result<(), AuthenticateError> {
        let refused = |detail: &str| AuthenticateError::LogEntry { detail: detail.into() };
        if (self.text(&["kind"]), self.text(&["apiVersion"])) != (Some("hashedrekord"), Some("0.0.2")) {
            return Err(refused("its body is of another kind"));
        }
        let details = self.record(&["signature", "verifier", "keyDetails"]).unwrap_or_default();
        let Some((_, kind, hash)) = KINDS.iter().find(|(name, ..)| *name == details) else {
            return Err(self.not_read());
        };
        let (SignedBy::Certificate(_, key) | SignedBy::Key(key)) = by;
        if KeyAlgorithm::from_spki(key).ok() != Some(*kind) {
            return Err(refused("it is for a key of another kind than signed"));
        }
        let pae = envelope.pae();
        let (name, digest) = match hash {
            HashAlgorithm::Sha2256 => ("SHA2_256", sigstore_crypto::sha256(&pae).as_bytes().to_vec()),
            HashAlgorithm::Sha2384 => ("SHA2_384", sigstore_crypto::sha384(&pae).as_bytes().to_vec()),
            _ => return Err(self.not_read()),
        };
        if self.record(&["data", "algorithm"]) != Some(name) {
            return Err(refused("its digest is of another hash than its key signs"));
        }
        if self.bytes(&["data", "digest"]) != Some(digest) {
            return Err(refused("it is of other bytes than were signed"));
        }
        if self.bytes(&["signature", "content"]).as_deref() != Some(envelope.signature.sig.as_bytes()) {
            return Err(refused("it is of another signature"));
        }
        let shown = |member| self.bytes(&["signature", "verifier", member, "rawBytes"]);
        let expected = match by {
            SignedBy::Certificate(certificate, _) => (Some(certificate.as_bytes().to_vec()), None),
            SignedBy::Key(key) => (None, Some(key.as_bytes().to_vec())),
        };
        if (shown("x509Certificate"), shown("publicKey")) != expected {
            return Err(refused("it is by another signer"));
        }
        Ok(())
    }

    fn not_read(&self) -> AuthenticateError {
        let found = self.record(&["signature", "verifier", "keyDetails"]).unwrap_or("none");
        AuthenticateError::LogEntryKey { found: found.chars().take(100).collect() }
    }

    fn record(&self, path: &[&str]) -> Option<&str> {
        self.text(&[&["spec", "hashedRekordV002"], path].concat())
    }

    fn bytes(&self, path: &[&str]) -> Option<Vec<u8>> {
        STANDARD.decode(self.record(path)?).ok()
    }

    fn text(&self, path: &[&str]) -> Option<&str> {
        path.iter().try_fold(self.0, |json, member| json.get(member))?.as_str()
    }
}
