//! Timestamp authorities (RFC 3161, RFC 5816): several, and some that should not be believed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5911::{ID_CONTENT_TYPE, ID_DATA, ID_MESSAGE_DIGEST, ID_SIGNED_DATA, ID_SIGNING_TIME};
use const_oid::db::rfc5912::ID_SHA_256;
use der::asn1::{GeneralizedTime, Int, OctetString, SetOfVec, UtcTime};
use der::{Any, Decode as _, Encode, Sequence};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use spki::AlgorithmIdentifierOwned;
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::certificate::Certificate;

use crate::ca::Authority;
use crate::key::Key;
use crate::lie::Lie;
use crate::x509::{CODE_SIGNING, TIME_STAMPING, Window, end_entity_extensions, name, usage};

/// `id-ct-TSTInfo`.
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// `id-aa-signingCertificateV2`.
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
/// Under which these authorities say that they work.
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.2");
/// A hash that nobody knows.
const UNKNOWN_HASH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.98");

/// Which timestamp authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tsa {
    /// In the root: P-384, directly below its own root.
    First,
    /// In the root: P-256, below an intermediate; its tokens carry its certificate.
    Second,
    /// In the root, its window over a month before the time of signing; its certificate is still valid.
    Retired,
    /// In no root.
    Stranger,
    /// In no root; its certificate's name, number and issuer's name are those of the first one's.
    Namesake,
    /// Its certificate's extended key usage is not critical (RFC 3161 §2.3).
    UsageNotCritical,
    /// Its certificate is for signing code, too (RFC 3161 §2.3).
    UsageNotAlone,
    /// Its certificate is for signing code only.
    OtherUsage,
    /// Its certificate is issued by one that is no authority's.
    BelowEndEntity,
    /// Its certificate was over a month before the time of signing.
    Expired,
}

/// An authority with the chain above it.
#[derive(Debug)]
pub(crate) struct TimestampAuthority {
    key: Key,
    /// This authority's certificate first, the root's last.
    pub(crate) chain: Vec<Certificate>,
    pub(crate) url: String,
    /// From when to when the root says it counts.
    pub(crate) window: Window,
    embeds: bool,
    serial: AtomicU64,
}

/// What a token is to be made of.
pub(crate) struct Request<'a> {
    /// The hash's id and value.
    pub(crate) imprint: (ObjectIdentifier, Vec<u8>),
    pub(crate) nonce: Option<Int>,
    pub(crate) time: Timestamp,
    pub(crate) lies: &'a [Lie],
}

/// Every authority, around the time `now`.
pub(crate) fn authorities(now: Timestamp) -> BTreeMap<Tsa, TimestampAuthority> {
    let (month, year) = (SignedDuration::from_hours(24 * 30), SignedDuration::from_hours(24 * 365));
    let usual = Window { start: now - year, end: now + year };
    let over = Window { start: now - year, end: now - month };
    let root = Authority::root("tsa", usual);
    let intermediate = root.below("tsa-intermediate", usual, true);
    let end_entity = root.below("tsa-end-entity", usual, false);
    let honest = [TIME_STAMPING];
    let authority = |tsa: Tsa, issuer: &Authority, certified: Window, critical: bool, purposes: &[_]| {
        let key = if tsa == Tsa::First { Key::p384() } else { Key::p256() };
        let common = format!("tsa-{tsa:?}").to_lowercase();
        let spki = key.subject_public_key_info();
        let mut extensions = end_entity_extensions(&spki, &issuer.key);
        extensions.push(usage(critical, purposes));
        let certificate = issuer.certify(&name(&common), &spki, certified, extensions);
        let authority = TimestampAuthority {
            key,
            chain: [vec![certificate], issuer.chain.clone()].concat(),
            url: format!("https://{common}.sigstore.example/api/v1/timestamp"),
            window: if tsa == Tsa::Retired { over } else { usual },
            embeds: tsa == Tsa::Second,
            serial: AtomicU64::new(1),
        };
        (tsa, authority)
    };
    let mut authorities = BTreeMap::from([
        authority(Tsa::First, &root, usual, true, &honest),
        authority(Tsa::Second, &intermediate, usual, true, &honest),
        authority(Tsa::Retired, &root, usual, true, &honest),
        authority(Tsa::Stranger, &Authority::root("tsa", usual), usual, true, &honest),
        authority(Tsa::UsageNotCritical, &root, usual, false, &honest),
        authority(Tsa::UsageNotAlone, &root, usual, true, &[TIME_STAMPING, CODE_SIGNING]),
        authority(Tsa::OtherUsage, &root, usual, true, &[CODE_SIGNING]),
        authority(Tsa::BelowEndEntity, &end_entity, usual, true, &honest),
        authority(Tsa::Expired, &root, over, true, &honest),
    ]);
    let other_root = Authority::root("tsa", usual);
    let (name, mut namesake) = authority(Tsa::Namesake, &other_root, usual, true, &honest);
    let first = &authorities[&Tsa::First].chain[0].tbs_certificate;
    let mut own = namesake.chain[0].tbs_certificate.clone();
    (own.subject, own.serial_number) = (first.subject.clone(), first.serial_number.clone());
    namesake.chain[0] = crate::x509::sign(own, &other_root.key);
    authorities.insert(name, namesake);
    authorities
}

