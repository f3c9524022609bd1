//! Certificate transparency logs: receipts (signed certificate timestamps, RFC 6962 §3.2).

use der::Encode as _;
use jiff::Timestamp;
use tls_codec::{SerializeBytes as _, TlsByteVecU16, TlsByteVecU24, TlsSerializeBytes, TlsSize};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SignedCertificateTimestampList;
use x509_cert::ext::pkix::sct::{
    DigitallySigned, HashAlgorithm, LogId, SerializedSct, SignatureAlgorithm, SignatureAndHashAlgorithm,
    SignedCertificateTimestamp, Version,
};

use crate::key::Key;
use crate::x509::{Window, extension};

/// Which certificate log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CtLogName {
    /// In the root, in use.
    Current,
    /// In the root, its window over.
    Retired,
    /// In no root.
    Stranger,
}

/// A certificate log. Nobody asks these for proofs: a receipt is what verifiers look at.
#[derive(Debug)]
pub(crate) struct CtLog {
    pub(crate) key: Key,
    pub(crate) url: &'static str,
    /// From when to when its key counts.
    pub(crate) window: Window,
}

impl CtLog {
    /// A receipt for this precertificate, issued by the key with this digest.
    pub(crate) fn receipt(
        &self,
        precertificate: &TbsCertificate,
        issuer_key_hash: [u8; 32],
        time: Timestamp,
    ) -> SignedCertificateTimestamp {
        let timestamp = u64::try_from(time.as_millisecond()).expect("after 1970");
        let signed = Signed {
            version: 0,
            signature_type: 0,
            timestamp,
            entry_type: 1,
            issuer_key_hash,
            tbs_certificate: precertificate.to_der().expect("its encoding").into(),
            extensions: Vec::new().into(),
        };
        let signature = self.key.sign(&signed.tls_serialize().expect("its encoding"));
        SignedCertificateTimestamp {
            version: Version::V1,
            log_id: LogId { key_id: self.key.spki_sha256() },
            timestamp,
            extensions: Vec::new().into(),
            signature: DigitallySigned {
                algorithm: SignatureAndHashAlgorithm {
                    hash: HashAlgorithm::Sha256,
                    signature: SignatureAlgorithm::Ecdsa,
                },
                signature: signature.into(),
            },
        }
    }
}

/// Receipts as the extension of a certificate.
pub(crate) fn receipts(receipts: Vec<SignedCertificateTimestamp>) -> Extension {
    let serialized: Vec<SerializedSct> =
        receipts.into_iter().map(|receipt| SerializedSct::new(receipt).expect("its encoding")).collect();
    let list = SignedCertificateTimestampList::new(&serialized).expect("its encoding");
    extension(false, &list)
}

/// RFC 6962 §3.2: what a receipt of a precertificate signs.
#[derive(TlsSerializeBytes, TlsSize)]
struct Signed {
    version: u8,
    signature_type: u8,
    timestamp: u64,
    entry_type: u16,
    issuer_key_hash: [u8; 32],
    tbs_certificate: TlsByteVecU24,
    extensions: TlsByteVecU16,
}
