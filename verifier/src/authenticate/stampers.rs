//! The timestamp authorities of a trust root, and which of them a token is by.

use std::sync::Arc;

use cms::signed_data::SignerIdentifier;
use mcpsign_schemas::digest::Sha256Digest;
use sigstore_trust_root::{TimestampAuthority, TrustedRoot};
use sigstore_types::{SignatureBytes, TimestampToken, TsaAuthority};
use sigstore_verify::tsa::verify_timestamp_for_authority;
use x509_cert::Certificate;
use x509_cert::der::Encode as _;
use x509_cert::der::oid::db::rfc5280::ID_KP_TIME_STAMPING;
use x509_cert::ext::pkix::{ExtendedKeyUsage, SubjectKeyIdentifier};

use super::authority::parse;
use super::root::TrustRootError;
use super::witness::{CertifiedName, Witness};

/// Every timestamp authority of a root.
pub(super) struct Stampers(Vec<Stamper>);

/// One of them.
pub(super) struct Stamper {
    certificate: Certificate,
    authority: TsaAuthority,
    witness: Arc<Witness>,
}

impl Stampers {
    /// The timestamp authorities of a root.
    ///
    /// # Errors
    /// When one of them may do anything but stamp: its extended key usage is critical, and timestamping alone (RFC 3161
    /// §2.3). Or when a certificate in its chain cannot be read: the crate takes no more than name and key from those
    /// above the first.
    pub(super) fn of(root: &TrustedRoot) -> Result<Self, TrustRootError> {
        let stamper = |authority: &TimestampAuthority| {
            Stamper::of(authority).map_err(|detail| TrustRootError::TimestampAuthority {
                authority: authority.uri.clone().unwrap_or_default(),
                detail,
            })
        };
        root.timestamp_authorities.iter().map(stamper).collect::<Result<_, _>>().map(Self)
    }

    /// The one that a token is by, which was verified against the same root: the crate takes the first whose certificate
    /// is the one that the token calls its signer's and whose key signed it, and does not say which.
    pub(super) fn signer(
        &self,
        id: &SignerIdentifier,
        token: &TimestampToken,
        signature: &SignatureBytes,
    ) -> Option<&Stamper> {
        let mut called: Vec<&Stamper> = self.0.iter().filter(|stamper| stamper.is_called(id)).collect();
        called.dedup_by(|later, first| later.witness == first.witness);
        match called.as_slice() {
            [only] => Some(only),
            // Names are whatever the one above certified: several may share one.
            several => several
                .iter()
                .copied()
                .find(|stamper| verify_timestamp_for_authority(token, signature, &stamper.authority).is_ok()),
        }
    }
}

impl Stamper {
    fn of(authority: &TimestampAuthority) -> Result<Self, String> {
        let chain = authority.cert_chain.certificates.iter().map(|certificate| &certificate.raw_bytes);
        let chain: Vec<_> = chain.collect();
        let (leaf, root) = match chain.as_slice() {
            [] => return Err("it has no certificate".into()),
            [only] => (*only, *only),
            [leaf, .., root] => (*leaf, *root),
        };
        chain.iter().skip(1).try_for_each(|certificate| parse(certificate).map(drop))?;
        let certificate = parse(leaf)?;
        let tbs = &certificate.tbs_certificate;
        match tbs.get::<ExtendedKeyUsage>().map_err(|error| error.to_string())? {
            Some((true, usage)) if usage.0 == [ID_KP_TIME_STAMPING] => {}
            _ => return Err("its extended key usage is not critical, or not timestamping alone".into()),
        }
        let name = CertifiedName {
            subject: tbs.subject.to_der().map_err(|error| error.to_string())?,
            anchor_spki_sha256: spki_sha256(&parse(root)?)?,
        };
        let witness = Witness {
            id: Sha256Digest::of(leaf.as_bytes()).to_string(),
            spki_sha256: spki_sha256(&certificate)?,
            name: Some(name),
        };
        let between = chain.get(1..chain.len() - 1).unwrap_or_default();
        let authority = TsaAuthority::new(
            leaf.clone(),
            between.iter().copied().cloned().collect(),
            root.clone(),
            authority.valid_for,
        );
        Ok(Self { certificate, authority, witness: Arc::new(witness) })
    }

    pub(super) const fn witness(&self) -> &Arc<Witness> {
        &self.witness
    }

    /// DER of its certificate.
    pub(super) fn certificate(&self) -> &[u8] {
        self.authority.leaf.as_bytes()
    }

    fn is_called(&self, id: &SignerIdentifier) -> bool {
        let tbs = &self.certificate.tbs_certificate;
        match id {
            SignerIdentifier::IssuerAndSerialNumber(id) => {
                tbs.issuer == id.issuer && tbs.serial_number == id.serial_number
            }
            SignerIdentifier::SubjectKeyIdentifier(id) => {
                matches!(tbs.get::<SubjectKeyIdentifier>(), Ok(Some((_, own))) if own == *id)
            }
        }
    }
}

fn spki_sha256(certificate: &Certificate) -> Result<Sha256Digest, String> {
    let spki = certificate.tbs_certificate.subject_public_key_info.to_der();
    spki.map(|spki| Sha256Digest::of(&spki)).map_err(|error| error.to_string())
}