impl TimestampAuthority {
    /// A granted response with a token, as bundles carry it.
    pub(crate) fn response(&self, request: &Request<'_>) -> Vec<u8> {
        let response =
            TimeStampResp { status: PkiStatusInfo { status: 0 }, token: Some(self.token(request)) };
        response.to_der().expect("its encoding")
    }

    fn token(&self, request: &Request<'_>) -> ContentInfo {
        let told = |lie: Lie| request.lies.contains(&lie);
        let (hash, value) = request.imprint.clone();
        let hash = if told(Lie::UnknownImprintHash) { UNKNOWN_HASH } else { hash };
        let info = TstInfo {
            version: 1,
            policy: POLICY,
            message_imprint: MessageImprint {
                hash_algorithm: algorithm(hash),
                hashed_message: OctetString::new(value).expect("short enough"),
            },
            serial_number: self.serial.fetch_add(1, Ordering::Relaxed),
            gen_time: GeneralizedTime::from_unix_duration(since_epoch(request.time)).expect("a time"),
            nonce: request.nonce.clone(),
        };
        let content = info.to_der().expect("its encoding");

        let honest = &self.chain[0];
        let mut bag = if self.embeds { vec![honest.clone()] } else { Vec::new() };
        let (key, signer, forged);
        if told(Lie::EmbeddedTsaChain) || told(Lie::ForgedCertificateInBag) {
            forged = forged_chain(honest, told(Lie::EmbeddedTsaChain));
            bag.splice(0..0, forged.1.iter().cloned());
            (key, signer) = (&forged.0, &forged.1[0]);
        } else {
            (key, signer) = (&self.key, honest);
        }
        let mut signers = vec![signer_info(key, signer, &content, request)];
        if told(Lie::SecondSignerInfo) {
            let (key, chain) = forged_chain(honest, true);
            signers.push(signer_info(&key, &chain[0], &content, request));
        }
        let signers = SignerInfos::try_from(signers).expect("two that differ");
        if told(Lie::SecondSignerInfo) {
            // The lie is in the second: whoever looks at the first alone must find it good.
            let first = signers.0.get(0).map(|info| info.sid.clone());
            assert_eq!(first, Some(identifier(honest)), "the good one comes first");
        }
        let signed = SignedData {
            version: CmsVersion::V3,
            digest_algorithms: SetOfVec::try_from(vec![algorithm(key.digest(&[]).0)]).expect("one"),
            encap_content_info: EncapsulatedContentInfo {
                econtent_type: TST_INFO,
                econtent: Some(any(&OctetString::new(content).expect("short enough"))),
            },
            certificates: (!bag.is_empty()).then(|| {
                let bag: Vec<_> = bag.into_iter().map(CertificateChoices::Certificate).collect();
                CertificateSet::try_from(bag).expect("some that differ")
            }),
            crls: None,
            signer_infos: signers,
        };
        ContentInfo { content_type: ID_SIGNED_DATA, content: any(&signed) }
    }
}

/// Somebody else's key, with certificates that look like `honest` or stand below a root of their own.
fn forged_chain(honest: &Certificate, own_root: bool) -> (Key, Vec<Certificate>) {
    let validity = honest.tbs_certificate.validity;
    let time = |time: x509_cert::time::Time| {
        Timestamp::from_second(i64::try_from(time.to_unix_duration().as_secs()).expect("a time"))
            .expect("a time")
    };
    let window = Window { start: time(validity.not_before), end: time(validity.not_after) };
    // A long name makes for a long SignerInfo, which DER puts behind shorter ones.
    let root = Authority::root("a-timestamp-authority-that-nobody-has-ever-heard-of-or-listed", window);
    let key = Key::p256();
    let spki = key.subject_public_key_info();
    let mut extensions = end_entity_extensions(&spki, &root.key);
    extensions.push(usage(true, &[TIME_STAMPING]));
    let mut certificate = root.certify(&honest.tbs_certificate.subject, &spki, window, extensions);
    if own_root {
        return (key, [vec![certificate], root.chain].concat());
    }
    certificate.tbs_certificate.issuer = honest.tbs_certificate.issuer.clone();
    certificate.tbs_certificate.serial_number = honest.tbs_certificate.serial_number.clone();
    (key, vec![crate::x509::sign(certificate.tbs_certificate, &root.key)])
}

