//! The certificate authority: a root, its intermediates, and some that should not be believed.

use std::collections::BTreeMap;

use const_oid::ObjectIdentifier;
use der::asn1::Utf8StringRef;
use der::pem::LineEnding;
use der::{Decode as _, Encode as _, EncodePem as _};
use jiff::{SignedDuration, Timestamp};
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::certificate::{Certificate, TbsCertificate};
use x509_cert::ext::Extension;
use x509_cert::name::Name;

use crate::ct::{CtLog, CtLogName, receipts};
use crate::identity::Identity;
use crate::key::Key;
use crate::lie::Lie;
use crate::x509::{
    CODE_SIGNING, Draft, TIME_STAMPING, Window, authority_extensions, end_entity_extensions, name,
    raw_extension, serial, sign, usage,
};

/// How long a certificate is valid, as Fulcio has it.
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// An algorithm that nobody knows.
const UNKNOWN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.99");

/// Which authority issues a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Issuer {
    /// The one in use; in the root.
    Intermediate,
    /// Of the same name with another key; in the root.
    Twin,
    /// Its certificate is over.
    Expired,
    /// Its certificate begins after the time of signing.
    NotYetValid,
    /// Its certificate is no authority's: it is an end entity of the root.
    NotAuthority,
    /// Below [`Self::Intermediate`], which may have no authority below it.
    TooDeep,
    /// Below a root of its own that nobody trusts.
    Stranger,
}

/// A certificate authority and the chain above it.
#[derive(Debug)]
pub(crate) struct Authority {
    pub(crate) key: Key,
    name: Name,
    /// This authority's own certificate first, the root's last.
    pub(crate) chain: Vec<Certificate>,
}

impl Authority {
    /// A root of its own.
    pub(crate) fn root(common: &str, window: Window) -> Self {
        let (key, name) = (Key::p384(), name(common));
        let certificate = Draft {
            serial: serial(key.spki()),
            subject: name.clone(),
            issuer: name.clone(),
            window,
            spki: key.subject_public_key_info(),
            signer: &key,
            extensions: authority_extensions(&key, None),
        }
        .sign();
        Self { key, name, chain: vec![certificate] }
    }

    /// An authority below this one, with no authority below it, or one that only thinks it is an authority.
    pub(crate) fn below(&self, common: &str, window: Window, really: bool) -> Self {
        let (key, name) = (Key::p384(), name(common));
        let spki = key.subject_public_key_info();
        let mut extensions = if really {
            authority_extensions(&key, Some(0))
        } else {
            end_entity_extensions(&spki, &self.key)
        };
        if really {
            extensions.push(usage(false, &[CODE_SIGNING, TIME_STAMPING]));
        }
        let certificate = self.certify(&name, &spki, window, extensions);
        Self { key, name, chain: [vec![certificate], self.chain.clone()].concat() }
    }

    /// A certificate by this authority.
    pub(crate) fn certify(
        &self,
        subject: &Name,
        spki: &SubjectPublicKeyInfoOwned,
        window: Window,
        extensions: Vec<Extension>,
    ) -> Certificate {
        Draft {
            serial: serial(&spki.to_der().expect("its encoding")),
            subject: subject.clone(),
            issuer: self.name.clone(),
            window,
            spki: spki.clone(),
            signer: &self.key,
            extensions,
        }
        .sign()
    }
}

/// A certificate that somebody was given.
#[derive(Debug, Clone)]
pub struct Leaf {
    pub(crate) der: Vec<u8>,
    pub(crate) pem: String,
}

/// What issues certificates to whoever shows a token.
#[derive(Debug)]
pub(crate) struct CertificateAuthority(BTreeMap<Issuer, Authority>);

impl CertificateAuthority {
    /// Every authority, around the time `now`.
    pub(crate) fn new(now: Timestamp) -> Self {
        let (day, year) = (SignedDuration::from_hours(24), SignedDuration::from_hours(24 * 365));
        let usual = Window { start: now - year, end: now + year };
        let root = Authority::root("fulcio", usual);
        let stranger = Authority::root("fulcio", usual);
        let intermediate = root.below("fulcio-intermediate", usual, true);
        let over = Window { start: now - year, end: now - day };
        let early = Window { start: now + day, end: now + year };
        Self(BTreeMap::from([
            (Issuer::Twin, root.below("fulcio-intermediate", usual, true)),
            (Issuer::Expired, root.below("fulcio-expired", over, true)),
            (Issuer::NotYetValid, root.below("fulcio-early", early, true)),
            (Issuer::NotAuthority, root.below("not-an-authority", usual, false)),
            (Issuer::TooDeep, intermediate.below("fulcio-too-deep", usual, true)),
            (Issuer::Stranger, stranger.below("fulcio-intermediate", usual, true)),
            (Issuer::Intermediate, intermediate),
        ]))
    }

