//! Certificates of any kind, sound or not: nothing in here asks whether what it is told makes sense.

use std::str::FromStr as _;
use std::time::Duration;

use const_oid::db::rfc5280::{ID_KP_CODE_SIGNING, ID_KP_TIME_STAMPING};
use const_oid::{AssociatedOid, ObjectIdentifier};
use der::asn1::{BitString, OctetString, UtcTime};
use der::flagset::FlagSet;
use der::{Decode as _, Encode};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

use crate::key::Key;

/// From when to when something counts, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

/// What a certificate is to say.
pub(crate) struct Draft<'a> {
    pub(crate) serial: [u8; 16],
    pub(crate) subject: Name,
    pub(crate) issuer: Name,
    pub(crate) window: Window,
    pub(crate) spki: SubjectPublicKeyInfoOwned,
    pub(crate) signer: &'a Key,
    pub(crate) extensions: Vec<Extension>,
}

impl Draft<'_> {
    /// What is going to be signed.
    pub(crate) fn tbs(&self) -> TbsCertificate {
        let time = |time: Timestamp| {
            let seconds = u64::try_from(time.as_second()).expect("after 1970");
            Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(seconds)).expect("before 2050"))
        };
        TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(&self.serial).expect("sixteen bytes"),
            signature: self.signer.signature_algorithm(),
            issuer: self.issuer.clone(),
            validity: Validity { not_before: time(self.window.start), not_after: time(self.window.end) },
            subject: self.subject.clone(),
            subject_public_key_info: self.spki.clone(),
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(self.extensions.clone()),
        }
    }

    /// The certificate.
    pub(crate) fn sign(&self) -> Certificate {
        sign(self.tbs(), self.signer)
    }
}

/// A certificate of exactly this.
pub(crate) fn sign(tbs: TbsCertificate, signer: &Key) -> Certificate {
    let signature = signer.sign(&tbs.to_der().expect("its encoding"));
    Certificate {
        signature_algorithm: tbs.signature.clone(),
        tbs_certificate: tbs,
        signature: BitString::from_bytes(&signature).expect("whole bytes"),
    }
}

/// `O=sigstore.example,CN=…`.
pub(crate) fn name(common: &str) -> Name {
    Name::from_str(&format!("CN={common},O=sigstore.example")).expect("a name")
}

/// A positive serial number; other labels give others.
pub(crate) fn serial(label: &[u8]) -> [u8; 16] {
    let mut serial = [0; 16];
    serial.copy_from_slice(&Sha256::digest(label)[..16]);
    serial[0] = serial[0] & 0x3f | 0x40;
    serial
}

/// An extension with this content.
pub(crate) fn extension<T: AssociatedOid + Encode>(critical: bool, content: &T) -> Extension {
    raw_extension(T::OID, critical, &content.to_der().expect("its encoding"))
}

/// An extension with these bytes.
pub(crate) fn raw_extension(oid: ObjectIdentifier, critical: bool, bytes: &[u8]) -> Extension {
    Extension { extn_id: oid, critical, extn_value: OctetString::new(bytes).expect("short enough") }
}

/// What marks a certificate authority; `path` is how many authorities may follow it.
pub(crate) fn authority_extensions(key: &Key, path: Option<u8>) -> Vec<Extension> {
    vec![
        extension(true, &KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign)),
        extension(true, &BasicConstraints { ca: true, path_len_constraint: path }),
        extension(false, &subject_key_id(key)),
    ]
}

/// What every end entity has.
pub(crate) fn end_entity_extensions(key: &SubjectPublicKeyInfoOwned, issuer: &Key) -> Vec<Extension> {
    let own = SubjectKeyIdentifier(key_id(key.subject_public_key.raw_bytes()));
    vec![
        extension(true, &KeyUsage(FlagSet::from(KeyUsages::DigitalSignature))),
        extension(false, &own),
        extension(
            false,
            &AuthorityKeyIdentifier {
                key_identifier: Some(subject_key_id(issuer).0),
                authority_cert_issuer: None,
                authority_cert_serial_number: None,
            },
        ),
    ]
}

/// What a key may be used for.
pub(crate) fn usage(critical: bool, purposes: &[ObjectIdentifier]) -> Extension {
    extension(critical, &ExtendedKeyUsage(purposes.to_vec()))
}

/// For signing code.
pub(crate) const CODE_SIGNING: ObjectIdentifier = ID_KP_CODE_SIGNING;
/// For timestamps.
pub(crate) const TIME_STAMPING: ObjectIdentifier = ID_KP_TIME_STAMPING;

fn subject_key_id(key: &Key) -> SubjectKeyIdentifier {
    let spki = SubjectPublicKeyInfoOwned::from_der(key.spki()).expect("what the library encoded");
    SubjectKeyIdentifier(key_id(spki.subject_public_key.raw_bytes()))
}

/// RFC 7093 §2, method 1.
fn key_id(key: &[u8]) -> OctetString {
    OctetString::new(&Sha256::digest(key)[..20]).expect("twenty bytes")
}