fn signer_info(key: &Key, signer: &Certificate, content: &[u8], request: &Request<'_>) -> SignerInfo {
    let told = |lie: Lie| request.lies.contains(&lie);
    let signed = if told(Lie::OtherMessageDigest) { b"other content" } else { content };
    let (hash, digest) = key.digest(signed);
    let named = if told(Lie::OtherSigningCertificate) { &b"another"[..] } else { &der(signer) };
    let content_type = if told(Lie::OtherContentType) { ID_DATA } else { TST_INFO };
    let time = UtcTime::from_unix_duration(since_epoch(request.time)).expect("before 2050");
    let certificate = SigningCertificateV2 {
        certs: vec![EssCertIdV2 {
            cert_hash: OctetString::new(Sha256::digest(named).as_slice()).expect("short enough"),
        }],
    };
    let attributes: Attributes = SetOfVec::try_from(vec![
        attribute(ID_CONTENT_TYPE, &content_type),
        attribute(ID_SIGNING_TIME, &time),
        attribute(ID_MESSAGE_DIGEST, &OctetString::new(digest).expect("short enough")),
        attribute(SIGNING_CERTIFICATE_V2, &certificate),
    ])
    .expect("four that differ");
    let missing = told(Lie::SignedAttributesMissing);
    let signature = if missing { key.sign(content) } else { key.sign(&der(&attributes)) };
    SignerInfo {
        version: CmsVersion::V1,
        sid: identifier(signer),
        digest_alg: algorithm(hash),
        signed_attrs: (!missing).then_some(attributes),
        signature_algorithm: key.signature_algorithm(),
        signature: OctetString::new(signature).expect("short enough"),
        unsigned_attrs: None,
    }
}

fn identifier(signer: &Certificate) -> SignerIdentifier {
    SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
        issuer: signer.tbs_certificate.issuer.clone(),
        serial_number: signer.tbs_certificate.serial_number.clone(),
    })
}

fn attribute<T: Encode>(oid: ObjectIdentifier, value: &T) -> Attribute {
    Attribute { oid, values: SetOfVec::try_from(vec![any(value)]).expect("one") }
}

fn any<T: Encode>(value: &T) -> Any {
    Any::from_der(&der(value)).expect("what was just encoded")
}

fn der<T: Encode>(value: &T) -> Vec<u8> {
    value.to_der().expect("its encoding")
}

const fn algorithm(oid: ObjectIdentifier) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid, parameters: None }
}

fn since_epoch(time: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(time.as_second()).expect("after 1970"))
}

/// SHA-256 of a signature, as its timestamp's imprint.
pub(crate) fn imprint(signature: &[u8]) -> (ObjectIdentifier, Vec<u8>) {
    (ID_SHA_256, Sha256::digest(signature).to_vec())
}

/// RFC 3161 §2.4.2.
#[derive(Sequence)]
struct TimeStampResp {
    status: PkiStatusInfo,
    #[asn1(optional = "true")]
    token: Option<ContentInfo>,
}

/// RFC 3161 §2.4.2, what is always there.
#[derive(Sequence)]
struct PkiStatusInfo {
    status: u8,
}

/// RFC 3161 §2.4.2, what these authorities say.
#[derive(Sequence)]
struct TstInfo {
    version: u8,
    policy: ObjectIdentifier,
    message_imprint: MessageImprint,
    serial_number: u64,
    gen_time: GeneralizedTime,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
}

/// RFC 3161 §2.4.1.
#[derive(Sequence)]
pub(crate) struct MessageImprint {
    pub(crate) hash_algorithm: AlgorithmIdentifierOwned,
    pub(crate) hashed_message: OctetString,
}

/// RFC 5035 §3.
#[derive(Sequence)]
struct SigningCertificateV2 {
    certs: Vec<EssCertIdV2>,
}

/// RFC 5035 §4: SHA-256 is the default, and not written.
#[derive(Sequence)]
struct EssCertIdV2 {
    cert_hash: OctetString,
}