    pub(crate) fn authority(&self, issuer: Issuer) -> &Authority {
        &self.0[&issuer]
    }

    /// A certificate for the holder of the key in `spki`, issued at `now` with a receipt of the log.
    pub(crate) fn issue(
        &self,
        spki: &[u8],
        identity: &Identity,
        now: Timestamp,
        logs: &BTreeMap<CtLogName, CtLog>,
        lies: &[Lie],
    ) -> Leaf {
        let told = |lie: Lie| lies.contains(&lie);
        let issuer = lies.iter().find_map(|lie| match lie {
            Lie::IssuedBy(issuer) => Some(*issuer),
            _ => None,
        });
        let authority = self.authority(issuer.unwrap_or(Issuer::Intermediate));
        let start = match () {
            () if told(Lie::CertificateExpired) => now - LIFETIME * 3,
            () if told(Lie::CertificateNotYetValid) => now + LIFETIME,
            () => now,
        };
        let mut key = SubjectPublicKeyInfoOwned::from_der(spki).expect("a public key");
        if told(Lie::UnknownKeyAlgorithm) {
            key.algorithm.oid = UNKNOWN;
        }
        let mut extensions = end_entity_extensions(&key, &authority.key);
        extensions.push(usage(false, &[if told(Lie::NoCodeSigning) { TIME_STAMPING } else { CODE_SIGNING }]));
        extensions.extend(identity.extensions(lies));
        let mut precertificate = Draft {
            serial: serial(&[spki, &start.as_second().to_be_bytes()].concat()),
            subject: Name::default(),
            issuer: authority.name.clone(),
            window: Window { start, end: start + LIFETIME },
            spki: key,
            signer: &authority.key,
            extensions,
        }
        .tbs();
        if told(Lie::UnknownSignatureAlgorithm) {
            precertificate.signature.oid = UNKNOWN;
        }
        let receipts = self.receipts(&precertificate, authority, start, logs, lies);
        let mut tbs = precertificate;
        tbs.extensions.get_or_insert_default().extend(receipts);
        let certificate = sign(tbs, &authority.key);
        Leaf {
            der: certificate.to_der().expect("its encoding"),
            pem: certificate.to_pem(LineEnding::LF).expect("its encoding"),
        }
    }

    fn receipts(
        &self,
        precertificate: &TbsCertificate,
        issuer: &Authority,
        time: Timestamp,
        logs: &BTreeMap<CtLogName, CtLog>,
        lies: &[Lie],
    ) -> Option<Extension> {
        let told = |lie: Lie| lies.contains(&lie);
        if told(Lie::ReceiptMissing) {
            return None;
        }
        let log = lies.iter().find_map(|lie| match lie {
            Lie::ReceiptBy(log) => Some(*log),
            _ => None,
        });
        let log = &logs[&log.unwrap_or(CtLogName::Current)];
        let later = lies.iter().find_map(|lie| match lie {
            Lie::ReceiptDated(seconds) => Some(SignedDuration::from_secs(*seconds)),
            _ => None,
        });
        let time = time + later.unwrap_or_default();
        let issuer = if told(Lie::ReceiptOfTwin) { self.authority(Issuer::Twin) } else { issuer };
        let mut signed = precertificate.clone();
        if told(Lie::ReceiptOfOtherCertificate) {
            let other = Utf8StringRef::new("another").and_then(|text| text.to_der()).expect("its encoding");
            signed.extensions.get_or_insert_default().push(raw_extension(UNKNOWN, false, &other));
        }
        let receipt = || {
            let mut receipt = log.receipt(&signed, issuer.key.spki_sha256(), time);
            if told(Lie::ReceiptAltered) {
                let mut signature = receipt.signature.signature.into_vec();
                if let Some(last) = signature.last_mut() {
                    *last ^= 1;
                }
                receipt.signature.signature = signature.into();
            }
            receipt
        };
        Some(receipts((0..1 + usize::from(told(Lie::ReceiptTwice))).map(|_| receipt()).collect()))
    }
}
